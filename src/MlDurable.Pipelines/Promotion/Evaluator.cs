using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MlDurable.Learning;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Promotion;

/// <summary>Judges the selected candidate of a run: on the holdout rows that none of the compared models has seen.</summary>
internal sealed class Evaluator(IBlobStore store, RunRequest request, PipelineDefinition pipeline, RunPlan plan, Dataset dataset)
{
    private readonly Metric primary = MetricCatalog.Find(pipeline.Data.Label.Rule.Task, pipeline.Evaluate.Primary)!;
    private readonly BootstrapOptions bootstrap = new() { Confidence = pipeline.Promote.VersusChampion.Confidence, Seed = plan.Seed };

    private LearningTask Task => dataset.Rows.Target.Task;

    /// <summary>A model that takes part in the comparison.</summary>
    private sealed record Contestant(string Role, string Trainer, string Hash, TrainedModel Model, int? Version, ThresholdRule Rule)
    {
        public double[] Scores { get; init; } = [];

        public double? Threshold => Model.Target.Task == LearningTask.Binary ? Model.Threshold : null;

        /// <summary>The probabilities without the model's calibration; null for a model without one.</summary>
        public double[]? Uncalibrated { get; init; }

        public ScoredModel Scored => new(Scores, Model.Threshold);
    }

    /// <summary>The explanation is null for a champion of a version that did not explain models.</summary>
    public async Task<(Evaluation Evaluation, ModelExplanation? Explanation, string Predictions)> EvaluateAsync(
        CandidateResult selected, CandidateResult baselineResult, RegistryDocument registry, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var championModel = await ReadVersionAsync(registry, registry.ChampionVersion, cancellationToken);
        var anchorModel = registry.AnchorVersion == registry.ChampionVersion
            ? null
            : await ReadVersionAsync(registry, registry.AnchorVersion, cancellationToken);

        var holdout = dataset.Indexes(RowPart.Holdout);
        var rows = Unseen(Unseen(holdout, championModel), anchorModel);
        var labels = Array.ConvertAll(rows, row => dataset.Rows.Labels[row]);
        var described = Describe(holdout, rows);
        if (labels.Distinct().Take(2).Count() < 2)
        {
            throw new PipelineException(
                "nothing-to-compare-on",
                $"of {holdout.Length} holdout rows {rows.Length} are new to the champion and "
                + (described.ComparedPositives is { } positives ? $"they hold {positives} positives; a comparison needs rows of both classes" : "a comparison needs rows of different labels")
                + " that no compared model has learned from: add newer data, or widen `split.holdout`");
        }

        var features = dataset.Rows.Table.Take(rows);
        var candidate = Score(await ReadCandidateAsync("candidate", selected, cancellationToken), features);
        var baseline = Score(await ReadCandidateAsync("baseline", baselineResult, cancellationToken), features);
        var champion = await ScoreVersionAsync("champion", championModel, features, rows, cancellationToken);
        var anchor = await ScoreVersionAsync("anchor", anchorModel, features, rows, cancellationToken);

        if (champion?.Hash == candidate.Hash && await OwnEvaluationAsync(championModel!, described, cancellationToken) is { } own)
        {
            return (Unchanged(own, champion, labels), await OwnExplanationAsync(championModel!, cancellationToken), Predictions(rows, labels, candidate, champion));
        }

        var verdict = Judge.Decide(new JudgeInput
        {
            Primary = primary,
            Labels = labels,
            Candidate = candidate.Scored,
            CandidateHash = candidate.Hash,
            Baseline = pipeline.Promote.BetterThanBaseline ? baseline.Scored : null,
            Champion = champion?.Scored,
            ChampionHash = champion?.Hash,
            Anchor = anchor?.Scored,
            Gates = pipeline.Promote.Gates,
            Rule = pipeline.Promote.VersusChampion.Rule,
            Margin = pipeline.Promote.VersusChampion.Margin,
            Slices = SliceColumns(features),
            StrictSlices = pipeline.Promote.Slices == SliceRule.NonInferior,
            PastGains = [.. registry.History.Select(change => change.Gain).OfType<double>()],
            Bootstrap = bootstrap,
        });

        var schema = await FrozenSchema.RequireAsync(store, plan.Pipeline, cancellationToken);
        var explanation = Explain(candidate, features, schema, labels, progress, cancellationToken);
        var metrics = pipeline.Evaluate.Also.Prepend(primary.Name).Distinct().Select(name => MetricCatalog.Find(primary.Task, name)!).ToList();
        var sameModel = champion?.Hash == candidate.Hash;
        var judged = Evaluate(candidate, labels, metrics);
        var evaluation = new Evaluation
        {
            Primary = primary.Name,
            Task = Task,
            Rows = described,
            Candidate = judged,
            Champion = champion is null ? null
                : sameModel ? judged with { Role = champion.Role, Version = champion.Version, ThresholdRule = champion.Rule }
                : Evaluate(champion, labels, metrics),
            Anchor = anchor is null ? null : Evaluate(anchor, labels, metrics),
            Baseline = Evaluate(baseline, labels, metrics),
            VersusChampion = champion is null || sameModel
                ? []
                : [.. metrics.AsParallel().AsOrdered().Select(metric => Bootstrap.Compare(metric, labels, candidate.Scored, champion.Scored, bootstrap))],
            Decisions = champion is null || sameModel || Task == LearningTask.Regression
                ? null
                : McNemar.Compare(Task, labels, candidate.Scored, champion.Scored),
            VersusAnchor = verdict.VersusAnchor,
            VersusBaseline = verdict.VersusBaseline ?? Bootstrap.Compare(primary, labels, candidate.Scored, baseline.Scored, bootstrap),
            Slices = verdict.Slices,
            Importance = explanation.Importance,
            Leaks = FindLeaks(),
            Verdict = verdict,
        };
        return (evaluation, explanation, Predictions(rows, labels, candidate, champion));
    }

