using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MlDurable.Cli.Output;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Cli.Running;

/// <summary>How bad a finding is.</summary>
internal enum HealthLevel
{
    Ok,

    Warning,

    Error,
}

/// <summary>What a check has found.</summary>
/// <param name="Check">The check.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Text">What was found, and what to do.</param>
internal sealed record HealthFinding(string Check, HealthLevel Level, string Text);

/// <summary>Looks at a workspace from outside, and changes nothing.</summary>
internal sealed class WorkspaceExamination(Workspace workspace)
{
    private const long ScarceBytes = 1L << 30;
    private const long TooFewBytes = 64L << 20;

    public async IAsyncEnumerable<HealthFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (workspace.StoreDirectory is { } directory && !Directory.Exists(directory))
        {
            yield return new("workspace", HealthLevel.Error, $"{workspace.Place}; `mldurable run PIPELINE` makes it, or give another one with --store");
            yield break;
        }

        yield return Owner();
        if (!workspace.HasJournal)
        {
            yield return new("journal", HealthLevel.Ok, "there is none yet: no run was made here");
        }
        else
        {
            foreach (var finding in Journal())
            {
                yield return finding;
            }
        }

        yield return await RecordsAsync("runs", name => name.EndsWith("/run.json", StringComparison.Ordinal), ReadRunAsync, cancellationToken);
        yield return await RecordsAsync("models", name => name.EndsWith("/registry.json", StringComparison.Ordinal), ReadRegistryAsync, cancellationToken);
        yield return Disk();
    }

    private static string Plural(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    private HealthFinding Owner()
    {
        try
        {
            return workspace.Owner() is { } owner
                ? new("owner", HealthLevel.Ok, $"process {owner.ProcessId} on {owner.Host} since {Text.Instant(owner.StartedAt)}; commands go through it")
                : new("owner", HealthLevel.Ok, "nobody works on it at the moment");
        }
        catch (UnauthorizedAccessException exception)
        {
            return new("owner", HealthLevel.Error, $"the lock cannot be opened: {exception.Message} Give this user the right to write the workspace");
        }
    }

    private IEnumerable<HealthFinding> Journal()
    {
        JournalReport report;
        HealthFinding? unreadable = null;
        try
        {
            report = JournalInspection.Read(workspace.JournalDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            report = new([], [], false, null);
            unreadable = new("journal", HealthLevel.Error, $"it cannot be read: {exception.Message}");
        }

        if (unreadable is not null)
        {
            yield return unreadable;
            yield break;
        }

        var unfinished = report.Instances.Where(instance => !instance.IsFinished).ToList();
        yield return report.Damage is { } damage
            ? new("journal", HealthLevel.Error, damage)
            : new(
                "journal",
                HealthLevel.Ok,
                $"{Plural(report.Files.Count, "file")} with {report.Files.Sum(file => file.Bytes) / 1024} KiB, {Plural(report.Instances.Count, "instance")}, {unfinished.Count} unfinished"
                + (report.IsTorn ? "; its last write did not come to its end, which the next start puts right, and nothing confirmed is lost" : ""));
        foreach (var step in unfinished.SelectMany(instance => instance.QuarantinedSteps))
        {
            yield return new(
                "quarantine",
                HealthLevel.Warning,
                $"step {step.Sequence} '{step.Activity}' of {step.InstanceId} took the process down {step.Starts} times and waits for a person: "
                + $"`mldurable retry {step.InstanceId} {step.Sequence}`, `mldurable skip …` or `mldurable cancel {step.InstanceId}`");
        }

        // An owner tells itself what it cannot go on with.
        if (report.Damage is null && workspace.Owner() is null)
        {
            foreach (var mismatch in HistoryReplay.Check(workspace.JournalDirectory, FlowCatalog.Create(workspace.Store, workspace.TimeProvider)).Mismatches)
            {
                yield return new(
                    "versions", HealthLevel.Warning, $"{mismatch.InstanceId} cannot go on in this version of mldurable: {mismatch.Failure.ErrorMessage}");
            }
        }

        if (report.Instances.Select(instance => instance.LastUpdatedAt).DefaultIfEmpty().Max() is var newest && newest > workspace.TimeProvider.GetUtcNow() + TimeSpan.FromMinutes(1))
        {
            yield return new(
                "clock", HealthLevel.Warning, $"the journal was written at {Text.Instant(newest)}, which is later than the clock; timers wait until the clock has come there");
        }
    }

    private async Task<HealthFinding> RecordsAsync(
        string what, Predicate<string> isMeant, Func<string, CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        var count = 0;
        var broken = new List<string>();
        try
        {
            await foreach (var blob in workspace.Store.ListAsync($"{what}/", ct: cancellationToken))
            {
                if (!isMeant(blob.Name))
                {
                    continue;
                }

                count++;
                try
                {
                    await read(blob.Name, cancellationToken);
                }
                catch (Exception exception) when (exception is BlobStoreException or JsonException)
                {
                    broken.Add($"{workspace.Locate(blob.Name)} ({exception.Message})");
                }
            }
        }
        catch (BlobStoreException exception)
        {
            return new(what, HealthLevel.Error, exception.Message);
        }

        return broken is []
            ? new(what, HealthLevel.Ok, $"{Plural(count, "record")} can be read")
            : new(what, HealthLevel.Error, $"{broken.Count} of {Plural(count, "record")} cannot be read; restore them from a backup: {string.Join("; ", broken.Take(5))}");
    }

    private Task ReadRunAsync(string name, CancellationToken cancellationToken) =>
        new RunStore(workspace.Store).FindAsync(name.Split('/')[^2], cancellationToken);

    private Task ReadRegistryAsync(string name, CancellationToken cancellationToken) =>
        new ModelRegistry(workspace.Store, workspace.TimeProvider).ReadAsync(name.Split('/')[^2], cancellationToken);

    private HealthFinding Disk()
    {
        var free = new DriveInfo(Path.GetFullPath(workspace.StoreDirectory ?? Path.GetDirectoryName(workspace.JournalDirectory)!)).AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free >> 20} MiB free");
        return free switch
        {
            < TooFewBytes => new("disk", HealthLevel.Error, $"{text}; make room, or the engine stops at its next write"),
            < ScarceBytes => new("disk", HealthLevel.Warning, $"{text}; a large run may need more"),
            _ => new("disk", HealthLevel.Ok, text),
        };
    }
}
