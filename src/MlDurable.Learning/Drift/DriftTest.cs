using System.Collections.Immutable;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Drift;

/// <summary>Compares current rows with a reference, column by column. Pure and thread-safe.</summary>
/// <remarks>
/// <para>A column drifts when a statistic reaches its threshold (the difference matters) <b>and</b> its q-value is at most the
/// false discovery rate (it is no accident). Neither alone is enough: small windows reach every threshold by chance, large
/// windows prove differences that matter to nobody. Below 200 current rows nothing is said.</para>
/// <para>Bins: the deciles of the reference, below its minimum, above its maximum, missing; for categories the 50 most frequent,
/// other, unseen, missing. Shares have half a count added to each bin.</para>
/// <para>A column that is gone, or holds another kind of values, is always to be acted on. Columns that the reference lacks are ignored.</para>
/// </remarks>
public static class DriftTest
{
    /// <summary>The least standard deviation by which a Wasserstein distance is divided, for columns that hardly vary.</summary>
    private const double SmallestDeviation = 0.001;

    /// <summary>The share of windows without drift in which the stability index exceeds its floor.</summary>
    private const double FloorTail = 0.01;

    /// <summary>Compares rows with a reference.</summary>
    /// <param name="profile">The reference.</param>
    /// <param name="current">The current rows.</param>
    /// <param name="options">When a difference counts; null for the defaults.</param>
    /// <returns>The comparison of every column of the reference.</returns>
    public static DriftReport Compare(ReferenceProfile profile, Table current, DriftOptions? options = null)
    {
        options ??= new DriftOptions();
        var columns = profile.Columns.Select(column => Measure(profile.Rows, column, current, options)).ToList();
        var compared = columns.FindAll(column => column.PValue is not null);
        var qValues = MultipleTests.BenjaminiHochberg(compared.ConvertAll(column => column.PValue!.Value).ToArray());
        var next = 0;
        var judged = columns
            .Select(column => column.PValue is null ? column : Judged(column, qValues[next++], profile.Rows, current.RowCount, options))
            .ToImmutableArray();
        return Report(profile.Rows, current.RowCount, judged, options);
    }

    private static ColumnDrift Measure(int referenceRows, ColumnProfile profile, Table table, DriftOptions options)
    {
        var unmeasured = new ColumnDrift
        {
            Name = profile.Name,
            Kind = profile.Kind,
            Level = DriftLevel.Act,
            ReferenceMissing = (double)profile.Missing / referenceRows,
            Detail = $"The column '{profile.Name}' is not there.",
        };
        if (!table.TryGet(profile.Name, out var column))
        {
            return unmeasured;
        }

        if (column.Kind != profile.Kind)
        {
            return unmeasured with { Detail = $"The column '{profile.Name}' holds {Plural(column.Kind)}; in the reference it holds {Plural(profile.Kind)}." };
        }

        var measured = unmeasured with { CurrentMissing = table.RowCount == 0 ? null : (double)column.MissingCount / table.RowCount };
        if (table.RowCount < Math.Max(1, options.MinimumRows))
        {
            return measured with
            {
                Level = DriftLevel.NotEnoughData,
                Detail = $"{table.RowCount} rows are too few to compare; {options.MinimumRows} are needed.",
            };
        }

        var bins = column is NumberColumn numbers ? BinnedColumn.Of(profile, numbers) : BinnedColumn.Of(profile, (CategoryColumn)column);
        var (reference, current) = bins.Shares();
        var chiSquare = ChiSquareTest.OfMergedBins(bins.Reference, bins.Current);
        measured = measured with
        {
            Level = DriftLevel.None,
            PopulationStability = Distances.PopulationStability(reference, current),
            JensenShannon = Distances.JensenShannon(reference, current, 2),
            CramersV = chiSquare.CramersV,
            PValue = chiSquare.PValue,
            Unseen = (double)bins.Unseen / table.RowCount,
            Bins = reference.Length,
        };
        return column is NumberColumn { IsAllMissing: false } values && profile.Number is { } number
            ? WithDistances(measured, referenceRows - profile.Missing, number, NumberProfile.SortedValues(values))
            : measured;
    }

