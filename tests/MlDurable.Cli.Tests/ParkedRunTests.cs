using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Tests;

/// <summary>A run that other code has begun: as an older or newer version of the tool leaves it.</summary>
public sealed class ParkedRunTests : IDisposable
{
    private static readonly JsonTypeInfo<JsonElement> Any = JsonTypeInfo.CreateJsonTypeInfo<JsonElement>(
        new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver() });

    private readonly CliHost cli = new();

    [Fact]
    public async Task Run_BegunByOtherCode_SaysSoInsteadOfWaiting()
    {
        var file = cli.Write("pipeline.yaml", SamplePipeline.Yaml);
        var host = cli.Host();
        var workspace = Workspace.Open(null, cli.Directory, host);
        var source = PipelineSources.Read(file, ImmutableSortedDictionary<string, string>.Empty, host, out _);
        var run = new RunStart(RunIds.New(TimeProvider.System.GetUtcNow()), source, "test");
        var catalog = new OrchestrationCatalog().AddOrchestrator(
            new OrchestratorDefinition<JsonElement, JsonElement>("train-evaluate-promote", Any, Any), () => new OtherCode());
        await using (var engine = await EmbeddedEngine.OpenAsync(catalog, new EmbeddedEngineOptions { Directory = workspace.JournalDirectory }))
        {
            await workspace.LauncherOf(engine).StartAsync(run);
            var state = await engine.Client.GetAsync(run.RunId);
            while (state!.RuntimeStatus == OrchestrationRuntimeStatus.Pending)
            {
                state = await engine.Client.GetAsync(run.RunId);
            }
        }

        await using (var paused = await EmbeddedEngine.OpenAsync(catalog, new EmbeddedEngineOptions { Directory = workspace.JournalDirectory, Paused = true }))
        {
            await paused.Client.RaiseEventAsync(run.RunId, new EventDefinition<JsonElement>("wake", Any), JsonElement.Parse("1"));
        }

        var code = await cli.RunAsync("resume").WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(ExitCodes.Failed, code);
        Assert.Contains($"run {run.RunId} was begun by another version of mldurable", cli.Error, StringComparison.Ordinal);
        Assert.Contains($"mldurable cancel {run.RunId}", cli.Error, StringComparison.Ordinal);
        Assert.Equal(0, await cli.RunAsync("cancel", run.RunId));
    }

    public void Dispose() => cli.Dispose();

    private sealed class OtherCode : Orchestrator<JsonElement, JsonElement>
    {
        public override async Task<JsonElement> RunAsync(OrchestrationContext context, JsonElement input)
        {
            await context.CreateTimerAsync(TimeSpan.FromDays(1), CancellationToken.None);
            return input;
        }
    }
}
