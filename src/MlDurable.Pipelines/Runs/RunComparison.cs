using System.Collections.Immutable;
using System.Globalization;
using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Definition;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>One line of a comparison of two runs.</summary>
/// <param name="Section"><c>run</c>, <c>settings</c>, <c>data</c> or <c>model</c>.</param>
/// <param name="Name">What is compared.</param>
/// <param name="First">The first run's value; null when it has none.</param>
/// <param name="Second">The second run's value; null when it has none.</param>
public sealed record RunDifference(string Section, string Name, string? First, string? Second);

/// <summary>A metric of the selected candidates of two runs.</summary>
/// <param name="Metric">The metric's name.</param>
/// <param name="First">The first run's estimate; null when it has none.</param>
/// <param name="Second">The second run's estimate; null when it has none.</param>
public sealed record MetricComparison(string Metric, MetricEstimate? First, MetricEstimate? Second);

/// <summary>Two runs side by side.</summary>
/// <param name="First">The first run.</param>
/// <param name="Second">The second run.</param>
/// <param name="SameRows">Whether both candidates were judged on the same rows: only then do the metrics compare.</param>
/// <param name="Differences">Everything that differs, in the order of sections.</param>
/// <param name="Metrics">The metrics of both, whether they differ or not.</param>
public sealed record RunComparison(
    RunRecord First, RunRecord Second, bool SameRows, ImmutableArray<RunDifference> Differences, ImmutableArray<MetricComparison> Metrics)
{
    /// <summary>Compares two runs.</summary>
    /// <exception cref="PipelineException"><c>run-not-found</c> or <c>run-ambiguous</c>.</exception>
    public static async Task<RunComparison> CompareAsync(IBlobStore store, string first, string second, CancellationToken cancellationToken = default)
    {
        var runs = new RunStore(store);
        var a = await SideAsync(runs, first, cancellationToken);
        var b = await SideAsync(runs, second, cancellationToken);
        var differences = Names(a, b)
            .Select(name => new RunDifference(name.Section, name.Name, a.Facts.GetValueOrDefault(name), b.Facts.GetValueOrDefault(name)))
            .Where(difference => difference.First != difference.Second);
        var metrics = Estimates(a).Concat(Estimates(b)).Select(metric => metric.Metric).Distinct().Select(name => new MetricComparison(
            name,
            Estimates(a).FirstOrDefault(metric => metric.Metric == name),
            Estimates(b).FirstOrDefault(metric => metric.Metric == name)));
        return new RunComparison(
            a.Run, b.Run, a.Evaluation is not null && a.Evaluation.Rows.Hash == b.Evaluation?.Rows.Hash, [.. differences], [.. metrics]);
    }

    private static ImmutableArray<MetricEstimate> Estimates(Side side) => side.Evaluation?.Candidate.Metrics ?? [];

    private static IEnumerable<(string Section, string Name)> Names(Side a, Side b)
    {
        string[] sections = ["run", "settings", "data", "model"];
        return a.Order.Concat(b.Order).Distinct().OrderBy(name => Array.IndexOf(sections, name.Section));
    }

    private static async Task<Side> SideAsync(RunStore runs, string id, CancellationToken cancellationToken)
    {
        var run = await runs.GetAsync(id, cancellationToken);
        var side = new Side(run, await runs.EvaluationAsync(run.RunId, cancellationToken));
        side.Add("run", "pipeline", run.Pipeline);
        side.Add("run", "status", run.Status.ToString().ToLowerInvariant());
        side.Add("run", "outcome", run.Outcome?.ToString().ToLowerInvariant());
        AddSettings(side, await runs.PipelineAsync(run.RunId, cancellationToken));
        if (await runs.PlanAsync(run.RunId, cancellationToken) is { } plan)
        {
            foreach (var partition in plan.Partitions)
            {
                side.Add("data", partition.Name, partition.Hash[..12]);
            }
        }

        if (await runs.DatasetAsync(run.RunId, cancellationToken) is { Split: var split })
        {
            side.Add("data", "rows (training/validation/holdout)", $"{split.TrainingRows}/{split.ValidationRows}/{split.HoldoutRows}");
        }

        if (side.Evaluation is { Rows: var rows })
        {
            side.Add("data", "compared rows", Number(rows.Compared));
        }

        if (await runs.ManifestAsync(run.RunId, cancellationToken) is { } manifest)
        {
            side.Add("model", "trainer", manifest.Trainer);
            foreach (var (name, value) in manifest.Hyperparameters)
            {
                side.Add("model", name, Number(value));
            }

            side.Add("model", "file", manifest.ModelHash[..12]);
            side.Add("model", "runtime", manifest.Environment.Runtime);
            side.Add("model", "learning code", manifest.Environment.CodeHash[..12]);
        }

        return side;
    }

    private static void AddSettings(Side side, PipelineDefinition pipeline)
    {
        side.Add("settings", "pipeline file", side.Run.PipelineHash[..12]);
        side.Add("settings", "seed", pipeline.Seed.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, parameter) in pipeline.Parameters)
        {
            side.Add("settings", $"parameter {name}", parameter.Value.Text);
        }

        side.Add("settings", "window", pipeline.Data.Window.ToString());
        side.Add("settings", "drop", string.Join(", ", pipeline.Data.Drop));
        side.Add("settings", "features", $"{pipeline.Features.Imputation}, standardize {pipeline.Features.Standardize}, {pipeline.Features.Encoding}, fold {pipeline.Features.FoldRarerThan}");
        side.Add("settings", "transforms", string.Join(", ", pipeline.Features.Transforms.Select(pair => $"{pair.Value} of {pair.Key}")));
        side.Add("settings", "encodings", string.Join(", ", pipeline.Features.Encodings.Select(pair => $"{pair.Key}: {pair.Value}")));
        side.Add("settings", "interactions", string.Join(", ", pipeline.Features.Interactions.Select(pair => $"{pair.First} × {pair.Second}")));
        side.Add("settings", "split", $"{pipeline.Split.By}, validation {Number(pipeline.Split.Validation)}, holdout {Number(pipeline.Split.Holdout)}");
        side.Add("settings", "search", SearchOf(pipeline.Train.Search));
        side.Add(
            "settings",
            "candidates",
            string.Join("; ", pipeline.Train.Space?.Candidates.Select(space => space.DisplayName) ?? pipeline.Train.Candidates.Select(candidate => candidate.DisplayName)));
        side.Add("settings", "cross-validate", pipeline.Train.CrossValidation?.ToString() ?? "no");
        side.Add("settings", "calibrate", pipeline.Train.Calibrate.ToString().ToLowerInvariant());
        side.Add("settings", "threshold", pipeline.Train.Threshold.ToString());
        side.Add("settings", "primary metric", pipeline.Evaluate.Primary);
        side.Add("settings", "gates", string.Join(", ", pipeline.Promote.Gates));
        side.Add(
            "settings",
            "versus champion",
            $"{pipeline.Promote.VersusChampion.Rule}, margin {(pipeline.Promote.VersusChampion.Margin is { } margin ? Number(margin) : "of the metric")}, confidence {Number(pipeline.Promote.VersusChampion.Confidence)}");
    }

    private static string SearchOf(SearchDefinition search) => search.Strategy == SearchStrategy.Grid
        ? "grid"
        : $"{search.Strategy.ToString().ToLowerInvariant()}, {search.Trials} trials"
            + (search.Strategy == SearchStrategy.Tpe ? $" in rounds of {search.Parallel}" : "")
            + (search.Halving is { } halving ? $" in rounds of {search.Parallel}, {halving.Rungs} rungs of which one of {halving.Reduction} goes on" : "")
            + (search.Time is { } time ? $", for {Durations.Text(time)}" : "")
            + (search.WarmStart ? "" : ", without a warm start");

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private sealed record Side(RunRecord Run, Evaluation? Evaluation)
    {
        public List<(string Section, string Name)> Order { get; } = [];

        public Dictionary<(string Section, string Name), string?> Facts { get; } = [];

        public void Add(string section, string name, string? value)
        {
            Order.Add((section, name));
            Facts[(section, name)] = value;
        }
    }
}
