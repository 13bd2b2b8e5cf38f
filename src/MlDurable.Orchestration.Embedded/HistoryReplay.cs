using MlDurable.Orchestration.Embedded.Execution;
using MlDurable.Orchestration.Embedded.Files;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Orchestration.Embedded;

/// <summary>An instance that the code of this build cannot go on with.</summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="Name">Its orchestrator.</param>
/// <param name="Version">The version that it was started with.</param>
/// <param name="Failure">
/// <see cref="OrchestrationErrorCodes.Nondeterminism"/>, with what was expected and what was found, or
/// <see cref="OrchestrationErrorCodes.OrchestratorNotRegistered"/>.
/// </param>
public sealed record HistoryMismatch(string InstanceId, string Name, string Version, TaskFailureDetails Failure);

/// <summary>What a replay of histories came to.</summary>
/// <param name="Replayed">How many instances have a history.</param>
/// <param name="Mismatches">Those that would be parked.</param>
public sealed record HistoryReplayResult(int Replayed, IReadOnlyList<HistoryMismatch> Mismatches);

/// <summary>
/// Runs orchestrators through the histories of unfinished instances, to see whether changed code follows them before it meets them. Runs no
/// activity, changes nothing, and needs no lock.
/// </summary>
public static class HistoryReplay
{
    /// <summary>Replays every unfinished instance of a journal.</summary>
    /// <param name="directory">The directory of the journal, or a copy of it.</param>
    /// <param name="catalog">The code.</param>
    /// <param name="match">Which code runs which version, as <see cref="EmbeddedEngineOptions.VersionMatch"/>. Default: only its own.</param>
    /// <exception cref="OrchestrationException"><see cref="EmbeddedErrorCodes.JournalCorrupt"/>.</exception>
    public static HistoryReplayResult Check(
        string directory, OrchestrationCatalog catalog, VersionMatchStrategy match = VersionMatchStrategy.Strict) =>
        Check(new DiskJournalDirectory(Path.GetFullPath(directory)), catalog, match);

    internal static HistoryReplayResult Check(
        IJournalDirectory directory, OrchestrationCatalog catalog, VersionMatchStrategy match = VersionMatchStrategy.Strict)
    {
        var table = new InstanceTable();
        _ = new JournalReader(directory, table.Apply).Read();
        var begun = table.Instances.Where(instance => instance.Ended is null && instance.Turns.Count > 0).ToList();
        return new(begun.Count, [.. begun.Select(instance => Check(instance, catalog, match)).OfType<HistoryMismatch>()]);
    }

    private static HistoryMismatch? Check(Instance instance, OrchestrationCatalog catalog, VersionMatchStrategy match)
    {
        var (name, version) = (instance.Facts.Name, instance.Facts.Version);
        var mismatch = catalog.FindOrchestrator(name, version, match) is { } orchestrator
            ? new OrchestratorExecution(orchestrator, instance, int.MaxValue, static _ => { }).Replay(instance.Turns)
            : OrchestratorExecution.NotRegistered(name, version, match);
        return mismatch is null ? null : new(instance.Id, name, version, TaskFailureDetails.FromException(mismatch));
    }
}
