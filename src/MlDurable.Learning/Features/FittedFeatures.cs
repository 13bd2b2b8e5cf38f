using System.Collections.Immutable;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>
/// A <see cref="FeatureRecipe"/> with all that it learned from training rows. Immutable, so safe for concurrent use.
/// </summary>
/// <remarks>
/// <para>Number columns: a missing cell becomes the median or mean of the training rows (or stays missing); standardisation subtracts their
/// mean and divides by their standard deviation (divisor n; 1 for a constant column). Results are limited to ±1e100, so that no sum over
/// them overflows.</para>
/// <para>Category columns: the levels are the categories of the training rows; those with fewer than
/// <see cref="FeatureRecipe.FoldRarerThan"/> rows share
/// the level "other". One-hot: a missing cell has its own level if the training rows had one, otherwise no feature is 1; a category that
/// the training rows lacked is "other" if there is such a level, otherwise no feature is 1. Ordinal: the levels in ordinal order of their
/// texts, then "other"; a missing cell, and an unknown category without "other", is missing. Columns among
/// <see cref="FeatureRecipe.Encodings"/> have their own features: see <see cref="ColumnEncoding"/>.</para>
/// <para>Columns are taken in ordinal order of their names, so that the order of the table's columns makes no difference to a model.</para>
/// <para>A column without any value in the training rows, and one whose name begins with @, is left out.</para>
/// </remarks>
public sealed class FittedFeatures
{
    /// <summary>Greatest magnitude of a dense feature.</summary>
    internal const double MaxMagnitude = 1e100;

    private readonly (int First, int Second)[] factors;

    internal FittedFeatures(
        ImmutableArray<FittedNumber> numbers,
        ImmutableArray<FittedCategory> categories,
        ImmutableArray<FittedEncoding> encodings,
        ImmutableArray<Interaction> interactions)
    {
        Numbers = numbers;
        Categories = categories;
        Encodings = encodings;
        Interactions = interactions;
        factors = [.. interactions.Select(pair => (Place(pair.First), Place(pair.Second)))];
        OutputNames =
        [
            .. numbers.Select(number => number.Name),
            .. Codes.Select(code => code.Name),
            .. Targets.Select(target => target.Fitted.Name),
            .. interactions.Select(pair => $"{pair.First} × {pair.Second}"),
            .. Blocks.SelectMany(block => block.OutputNames),
            .. Texts.SelectMany(text => text.Fitted.OutputNames),
        ];

        int Place(string name) => numbers.Select(number => number.Name).Index().First(number => number.Item == name).Index;
    }

    /// <summary>The names of the features of <see cref="Apply(Table)"/>, in order: <c>column</c> for a dense one, <c>first × second</c> for an interaction,
    /// <c>column = level</c> for a one-hot one, <c>column in bucket 7</c> for a hashed one, <c>column has 'term'</c> for one of a text.</summary>
    public ImmutableArray<string> OutputNames { get; }

    /// <summary>The columns that <see cref="Apply(Table)"/> needs: numbers first, then categories.</summary>
    public TableSchema Inputs => new(
    [
        .. Numbers.Select(number => new ColumnSchema(number.Name, ColumnKind.Number)),
        .. Categories.Select(category => category.Name)
            .Concat(Encodings.Select(encoding => encoding.Name))
            .Order(StringComparer.Ordinal)
            .Select(name => new ColumnSchema(name, ColumnKind.Category)),
    ]);

    /// <summary>For each feature of <see cref="OutputNames"/> the columns of <see cref="Inputs"/> that it is made from: two for an interaction.</summary>
    internal IEnumerable<(string First, string? Second)> FeatureInputs =>
    [
        .. Numbers.Select(number => One(number.Name)),
        .. Codes.Select(code => One(code.Name)),
        .. Targets.Select(target => One(target.Fitted.Name)),
        .. Interactions.Select(pair => (pair.First, (string?)pair.Second)),
        .. Blocks.SelectMany(block => Enumerable.Repeat(One(block.Name), block.LevelCount)),
        .. Texts.SelectMany(text => Enumerable.Repeat(One(text.Fitted.Name), text.Fitted.Terms.Length)),
    ];

    internal ImmutableArray<FittedNumber> Numbers { get; }

    internal ImmutableArray<FittedCategory> Categories { get; }

    internal ImmutableArray<FittedEncoding> Encodings { get; }

    internal ImmutableArray<Interaction> Interactions { get; }

    /// <summary>The number of dense features: numbers, then <see cref="Codes"/>, then <see cref="Targets"/>, then <see cref="Interactions"/>.</summary>
    internal int DenseCount => Numbers.Length + Codes.Count() + Encodings.OfType<FittedTarget>().Count() + Interactions.Length;

    /// <summary>For each interaction the dense features that are multiplied.</summary>
    internal ReadOnlySpan<(int First, int Second)> Factors => factors;

    /// <summary>The columns with one dense feature for the number of the level.</summary>
    internal IEnumerable<ICodedColumn> Codes => Coded.Where(column => column.Ordinal);

