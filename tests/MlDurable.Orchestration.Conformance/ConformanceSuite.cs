using System.Text.Json;

namespace MlDurable.Orchestration.Conformance;

/// <summary>A suite that every engine passes: its test project derives from it and gives the harness.</summary>
public abstract class ConformanceSuite : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    protected static readonly OrchestratorDefinition<string, string> Main = Definitions.Orchestrator("main");
    protected static readonly ActivityDefinition<string, string> Echo = Definitions.Activity("echo");
    protected static readonly EventDefinition<string> Signal = Definitions.Event("signal");

    protected IEngineHarness Harness { get; private set; } = null!;

    protected IOrchestrationClient Client => Harness.Client;

    public Task InitializeAsync()
    {
        Harness = CreateHarness();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await Harness.DisposeAsync();

    protected abstract IEngineHarness CreateHarness();

    /// <summary>A catalog with the activity "echo" and the orchestrator "main".</summary>
    protected static OrchestrationCatalog Catalog(Func<OrchestrationContext, string, Task<string>> main) =>
        new OrchestrationCatalog().Add(Echo, text => text).Add(Main, main);

    protected async Task<OrchestrationState> RunAsync(OrchestrationCatalog catalog, string input = "")
    {
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, input, new() { InstanceId = "i" });
        return await EndAsync("i");
    }

    /// <summary>Waits for the end of an instance, and lists the history's last words when it does not come.</summary>
    protected Task<OrchestrationState> EndAsync(string id) => WithinAsync(Client.WaitForCompletionAsync(id));

    protected static Task<T> WithinAsync<T>(Task<T> task) => task.WaitAsync(Patience);

    protected static Task WithinAsync(Task task) => task.WaitAsync(Patience);

    /// <summary>Waits until an instance shows a custom status, which says that it has come to some point.</summary>
    protected async Task ReachAsync(string id, string customStatus)
    {
        using var patience = new CancellationTokenSource(Patience);
        while ((await Client.GetAsync(id, patience.Token))?.CustomStatus != Json(customStatus))
        {
            await Task.Yield();
        }
    }

    protected static string Json(string text) => JsonSerializer.Serialize(text, ConformanceJson.Default.String);

    protected static string? Text(string? json) =>
        json is null ? null : JsonSerializer.Deserialize(json, ConformanceJson.Default.String);

    protected static void AssertCompleted(string output, OrchestrationState state)
    {
        Assert.True(state.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{state.RuntimeStatus}: {state.Failure}");
        Assert.Equal(output, Text(state.Output));
    }

    protected static async Task<OrchestrationException> ThrowsAsync(string code, Func<Task> action)
    {
        var exception = await Assert.ThrowsAsync<OrchestrationException>(action);
        Assert.Equal(code, exception.Code);
        return exception;
    }

    protected static void AssertFailed(string? code, OrchestrationState state)
    {
        Assert.Equal(OrchestrationRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Equal(code, state.Failure?.Code);
    }
}
