using System.Collections.Immutable;
using MlDurable.Learning;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Searching;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Definition.Binding;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Registry;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>Decides what a run will do and what it will reuse.</summary>
/// <param name="store">The workspace.</param>
/// <param name="limits">What the run may use of the data; null for all of it.</param>
public sealed class RunPlanner(IBlobStore store, DataLimits? limits = null)
{
    /// <summary>The name of the trainer that every candidate must beat.</summary>
    internal const string Baseline = "baseline";

    /// <summary>Plans a run of a pipeline on the data that is there. Reads only.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="pipelineHash">SHA-256 of its file.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The plan, and the schema that it infers from the partitions; null when an earlier run has frozen one.</returns>
    /// <exception cref="PipelineException">
    /// <c>no-partitions</c>, <c>no-readable-partition</c>, <c>unknown-column</c> or <c>as-of-needs-time</c>.
    /// </exception>
    public async Task<(RunPlan Plan, TableSchema? NewSchema)> PlanAsync(
        PipelineDefinition pipeline, string pipelineHash, CancellationToken cancellationToken = default)
    {
        var frozen = (await store.ReadJsonAsync(BlobNames.Schema(pipeline.Name), PipelinesJson.Default.TableSchema, ct: cancellationToken))?.Value;
        var partitions = await PartitionSource.ListAsync(store, pipeline.Data, limits ?? DataLimits.None, frozen, cancellationToken);
        var schema = frozen ?? await PartitionSource.InferSchemaAsync(store, partitions, cancellationToken);
        CheckColumns(pipeline, schema);

        var featureSet = FeatureSet.Identity(FeatureSet.RowFeatures(pipeline), schema);
        var qualityHash = QualityIdentity(pipeline, schema);
        var planned = ImmutableArray.CreateBuilder<PartitionPlan>(partitions.Count);
        foreach (var partition in partitions)
        {
            planned.Add(new PartitionPlan(
                partition.Name,
                partition.Length,
                partition.ETag,
                partition.Hash,
                await store.ExistsAsync(BlobNames.Quality(pipeline.Name, qualityHash, partition.Hash), cancellationToken),
                await store.ExistsAsync(BlobNames.Features(pipeline.Name, featureSet, partition.Hash), cancellationToken)));
        }

        var plan = new RunPlan
        {
            Pipeline = pipeline.Name,
            PipelineHash = pipelineHash,
            Seed = pipeline.Seed,
            FeatureSet = featureSet,
            QualityHash = qualityHash,
            CodeHash = FeatureSet.CodeHash,
            AsOf = limits?.AsOf,
            Partitions = planned.MoveToImmutable(),
            Candidates = Candidates(pipeline, await ChampionAsync(pipeline, cancellationToken)),
            Halving = pipeline.Train.Search.Halving,
            Search = pipeline.Train is { Search.Strategy: SearchStrategy.Tpe, Space: { } space } ? OpenSearchOf(space, pipeline.Train.Most) : null,
        };
        return (plan, frozen is null ? schema : null);
    }

    private static ImmutableArray<CandidatePlan> Candidates(PipelineDefinition pipeline, SearchPoint? champion)
    {
        SearchPoint[] first = champion is null ? [] : [champion];
        var candidates = pipeline.Train.Search.Strategy switch
        {
            SearchStrategy.Grid => pipeline.Train.Candidates.Select(candidate => (candidate.Trainer, candidate.Hyperparameters)),
            SearchStrategy.Random or SearchStrategy.Asha => first
                .Concat(pipeline.Train.Space!.Draw(pipeline.Train.Most - first.Length, pipeline.Seed, first))
                .Select(point => (point.Trainer, point.Hyperparameters)),
            _ => first.Select(point => (point.Trainer, point.Hyperparameters)),
        };
        return
        [
            .. candidates.Select((candidate, index) => CandidatePlan.Of(index, candidate.Trainer, candidate.Hyperparameters)),
            CandidatePlan.Of(pipeline.Train.Most, Baseline, ImmutableSortedDictionary<string, double>.Empty),
        ];
    }

    /// <summary>
    /// The candidate that has the champion's hyperparameters, with which a search begins; null for none. A run of the past has none: it may not know of
    /// what was learned later.
    /// </summary>
    private async Task<SearchPoint?> ChampionAsync(PipelineDefinition pipeline, CancellationToken cancellationToken)
    {
        if (pipeline.Train is not { Space: { } space, Search.WarmStart: true } || limits is { AsOf: not null } or { Through: not null })
        {
            return null;
        }

        var model = pipeline.Promote.Model;
        var registry = await store.ReadJsonAsync(BlobNames.Registry(model), PipelinesJson.Default.RegistryDocument, ct: cancellationToken);
        if (registry?.Value.ChampionVersion is not { } version)
        {
            return null;
        }

        var manifest = await store.ReadJsonAsync(BlobNames.Version(model, version, VersionFiles.Manifest), PipelinesJson.Default.Manifest, ct: cancellationToken);
        return manifest is { Value: var made } ? space.Find(made.Trainer, made.Hyperparameters) : null;
    }