    /// <summary>The evidence on which the champion was judged, if the same code reached it on the same rows by the same pipeline; else null.</summary>
    private async Task<Evaluation?> OwnEvaluationAsync(RegisteredModel champion, EvaluationRows rows, CancellationToken cancellationToken)
    {
        var manifest = champion.Manifest;
        if (manifest.PipelineHash != plan.PipelineHash
            || manifest.Environment.CodeHash != plan.CodeHash
            || !manifest.Parameters.SequenceEqual(request.Parameters))
        {
            return null;
        }

        var name = BlobNames.Version(pipeline.Promote.Model, champion.Version.Number, VersionFiles.Evaluation);
        var evaluation = (await store.ReadJsonAsync(name, PipelinesJson.Default.Evaluation, ct: cancellationToken))?.Value;
        return evaluation?.Rows.Hash == rows.Hash ? evaluation : null;
    }

    private async Task<ModelExplanation?> OwnExplanationAsync(RegisteredModel champion, CancellationToken cancellationToken)
    {
        var name = BlobNames.Version(pipeline.Promote.Model, champion.Version.Number, VersionFiles.Explanation);
        return (await store.ReadJsonAsync(name, PipelinesJson.Default.ModelExplanation, ct: cancellationToken))?.Value;
    }

    /// <summary>The evaluation of a candidate that is the champion: its figures are known, and there is nothing to compare.</summary>
    private Evaluation Unchanged(Evaluation own, Contestant champion, double[] labels) => own with
    {
        Champion = own.Candidate with { Role = champion.Role, Version = champion.Version },
        Anchor = null,
        VersusChampion = [],
        Decisions = null,
        VersusAnchor = null,
        Slices = [.. own.Slices.Select(slice => slice with { Reference = slice.Candidate, Difference = null, PValue = null })],
        Verdict = Judge.Decide(new JudgeInput
        {
            Primary = primary,
            Labels = labels,
            Candidate = champion.Scored,
            CandidateHash = champion.Hash,
            Champion = champion.Scored,
            ChampionHash = champion.Hash,
            Bootstrap = bootstrap,
        }),
    };

    private async Task<RegisteredModel?> ReadVersionAsync(RegistryDocument registry, int? number, CancellationToken cancellationToken) =>
        number is { } version ? await RegisteredModel.ReadAsync(store, registry.Model, registry.Require(version), cancellationToken) : null;

