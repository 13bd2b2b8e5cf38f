using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MlDurable.Learning.Models;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Tests.Runs;

/// <summary>What an older version wrote, without the properties that came later, means what it meant.</summary>
public sealed class OlderRecordsTests
{
    [Fact]
    public void RunRecord_WithoutLaterProperties_IsAManualRunOfTheWholeFlow()
    {
        const string Written = """
            {
              "runId": "20260301T030000-7f3a", "pipeline": "strikes", "pipelineHash": "ab", "model": "strikes", "parameters": { "margin": "0.1" },
              "engine": "workspace", "status": "completed", "outcome": "promoted", "startedAt": "2026-03-01T03:00:00Z", "version": 1
            }
            """;

        var run = JsonSerializer.Deserialize(Written, PipelinesJson.Default.RunRecord)!;

        Assert.Equal((RunStage.All, RunPriority.Normal, RunTrigger.Manual, ""), (run.Stage, run.Priority, run.Trigger, run.RequestedBy));
        Assert.Empty(run.Leaderboard);
        Assert.Empty(run.Quarantined);
        Assert.Null(run.Waiting);
    }

    [Fact]
    public void RunRequest_WithoutLaterProperties_IsAManualRequestOfTheWholeFlow()
    {
        const string Written = """
            {
              "runId": "20260301T030000-7f3a", "pipeline": "strikes", "pipelineFile": "pipeline.yaml", "pipelineHash": "ab", "parameters": {},
              "requestedAt": "2026-03-01T03:00:00Z", "requestedBy": "cli:ada"
            }
            """;

        var request = JsonSerializer.Deserialize(Written, PipelinesJson.Default.RunRequest)!;

        Assert.Equal((RunStage.All, RunTrigger.Manual), (request.Stage, request.Trigger));
        Assert.Empty(request.Blobs);
        Assert.Null(request.AsOf);
        Assert.Null(request.Priority);
    }

    [Fact]
    public void Manifest_WithoutLaterProperties_IsOfAModelWithoutCalibrationAndTheGreatestF1()
    {
        const string Written = """
            {
              "modelHash": "ab", "runId": "20260301T030000-7f3a", "pipeline": "strikes", "pipelineHash": "ab", "parameters": {},
              "dataset": { "hash": "ab", "featureSet": "ab", "partitions": [], "split": {
                "by": "hash", "validation": 0.1, "holdout": 0.2, "seed": 0, "trainingRows": 7, "validationRows": 1, "holdoutRows": 2 } },
              "trainer": "baseline", "trainerVersion": "1", "hyperparameters": {}, "seed": 0,
              "environment": { "os": "Linux", "architecture": "x64", "runtime": "10.0.0", "product": "0.1.0", "codeHash": "ab" },
              "createdAt": "2026-03-01T03:00:00Z"
            }
            """;

        var manifest = JsonSerializer.Deserialize(Written, PipelinesJson.Default.Manifest)!;

        Assert.Equal((CalibrationMethod.None, ThresholdRule.GreatestF1), (manifest.Calibration, manifest.Threshold));
    }

    [Fact]
    public void RegistryDocument_Empty_HasNoVersionsAndNoHistory()
    {
        var registry = JsonSerializer.Deserialize("""{ "model": "strikes" }""", PipelinesJson.Default.RegistryDocument)!;

        Assert.Empty(registry.Versions);
        Assert.Empty(registry.History);
    }

    /// <summary>The generated readers give a property that the text lacks no initial value, so its getter must know what its absence means.</summary>
    [Fact]
    public void EveryPropertyWithAnInitialValue_MeansTheSameWhenItIsAbsent()
    {
        JsonSerializerContext[] contexts = [PipelinesJson.Default, DataWatchJson.Default, ApprovalJson.Default, FlowJson.Default];
        var forgetful = contexts
            .SelectMany(context => context.GetType().GetProperties())
            .Where(property => property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(JsonTypeInfo<>))
            .Select(property => property.PropertyType.GetGenericArguments()[0])
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.FullName!.StartsWith("MlDurable.", StringComparison.Ordinal))
            .Distinct()
            .SelectMany(type =>
            {
                var initial = Create(type);
                var absent = RuntimeHelpers.GetUninitializedObject(type);
                var given = type.GetConstructors().SelectMany(constructor => constructor.GetParameters()).Select(parameter => parameter.Name).ToHashSet();
                return type.GetProperties()
                    .Where(property => property.SetMethod is not null && !given.Contains(property.Name) && !property.IsDefined(typeof(RequiredMemberAttribute), false))
                    .Where(property => Text(property.GetValue(initial)) != Text(property.GetValue(absent)))
                    .Select(property => $"{type.Name}.{property.Name}");
            });

        Assert.True(!forgetful.Any(), string.Join(", ", forgetful));
    }

    private static string Text(object? value) => value switch
    {
        null => "absent",
        IEnumerable and not string when value.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) =>
            (bool)type.GetProperty("IsDefault")!.GetValue(value)! ? "absent" : "a list",
        _ => $"{value}",
    };

    private static object Create(Type type)
    {
        var constructor = type.GetConstructors(BindingFlags.Instance | BindingFlags.Public).MaxBy(candidate => candidate.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter =>
            parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null)]);
    }
}
