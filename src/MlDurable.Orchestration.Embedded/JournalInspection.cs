using MlDurable.Orchestration.Embedded.Files;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Orchestration.Embedded;

/// <summary>A file of a journal.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length; the last segment may have some reserve behind what is written.</param>
public sealed record JournalFile(string Name, long Bytes);

/// <summary>What a look at a journal has found.</summary>
/// <param name="Files">Its files, by name.</param>
/// <param name="Instances">The instances that could be read, oldest first, with the steps in quarantine of each.</param>
/// <param name="IsTorn">Whether the last write did not come to its end, as after a power loss; the next owner cuts it off, and nothing confirmed is in it.</param>
/// <param name="Damage">What is damaged, with file and offset, and what to do; <see langword="null"/> for a sound journal.</param>
public sealed record JournalReport(IReadOnlyList<JournalFile> Files, IReadOnlyList<OrchestrationState> Instances, bool IsTorn, string? Damage);

/// <summary>An entry of an instance's history, as a person reads it.</summary>
/// <param name="At">When, UTC; <see langword="null"/> where the journal keeps no time.</param>
/// <param name="Text">What happened, or was decided.</param>
/// <param name="Payload">The input, result, event or status that belongs to it, as JSON; <see langword="null"/> for none.</param>
public sealed record HistoryLine(DateTimeOffset? At, string Text, string? Payload);

/// <summary>An instance and what the journal has of its history.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Lines">
/// Its history from the last compaction or its start on: of an unfinished or failed instance all of its present generation, of another one at least its result.
/// </param>
public sealed record InstanceHistory(OrchestrationState State, IReadOnlyList<HistoryLine> Lines);

/// <summary>
/// Reads a journal without owning or changing it, also beside the engine that owns it. Safe to use from several threads.
/// </summary>
public static class JournalInspection
{
    // Beside a live owner a file may vanish or be half written while it is read: only what is found again is damage.
    private const int Attempts = 5;

    /// <summary>Reads everything.</summary>
    /// <param name="directory">The directory of the journal.</param>
    /// <param name="maxActivityCrashes">After how many crashes a step is in quarantine, as <see cref="EmbeddedEngineOptions.MaxActivityCrashes"/>. Default: 5.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory must not be read.</exception>
    public static JournalReport Read(string directory, int maxActivityCrashes = 5)
    {
        var (table, extent, damage) = Read(directory, static (_, _) => { });
        var files = new DirectoryInfo(directory).EnumerateFiles()
            .Where(file => JournalFiles.SegmentNumber(file.Name) is not null || JournalFiles.SnapshotNumber(file.Name) is not null || file.Name == JournalFiles.Manifest)
            .Select(file => new JournalFile(file.Name, file.Length))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
        return new([.. files], [.. table.After(null).Select(instance => StateOf(instance, maxActivityCrashes))], extent?.TornSegment is not null, damage?.Message);
    }

    /// <summary>Reads one instance.</summary>
    /// <param name="directory">The directory of the journal.</param>
    /// <param name="instanceId">Which.</param>
    /// <param name="maxActivityCrashes">As for <see cref="Read(string, int)"/>.</param>
    /// <returns>Its history, or <see langword="null"/> when the journal has no such instance (any more).</returns>
    /// <exception cref="OrchestrationException"><see cref="EmbeddedErrorCodes.JournalCorrupt"/>.</exception>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory must not be read.</exception>
    public static InstanceHistory? ReadInstance(string directory, string instanceId, int maxActivityCrashes = 5)
    {
        List<HistoryLine> lines = [];
        var (table, _, damage) = Read(directory, (entry, isFirst) =>
        {
            if (isFirst)
            {
                lines.Clear();
            }

            if (entry is not null && entry.InstanceId == instanceId)
            {
                lines.AddRange(HistoryText.Of(entry));
            }
        });
        return damage is not null
            ? throw damage
            : table.Find(instanceId) is { } instance ? new(StateOf(instance, maxActivityCrashes), lines) : null;
    }

    private static OrchestrationState StateOf(Instance instance, int maxActivityCrashes) => instance.ToState(null,
    [
        .. instance.Steps.Where(step => step.Value.HasCrashed(maxActivityCrashes))
            .Select(step => new QuarantinedStep(instance.Id, step.Key, ((ActivityScheduled)step.Value.Decision).Name, step.Value.Crashes)),
    ]);

    private static (InstanceTable Table, JournalExtent? Extent, OrchestrationException? Damage) Read(string directory, Action<JournalEntry?, bool> see)
    {
        var files = new DiskJournalDirectory(Path.GetFullPath(directory));
        string? before = null;
        for (var attempt = 1; ; attempt++)
        {
            var table = new InstanceTable();
            see(null, true);
            OrchestrationException damage;
            try
            {
                return (table, new JournalReader(files, Apply).Read(), null);
            }
            catch (OrchestrationException exception) when (exception.Code == EmbeddedErrorCodes.JournalCorrupt)
            {
                damage = exception;
            }
            catch (FileNotFoundException exception)
            {
                damage = JournalErrors.Corrupt(files, Path.GetFileName(exception.FileName ?? ""), 0, "the file is missing", exception);
            }

            var now = $"{damage.Message} {string.Join(' ', files.List().Order(StringComparer.Ordinal))}";
            if (now == before || attempt == Attempts)
            {
                return (table, null, damage);
            }

            before = now;

            void Apply(JournalEntry entry)
            {
                table.Apply(entry);
                see(entry, false);
            }
        }
    }
}
