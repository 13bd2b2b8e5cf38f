using System.Text.Json.Serialization;

namespace MlDurable.Orchestration.Conformance;

/// <summary>Definitions over texts, which are all that the suites need.</summary>
public static class Definitions
{
    public static OrchestratorDefinition<string, string> Orchestrator(string name) =>
        new(name, ConformanceJson.Default.String, ConformanceJson.Default.String);

    public static ActivityDefinition<string, string> Activity(string name) =>
        new(name, ConformanceJson.Default.String, ConformanceJson.Default.String);

    public static EventDefinition<string> Event(string name) => new(name, ConformanceJson.Default.String);

    public static OrchestrationCatalog Add(
        this OrchestrationCatalog catalog, OrchestratorDefinition<string, string> definition,
        Func<OrchestrationContext, string, Task<string>> run) =>
        catalog.AddOrchestrator(definition, () => new LambdaOrchestrator(run));

    public static OrchestrationCatalog Add(
        this OrchestrationCatalog catalog, ActivityDefinition<string, string> definition,
        Func<ActivityContext, string, Task<string>> run) =>
        catalog.AddActivity(definition, new LambdaActivity(run));

    public static OrchestrationCatalog Add(
        this OrchestrationCatalog catalog, ActivityDefinition<string, string> definition, Func<string, string> run) =>
        catalog.AddActivity(definition, new LambdaActivity((_, input) => Task.FromResult(run(input))));

    private sealed class LambdaOrchestrator(Func<OrchestrationContext, string, Task<string>> run) : Orchestrator<string, string>
    {
        public override Task<string> RunAsync(OrchestrationContext context, string input) => run(context, input);
    }

    private sealed class LambdaActivity(Func<ActivityContext, string, Task<string>> run) : Activity<string, string>
    {
        public override Task<string> RunAsync(ActivityContext context, string input) => run(context, input);
    }
}

[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
public sealed partial class ConformanceJson : JsonSerializerContext;