    private static ColumnDrift WithDistances(ColumnDrift measured, int referenceValues, NumberProfile reference, double[] sorted)
    {
        var distance = KolmogorovSmirnov.Statistic(reference.Sketch.AsSpan(), sorted);
        var pValue = KolmogorovSmirnov.PValue(referenceValues, sorted.Length, distance);
        return measured with
        {
            KolmogorovSmirnov = distance,
            Wasserstein = Distances.Wasserstein(reference.Sketch.AsSpan(), sorted) / Math.Max(SmallestDeviation, reference.StandardDeviation),
            PValue = Math.Min(1, 2 * Math.Min(measured.PValue!.Value, pValue)),
        };
    }

    private static ColumnDrift Judged(ColumnDrift column, double qValue, int referenceRows, int currentRows, DriftOptions options)
    {
        var floor = column.Bins > 1
            ? Distributions.ChiSquareQuantile(1 - FloorTail, column.Bins - 1) * ((1.0 / referenceRows) + (1.0 / currentRows))
            : 0;
        var raised = options.PopulationStability is { } psi ? new DriftThreshold(Math.Max(psi.Watch, floor), Math.Max(psi.Act, floor)) : null;
        var effect = new[]
        {
            LevelOf(column.PopulationStability, raised),
            LevelOf(column.JensenShannon, options.JensenShannon),
            LevelOf(column.Wasserstein, options.Wasserstein),
            LevelOf(column.KolmogorovSmirnov, options.KolmogorovSmirnov),
        }.Max();
        var level = qValue <= options.FalseDiscoveryRate ? effect : DriftLevel.None;
        var numbers = $"PSI {column.PopulationStability:0.000}, JS {column.JensenShannon:0.000}"
            + (column.Wasserstein is { } w ? $", W1 {w:0.000} sd, KS {column.KolmogorovSmirnov:0.000}" : string.Empty)
            + $", q {qValue:0.####}";
        var conclusion = level switch
        {
            DriftLevel.Act => "a difference to act on",
            DriftLevel.Watch => "a difference to watch",
            _ when effect > DriftLevel.None => "a difference that chance explains",
            _ => "no difference that matters",
        };
        return column with { QValue = qValue, Level = level, Detail = $"{numbers}: {conclusion}." };
    }

    private static DriftLevel LevelOf(double? value, DriftThreshold? threshold) =>
        value is null || threshold is null || value < threshold.Watch ? DriftLevel.None
        : value < threshold.Act ? DriftLevel.Watch
        : DriftLevel.Act;

    private static DriftReport Report(int referenceRows, int currentRows, ImmutableArray<ColumnDrift> columns, DriftOptions options)
    {
        var tooFew = currentRows < Math.Max(1, options.MinimumRows);
        var drifted = columns.Count(column => column.Level is DriftLevel.Watch or DriftLevel.Act);
        var share = columns.IsEmpty ? 0 : (double)drifted / columns.Length;
        return new DriftReport
        {
            ReferenceRows = referenceRows,
            CurrentRows = currentRows,
            Level = tooFew ? DriftLevel.NotEnoughData : LevelOf(share, options.DriftedColumns),
            HighestColumnLevel = columns.IsEmpty ? DriftLevel.None : columns.Max(column => column.Level),
            DriftedShare = tooFew ? null : share,
            Columns = columns,
            Summary = tooFew
                ? $"{currentRows} rows are too few to compare with the reference; {options.MinimumRows} are needed."
                : $"{drifted} of {columns.Length} columns drifted ({share:0%}) in {currentRows} rows against {referenceRows}.",
        };
    }

    private static string Plural(ColumnKind kind) => kind switch
    {
        ColumnKind.Number => "numbers",
        ColumnKind.Category => "texts",
        _ => "times",
    };
}