    private async Task<Contestant> ReadCandidateAsync(string role, CandidateResult result, CancellationToken cancellationToken)
    {
        var bytes = await store.ReadBytesAsync(result.ModelBlob, RegisteredModel.MaxModelBytes, cancellationToken);
        if (ContentHash.Of(bytes) != result.ModelHash)
        {
            throw new PipelineException(
                "model-changed", $"'{result.ModelBlob}' in {store.Description} is not the file that was trained; start the run again, which trains it again");
        }

        using var file = new MemoryStream(bytes);
        return new Contestant(role, result.Trainer, result.ModelHash, TrainedModel.Read(file), Version: null, pipeline.Train.Threshold);
    }

    private int[] Unseen(int[] rows, RegisteredModel? model)
    {
        if (model is null)
        {
            return rows;
        }

        var partitions = model.Manifest.Dataset.Partitions.Select(partition => partition.Hash).ToHashSet();
        return Array.FindAll(rows, row => !Split.HasSeen(model.Manifest.Dataset, partitions, dataset.Rows, row));
    }

    private EvaluationRows Describe(int[] holdout, int[] rows)
    {
        var times = dataset.Rows.Times is { } all ? rows.Select(row => all[row]).Where(ticks => ticks != long.MinValue).ToList() : [];
        return new EvaluationRows(
            holdout.Length,
            Positives(holdout),
            rows.Length,
            Positives(rows),
            times.Count == 0 ? null : new DateTimeOffset(times.Min(), TimeSpan.Zero),
            times.Count == 0 ? null : new DateTimeOffset(times.Max(), TimeSpan.Zero),
            ContentHash.OfParts([dataset.Lineage.Hash, .. rows.Select(row => row.ToString(CultureInfo.InvariantCulture))]));
    }

    private int? Positives(int[] rows) => Task == LearningTask.Binary ? rows.Count(row => dataset.Rows.Labels[row] == 1) : null;

    // A champion may know other classes than this data has.
    private Contestant Score(Contestant contestant, Table features) => contestant with
    {
        Scores = contestant.Model.Target.Align(contestant.Model.Predict(features), dataset.Rows.Target),
        Uncalibrated = contestant.Model.Calibration == CalibrationMethod.None ? null : contestant.Model.PredictUncalibrated(features),
    };

    /// <summary>Scores a registered version now, on features made as it expects them.</summary>
    private async Task<Contestant?> ScoreVersionAsync(
        string role, RegisteredModel? model, Table features, int[] rows, CancellationToken cancellationToken)
    {
        if (model is null)
        {
            return null;
        }

        var expected = model.Manifest.Dataset.FeatureSet == dataset.Lineage.FeatureSet
            ? features
            : await FeaturesOfAsync(model, rows, cancellationToken);
        try
        {
            var manifest = model.Manifest;
            return Score(new Contestant(role, manifest.Trainer, model.Version.ModelHash, model.Model, model.Version.Number, manifest.Threshold), expected);
        }
        catch (LearningException exception)
        {
            throw new PipelineException(
                "champion-cannot-score",
                $"the {role}, version {model.Version.Number}, cannot score this data: {exception.Message}; "
                + "restore what it needs, or promote a version by hand with `mldurable promote`",
                exception);
        }
    }

    /// <summary>Makes the features of rows from the raw partitions as another version of the pipeline made them.</summary>
    private async Task<Table> FeaturesOfAsync(RegisteredModel model, int[] rows, CancellationToken cancellationToken)
    {
        var schema = (await store.ReadJsonAsync(BlobNames.Schema(plan.Pipeline), PipelinesJson.Default.TableSchema, ct: cancellationToken))?.Value;
        var etags = plan.Partitions.ToDictionary(partition => partition.Hash, partition => partition.ETag);
        var tables = new List<Table>();
        foreach (var group in rows.GroupBy(row => dataset.Rows.Partition[row]))
        {
            var partition = dataset.Rows.Partitions[group.Key];
            var content = await PartitionSource.ReadAsync(store, partition.Name, etags[partition.Hash], schema, cancellationToken);
            tables.Add(model.Features.BuildFeatures(content.Table).Take([.. group.Select(row => dataset.Rows.RowInPartition[row])]));
        }

        return Table.Concat(tables);
    }

