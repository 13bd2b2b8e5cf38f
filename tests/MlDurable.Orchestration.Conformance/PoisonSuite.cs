namespace MlDurable.Orchestration.Conformance;

/// <summary>An activity that the process does not survive.</summary>
public abstract class PoisonSuite : ConformanceSuite
{
    protected static readonly ActivityDefinition<string, string> Work = Definitions.Activity("work");

    /// <summary>Starts an instance, and lets the process end five times while its poisonous activity is under way.</summary>
    protected async Task CrashTooOftenAsync(OrchestrationCatalog catalog, Poison poison)
    {
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        for (var crash = 0; crash < 5; crash++)
        {
            await poison.StartAsync();
            await Harness.CrashAsync();
            await Harness.OpenAsync(catalog);
        }
    }

    /// <summary>An activity that is under way whenever the process ends, until it is cured.</summary>
    protected sealed class Poison
    {
        private readonly SemaphoreSlim _started = new(0);
        private readonly TaskCompletionSource _cure = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _runs;

        public int Runs => _runs;

        public OrchestrationCatalog Catalog(Func<OrchestrationContext, string, Task<string>> main) =>
            ConformanceSuite.Catalog(main).Add(Work, async (context, _) =>
            {
                Interlocked.Increment(ref _runs);
                _started.Release();
                await _cure.Task.WaitAsync(context.CancellationToken);
                return "cured";
            });

        public Task StartAsync() => WithinAsync(_started.WaitAsync());

        public void Cure() => _cure.SetResult();
    }
}
