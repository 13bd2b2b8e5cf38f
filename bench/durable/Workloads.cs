using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using MlDurable.Orchestration;
using ActivityContext = MlDurable.Orchestration.ActivityContext;

namespace MlDurable.Bench.Durable;

/// <summary>What a step gives: 105 bytes as JSON, as in the benchmarks of other engines.</summary>
internal sealed record StepResult(int Step, string Wf, int Rows, string Sha, bool Ok, string Note)
{
    public static StepResult Of(string workflow, int step) =>
        new(step, workflow.Length > 12 ? workflow[..12] : workflow, 1000 + step, "0123456789abcdef0123456789abcdef", true, "stored");
}

/// <summary>A step of a workflow.</summary>
internal sealed record StepInput(string Workflow, int Step);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StepResult))]
[JsonSerializable(typeof(StepInput))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(string))]
internal sealed partial class BenchJson : JsonSerializerContext;

/// <summary>The orchestrations that are measured.</summary>
internal sealed class Workloads
{
    public static readonly OrchestratorDefinition<int, StepResult> Chain = new("chain", BenchJson.Default.Int32, BenchJson.Default.StepResult);
    public static readonly OrchestratorDefinition<int, int> FanOut = new("fan-out", BenchJson.Default.Int32, BenchJson.Default.Int32);
    public static readonly OrchestratorDefinition<int, int> Wait = new("wait", BenchJson.Default.Int32, BenchJson.Default.Int32);
    public static readonly OrchestratorDefinition<int, int> Eternal = new("eternal", BenchJson.Default.Int32, BenchJson.Default.Int32);
    public static readonly OrchestratorDefinition<int, int> Events = new("events", BenchJson.Default.Int32, BenchJson.Default.Int32);
    public static readonly EventDefinition<int> Signal = new("signal", BenchJson.Default.Int32);

    private static readonly ActivityDefinition<StepInput, StepResult> Step = new("step", BenchJson.Default.StepInput, BenchJson.Default.StepResult);

    private readonly Lock logging = new();

    /// <summary>When each step began, when a measurement asks for it.</summary>
    public ConcurrentQueue<long>? Begun { get; set; }

    /// <summary>The append-only log of the steps before and after the event; none by default.</summary>
    public StreamWriter? Log { get; init; }

    public OrchestrationCatalog Catalog() => new OrchestrationCatalog()
        .AddOrchestrator(Chain, () => new ChainOrchestrator())
        .AddOrchestrator(FanOut, () => new FanOutOrchestrator())
        .AddOrchestrator(Wait, () => new WaitOrchestrator())
        .AddOrchestrator(Eternal, () => new EternalOrchestrator())
        .AddOrchestrator(Events, () => new EventsOrchestrator())
        .AddActivity(Step, new StepActivity(this));

    private sealed class StepActivity(Workloads workloads) : Activity<StepInput, StepResult>
    {
        public override Task<StepResult> RunAsync(ActivityContext context, StepInput input)
        {
            workloads.Begun?.Enqueue(System.Diagnostics.Stopwatch.GetTimestamp());
            if (workloads.Log is { } log)
            {
                lock (workloads.logging)
                {
                    log.WriteLine($"{input.Step} {input.Workflow}");
                    log.Flush();
                }
            }

            return Task.FromResult(StepResult.Of(input.Workflow, input.Step));
        }
    }

    private sealed class ChainOrchestrator : Orchestrator<int, StepResult>
    {
        public override async Task<StepResult> RunAsync(OrchestrationContext context, int input)
        {
            StepResult last = null!;
            for (var step = 1; step <= input; step++)
            {
                last = await context.CallActivityAsync(Step, new StepInput(context.InstanceId, step));
            }

            return last;
        }
    }

    private sealed class FanOutOrchestrator : Orchestrator<int, int>
    {
        public override async Task<int> RunAsync(OrchestrationContext context, int input)
        {
            var results = await Task.WhenAll(Enumerable.Range(1, input).Select(step => context.CallActivityAsync(Step, new StepInput(context.InstanceId, step))));
            return results.Sum(result => result.Step);
        }
    }

    private sealed class WaitOrchestrator : Orchestrator<int, int>
    {
        public override async Task<int> RunAsync(OrchestrationContext context, int input)
        {
            await context.CallActivityAsync(Step, new StepInput(context.InstanceId, 1));
            var value = await context.WaitForExternalEventAsync(Signal);
            await context.CallActivityAsync(Step, new StepInput(context.InstanceId, 2));
            return value;
        }
    }

    private sealed class EternalOrchestrator : Orchestrator<int, int>
    {
        public override async Task<int> RunAsync(OrchestrationContext context, int input)
        {
            await context.CallActivityAsync(Step, new StepInput("eternal", 1));
            if (input > 1)
            {
                context.ContinueAsNew(input - 1, BenchJson.Default.Int32);
            }

            return input;
        }
    }

    private sealed class EventsOrchestrator : Orchestrator<int, int>
    {
        public override async Task<int> RunAsync(OrchestrationContext context, int input)
        {
            var sum = 0;
            for (var received = 0; received < input; received++)
            {
                sum += await context.WaitForExternalEventAsync(Signal);
            }

            return sum;
        }
    }
}