    private EvaluatedModel Evaluate(Contestant contestant, double[] labels, List<Metric> metrics) => new()
    {
        Role = contestant.Role,
        Trainer = contestant.Trainer,
        Version = contestant.Version,
        ModelHash = contestant.Hash,
        Threshold = contestant.Threshold,
        ThresholdRule = contestant.Rule,
        Metrics = [.. metrics.AsParallel().AsOrdered().Select(metric => Bootstrap.Estimate(metric, labels, contestant.Scores, contestant.Model.Threshold, bootstrap))],
        Confusion = Task == LearningTask.Binary ? ConfusionMatrix.Count(labels, contestant.Scores, contestant.Model.Threshold) : null,
        ClassConfusion = Task == LearningTask.Multiclass ? ClassConfusion.Count(dataset.Rows.Target.Classes, labels, contestant.Scores) : null,
        Errors = Task == LearningTask.Regression ? ErrorFigures.Of(labels, contestant.Scores) : null,
        Roc = Task == LearningTask.Binary ? Curves.RocCurve(labels, contestant.Scores) : [],
        PrecisionRecall = Task == LearningTask.Binary ? Curves.PrecisionRecallCurve(labels, contestant.Scores) : [],
        Calibration = Task == LearningTask.Binary ? Curves.CalibrationCurve(labels, contestant.Scores) : [],
        Uncalibrated = contestant.Uncalibrated is { } scores
            ? new UncalibratedFigures(
                contestant.Model.Calibration, BinaryMetrics.LogLoss(labels, scores), BinaryMetrics.Brier(labels, scores), BinaryMetrics.CalibrationError(labels, scores))
            : null,
    };

    private ImmutableArray<CategoryColumn> SliceColumns(Table features) =>
    [
        .. pipeline.Evaluate.Slices.Select(
            name => (CategoryColumn)(features.TryGet(RowFeatures.SlicePrefix + name, out var slice) ? slice.Rename(name) : features[name])),
    ];

    private ModelExplanation Explain(
        Contestant candidate, Table features, TableSchema schema, double[] labels, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var rowFeatures = FeatureSet.RowFeatures(pipeline);
        var inputs = features.Select(candidate.Model.Signature.Inputs.Columns.Select(column => column.Name));
        var options = new PermutationOptions { Seed = plan.Seed, Columns = rowFeatures.RawColumns(schema), Progress = progress };
        var importance = PermutationImportance.Compute(
            candidate.Model.Predict, inputs, labels, Measure, primary.HigherIsBetter, options, cancellationToken);
        return ModelExplanation.Of(
            candidate.Model, rowFeatures, schema, inputs, primary.Name, importance, new ModelExplanationOptions { Seed = plan.Seed }, cancellationToken) with
        {
            Slices = pipeline.Evaluate.SliceImportance
                ? PermutationImportance.ComputeSlices(
                    candidate.Model.Predict, inputs, labels, Measure, primary.HigherIsBetter, SliceColumns(features), Task, options, cancellationToken)
                : [],
        };

        double Measure(double[] truth, double[] scores) => primary.Evaluate(truth, scores, candidate.Model.Threshold);
    }

    private ImmutableArray<LeakWarning> FindLeaks()
    {
        var training = dataset.Take(dataset.Indexes(RowPart.Training));
        return LeakDetector.Find(training.Features, training.Labels, training.Target);
    }

    /// <summary>For binary labels the probability of the positive class; for several classes the class with each model's decision; for numbers the numbers.</summary>
    private string Predictions(int[] rows, double[] labels, Contestant candidate, Contestant? champion)
    {
        var csv = new StringBuilder("partition,row,label,candidate,champion\n");
        for (var i = 0; i < rows.Length; i++)
        {
            var name = Quoted(dataset.Rows.Partitions[dataset.Rows.Partition[rows[i]]].Name);
            csv.Append(CultureInfo.InvariantCulture, $"{name},{dataset.Rows.RowInPartition[rows[i]]},{Label(labels[i])},{Predicted(candidate, i)},");
            csv.Append(champion is null ? "" : Predicted(champion, i)).Append('\n');
        }

        return csv.ToString();

        string Label(double label) => Task == LearningTask.Multiclass ? Class((int)label) : label.ToString("R", CultureInfo.InvariantCulture);

        string Predicted(Contestant contestant, int row) => Task == LearningTask.Multiclass
            ? Class(MulticlassMetrics.Decision(contestant.Scores.AsSpan(row * dataset.Rows.Target.OutputCount, dataset.Rows.Target.OutputCount)))
            : contestant.Scores[row].ToString("R", CultureInfo.InvariantCulture);

        string Class(int place) => Quoted(dataset.Rows.Target.Classes[place]);

        static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