    /// <summary>The columns with a block of one-hot features each.</summary>
    internal IEnumerable<ICodedColumn> Blocks => Coded.Where(column => !column.Ordinal);

    /// <summary>The columns encoded by their labels, each with its dense feature.</summary>
    internal IEnumerable<(int Feature, FittedTarget Fitted)> Targets
    {
        get
        {
            var first = Numbers.Length + Codes.Count();
            return Encodings.OfType<FittedTarget>().Select((target, place) => (first + place, target));
        }
    }

    /// <summary>The columns of text, each with the first of its features.</summary>
    internal IEnumerable<(int Offset, FittedText Fitted)> Texts
    {
        get
        {
            var offset = DenseCount + Blocks.Sum(block => block.LevelCount);
            foreach (var text in Encodings.OfType<FittedText>())
            {
                yield return (offset, text);
                offset += text.Terms.Length;
            }
        }
    }

    private IEnumerable<ICodedColumn> Coded => Categories.Concat(Encodings.OfType<ICodedColumn>());

    /// <summary>Learns from training rows.</summary>
    /// <param name="trainingRows">The feature columns; columns whose names begin with @ are ignored.</param>
    /// <param name="recipe">What to do.</param>
    /// <param name="transforms">For number columns the names of their transforms; <see langword="null"/> for none.</param>
    /// <returns>The recipe with what it learned.</returns>
    /// <exception cref="LearningException">
    /// <c>no-rows</c>: there is no row; <c>time-feature</c>: a column holds times, which <see cref="RowFeatures"/> should have replaced;
    /// <c>no-usable-features</c>: no column has any value; <c>transform-not-registered</c>; <c>transform-without-values</c>: a transform gives no
    /// value of its column a finite number; <c>model-too-large</c>: a transform learned too much; <c>unknown-column</c>: a column with
    /// an encoding of its own or an interaction is not there; <c>encoding-kind</c>, <c>interaction-kind</c>: it holds no categories, or no numbers;
    /// <c>encoding-needs-labels</c>: an encoding learns from labels, which only a trainer has.
    /// </exception>
    public static FittedFeatures Fit(Table trainingRows, FeatureRecipe recipe, IReadOnlyDictionary<string, string>? transforms = null) =>
        Fit(trainingRows, recipe, transforms, targets: null);

    internal static FittedFeatures Fit(Table trainingRows, FeatureRecipe recipe, IReadOnlyDictionary<string, string>? transforms, TargetFit? targets)
    {
        if (trainingRows.RowCount == 0)
        {
            throw new LearningException(
                "no-rows",
                "There are no training rows. Widen the data window, or check that the label column has values.");
        }

        var numberColumns = new List<NumberColumn>();
        var categories = ImmutableArray.CreateBuilder<FittedCategory>();
        var encodings = ImmutableArray.CreateBuilder<FittedEncoding>();
        foreach (var name in recipe.Encodings.Keys)
        {
            _ = trainingRows[name];
        }

        foreach (var column in trainingRows.Columns.OrderBy(column => column.Name, StringComparer.Ordinal))
        {
            if (column.Name.StartsWith('@') || column.IsAllMissing)
            {
                continue;
            }

            switch (column)
            {
                case CategoryColumn category when recipe.Encodings.TryGetValue(column.Name, out var encoding):
                    encodings.Add(Fit(category, encoding, recipe, targets));
                    break;
                case var _ when recipe.Encodings.ContainsKey(column.Name):
                    throw new LearningException(
                        "encoding-kind", $"The column '{column.Name}' is {column.Kind}, and encodings are of categories. Leave it out of the encodings.");
                case NumberColumn number:
                    numberColumns.Add(number);
                    break;
                case CategoryColumn category:
                    categories.Add(FittedCategory.Fit(category, recipe));
                    break;
                default:
                    throw new LearningException(
                        "time-feature",
                        $"The feature '{column.Name}' holds times. Ask for parts of dates instead, or drop it.");
            }
        }

        return numberColumns.Count + categories.Count + encodings.Count > 0
            ? new FittedFeatures(
                [.. FitNumbers(numberColumns, recipe, transforms)], categories.DrainToImmutable(), encodings.DrainToImmutable(), FitInteractions(trainingRows, recipe))
            : throw new LearningException(
                "no-usable-features",
                "No feature column has a value in the training rows. Check the dropped columns and the data.");
    }

    /// <summary>Computes the features of rows.</summary>
    /// <param name="rows">A table with at least the columns of <see cref="Inputs"/>, in any order.</param>
    /// <returns>The features, in the order of <see cref="OutputNames"/>.</returns>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: a column is missing, or of another kind (and has values).</exception>
    public FeatureMatrix Apply(Table rows) => Apply(rows, mayShare: false);