    private static OpenSearch OpenSearchOf(SearchSpace space, int trials) => new(
        trials,
        space.Candidates.ToImmutableSortedDictionary(
            candidate => candidate.Trainer,
            candidate => candidate.Hyperparameters.Where(pair => pair.Value.Count > 1).Select(pair => pair.Key).ToImmutableArray(),
            StringComparer.Ordinal));

    private static string QualityIdentity(PipelineDefinition pipeline, TableSchema schema) =>
        ContentHash.OfParts(
        [
            FeatureSet.CodeHash,
            typeof(QualityCheck).Module.ModuleVersionId.ToString("N"),
            System.Text.Json.JsonSerializer.Serialize(schema, PipelinesJson.Default.TableSchema),
            .. pipeline.Quality.Select(rule => $"{rule.GetType().Name} {rule.Level}: {rule.Expectation}"),
        ]);

    /// <summary>Every column that the pipeline names must be in the data, and one must be left to learn from: mistakes are found before work starts.</summary>
    internal static void CheckColumns(PipelineDefinition pipeline, TableSchema schema)
    {
        var known = schema.Columns.Select(column => column.Name).ToList();
        var named = new[] { (Where: "data.label.column", Name: pipeline.Data.Label.Column) }
            .Concat(pipeline.Data.Time is { } time ? [(Where: "data.time", Name: time)] : [])
            .Concat(pipeline.Data.Drop.Select(name => (Where: "data.drop", Name: name)))
            .Concat(pipeline.Features.Transforms.Keys.Select(name => (Where: "features.transforms", Name: name)))
            .Concat(pipeline.Features.Encodings.Keys.Select(name => (Where: "features.encodings", Name: name)))
            .Concat(Multiplied(pipeline).Select(name => (Where: "features.interactions", Name: name)))
            .Concat(pipeline.Train.CrossValidation?.Column is { } group ? [(Where: "train.cross-validate.column", Name: group)] : [])
            .Concat(pipeline.Evaluate.Slices.Select(name => (Where: "evaluate.slices", Name: name)))
            .Concat(pipeline.Quality.OfType<ColumnQualityRule>().Select(rule => (Where: $"quality, line {rule.Line}", Name: rule.Column)));
        var problems = named
            .Where(column => !known.Contains(column.Name))
            .Select(column => $"{column.Where}: the data has no column '{column.Name}'{NearestName.Suggestion(column.Name, known)}")
            .ToList();
        if (problems.Count > 0)
        {
            throw new PipelineException(
                "unknown-column", $"{string.Join("; ", problems)}. The data has: {string.Join(", ", known.Take(50).Select(name => $"'{name}'"))}");
        }

        RequireKind(pipeline.Features.Transforms.Keys, ColumnKind.Number, "features.transforms", "numbers", schema);
        RequireKind(Multiplied(pipeline), ColumnKind.Number, "features.interactions", "numbers", schema);
        RequireKind(pipeline.Features.Encodings.Keys, ColumnKind.Category, "features.encodings", "categories", schema);
        if (!schema.Columns.Any(column => column.Name != pipeline.Data.Label.Column
            && !pipeline.Data.Drop.Contains(column.Name)
            && (column.Kind != ColumnKind.Time || !pipeline.Features.Dates.IsEmpty)))
        {
            var hint = known is [var only] && only.AsSpan().ContainsAny(';', '\t', '|')
                ? $"the data has the one column '{only}': fields must be separated by commas"
                : "the others are the label, dropped, or times without date parts";
            throw new PipelineException("no-features", $"no column is left to learn from; {hint}");
        }
    }

    private static IEnumerable<string> Multiplied(PipelineDefinition pipeline) => pipeline.Features.Interactions.SelectMany(pair => new[] { pair.First, pair.Second });

    private static void RequireKind(IEnumerable<string> names, ColumnKind kind, string where, string values, TableSchema schema)
    {
        if (names.FirstOrDefault(name => schema.Find(name)!.Kind != kind) is { } wrong)
        {
            throw new PipelineException(
                "column-kind", $"{where}: '{wrong}' holds no {values}, but {schema.Find(wrong)!.Kind.ToString().ToLowerInvariant()} values; leave it out");
        }
    }
}