    /// <summary>As <see cref="Apply(Table)"/>.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="mayShare">Whether features may be the cells of the rows themselves, because nobody will write to them.</param>
    internal FeatureMatrix Apply(Table rows, bool mayShare)
    {
        List<double[]> dense = [.. ApplyNumbers(mayShare, [.. Numbers.Select(number => (NumberColumn)Input(rows, number.Name, ColumnKind.Number))])];
        var hot = new List<int[]>();

        dense.AddRange(Codes.Select(code => code.ApplyOrdinal((CategoryColumn)Input(rows, code.Name, ColumnKind.Category))));
        dense.AddRange(Targets.Select(target => target.Fitted.Apply((CategoryColumn)Input(rows, target.Fitted.Name, ColumnKind.Category))));
        foreach (var (first, second) in factors)
        {
            dense.Add([.. dense[first].Zip(dense[second], Product)]);
        }

        var offset = dense.Count;
        foreach (var block in Blocks)
        {
            hot.Add(block.ApplyOneHot((CategoryColumn)Input(rows, block.Name, ColumnKind.Category), offset));
            offset += block.LevelCount;
        }

        var sparse = Texts.Select(text => text.Fitted.Apply((CategoryColumn)Input(rows, text.Fitted.Name, ColumnKind.Category), text.Offset)).ToArray();
        return new FeatureMatrix(rows.RowCount, [.. dense], [.. hot], OutputNames.Length) { Sparse = sparse };
    }

    /// <summary>Computes the interactions of one row from its other dense features.</summary>
    internal void Complete(Span<double> dense)
    {
        var place = dense.Length - factors.Length;
        foreach (var (first, second) in factors)
        {
            dense[place++] = Product(dense[first], dense[second]);
        }
    }

    /// <summary>The interactions of columns that have values, in ordinal order of their names.</summary>
    private static ImmutableArray<Interaction> FitInteractions(Table trainingRows, FeatureRecipe recipe)
    {
        var pairs = recipe.Interactions.Select(pair => string.CompareOrdinal(pair.First, pair.Second) <= 0 ? pair : new Interaction(pair.Second, pair.First));
        foreach (var name in recipe.Interactions.SelectMany(pair => new[] { pair.First, pair.Second }))
        {
            if (trainingRows[name] is { Kind: not ColumnKind.Number, IsAllMissing: false } wrong)
            {
                throw new LearningException(
                    "interaction-kind", $"The column '{name}' is {wrong.Kind}, and interactions are of numbers. Leave it out of the interactions.");
            }
        }

        return
        [
            .. pairs.Distinct()
                .Where(pair => !trainingRows[pair.First].IsAllMissing && !trainingRows[pair.Second].IsAllMissing)
                .OrderBy(pair => pair.First, StringComparer.Ordinal)
                .ThenBy(pair => pair.Second, StringComparer.Ordinal),
        ];
    }

    private static FittedEncoding Fit(CategoryColumn column, ColumnEncoding encoding, FeatureRecipe recipe, TargetFit? targets) => encoding switch
    {
        TargetEncoding target => targets?.Fit(column, target, recipe)
            ?? throw new LearningException(
                "encoding-needs-labels", $"The encoding of the column '{column.Name}' learns from labels. Fit a trainer, which has them."),
        HashEncoding hash => FittedHash.Fit(column, hash, recipe),
        TextEncoding text => FittedText.Fit(column, text),
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding.GetType(), "Unknown encoding."),
    };

    private static double Product(double first, double second) => Math.Clamp(first * second, -MaxMagnitude, MaxMagnitude);

    // Those with code of the program's own one after the other, for that code may throw.
    private static FittedNumber[] FitNumbers(List<NumberColumn> columns, FeatureRecipe recipe, IReadOnlyDictionary<string, string>? transforms)
    {
        var names = columns.ConvertAll(column => transforms?.GetValueOrDefault(column.Name));
        var fitted = new FittedNumber[columns.Count];
        for (var i = 0; i < fitted.Length; i++)
        {
            if (names[i] is { } transform)
            {
                fitted[i] = FittedNumber.Fit(columns[i], recipe, Transforms.Get(transform));
            }
        }

        Parallel.For(0, fitted.Length, i => fitted[i] ??= FittedNumber.Fit(columns[i], recipe));
        return fitted;
    }

    private double[][] ApplyNumbers(bool mayShare, NumberColumn[] columns)
    {
        var dense = new double[columns.Length][];
        for (var i = 0; i < dense.Length; i++)
        {
            if (Numbers[i].Transform is not null)
            {
                dense[i] = Numbers[i].Apply(columns[i], mayShare);
            }
        }

        Parallel.For(0, dense.Length, i => dense[i] ??= Numbers[i].Apply(columns[i], mayShare));
        return dense;
    }

    private static (string First, string? Second) One(string column) => (column, null);

    private static Column Input(Table rows, string name, ColumnKind kind)
    {
        if (!rows.TryGet(name, out var column))
        {
            throw new LearningException(
                "signature-mismatch",
                $"The column '{name}' is missing; the model needs it ({kind}).{NearestName.Hint(name, rows.Columns.Select(other => other.Name))}");
        }

        if (column.Kind == kind)
        {
            return column;
        }

        // Without a single value the kind of a column was only a guess.
        return column.IsAllMissing
            ? Column.AllMissing(name, kind, column.Count)
            : throw new LearningException(
                "signature-mismatch",
                $"The column '{name}' is {column.Kind}, but the model was trained with {kind}.");
    }
}
