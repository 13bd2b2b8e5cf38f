using System.Globalization;
using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Orchestration.Embedded.Tests;

/// <summary>
/// Journals of real work, damaged at random: what is read is an exact prefix of what was written, and only where the end of the last segment is torn, or the
/// damage is named. Never anything else.
/// </summary>
public sealed class JournalFuzzTests
{
    /// <summary>How many damages are tried; more than by default for a long search.</summary>
    private const string RoundsVariable = "MLDURABLE_FUZZ_ROUNDS";
    private const int Sector = 512;

    private static readonly Dictionary<string, string> s_noTags = [];

    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly OrchestratorDefinition<string, string> s_child = Definitions.Orchestrator("child");
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Read_DamagedAtRandom_IsAPrefixOrNamesTheDamage(int seed)
    {
        var files = await WorkAsync(seed);
        var written = Entries(files)!;
        Assert.True(written.Count > 100 && files.Count > 2, $"{written.Count} entries in {files.Count} files are no test.");
        var last = files.Keys.Where(name => name.StartsWith("segment", StringComparison.Ordinal)).Max(StringComparer.Ordinal)!;
        var rounds = int.Parse(Environment.GetEnvironmentVariable(RoundsVariable) ?? "1500", CultureInfo.InvariantCulture);
        var (prefixes, refusals) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var chance = new Random((seed * 1_000_003) + round);
            var name = files.Keys.Order(StringComparer.Ordinal).ElementAt(chance.Next(files.Count));
            var isForged = chance.Next(8) == 0;
            var damaged = new Dictionary<string, byte[]>(files) { [name] = isForged ? Resealed(files[name].ToArray(), chance) : Damage(files[name], chance) };
            List<string>? read;
            try
            {
                read = Entries(damaged);
            }
            catch (OrchestrationException exception)
            {
                Assert.True(
                    exception.Code == EmbeddedErrorCodes.JournalCorrupt && exception.Message.Contains("at offset", StringComparison.Ordinal),
                    $"Seed {seed}, round {round}: {exception}");
                refusals++;
                continue;
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}, round {round}, file {name}: {exception.GetType().Name}", exception);
            }

            // What a forger has sealed anew may mean something; it must only do no harm to the reader.
            Assert.True(
                isForged || (read is not null && read.SequenceEqual(written.Take(read.Count)) && (read.Count == written.Count || name == last)),
                $"Seed {seed}, round {round}: {read?.Count} of {written.Count} entries after damage to {name}");
            prefixes++;
        }

        Assert.True(prefixes > 20 && refusals > 20, $"{prefixes} prefixes and {refusals} refusals are no test of both.");
    }

    private static byte[] Damage(byte[] sound, Random chance)
    {
        var bytes = sound.ToArray();
        var at = chance.Next(bytes.Length);
        var end = Math.Min(bytes.Length, at + chance.Next(1, 80));
        switch (chance.Next(bytes.Length < 2 * Sector ? 7 : 9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << chance.Next(8));
                return bytes;
            case 1:
                return bytes[..at];
            case 2:
                bytes.AsSpan(at, end - at).Clear();
                return bytes;
            case 3:
                chance.NextBytes(bytes.AsSpan(at, end - at));
                return bytes;
            case 4:
                return [.. bytes[..end], .. bytes[at..]];
            case 5:
                return [.. bytes[..at], .. bytes[end..]];
            case 6:
                return [.. bytes, .. bytes[at..end]];
            case 7:
                // A sector that was written in the place of another.
                var (from, to) = (chance.Next(bytes.Length / Sector), chance.Next(bytes.Length / Sector));
                sound.AsSpan(from * Sector, Sector).CopyTo(bytes.AsSpan(to * Sector));
                return bytes;
            default:
                // Two sectors in each other's place.
                var (x, y) = (chance.Next(bytes.Length / Sector), chance.Next(bytes.Length / Sector));
                sound.AsSpan(x * Sector, Sector).CopyTo(bytes.AsSpan(y * Sector));
                sound.AsSpan(y * Sector, Sector).CopyTo(bytes.AsSpan(x * Sector));
                return bytes;
        }
    }

    // A frame with other content and the check sum of it: what no disk does, but a bug or a forger may.
    private static byte[] Resealed(byte[] bytes, Random chance)
    {
        long offset = SegmentHeader.Length;
        var frames = new List<(int At, int Length)>();
        while (offset + JournalFrame.HeaderLength <= bytes.Length
            && JournalFrame.PayloadLength(bytes.AsSpan((int)offset)) is var length && length > 0 && offset + JournalFrame.HeaderLength + length <= bytes.Length)
        {
            frames.Add(((int)offset, JournalFrame.HeaderLength + (int)length));
            offset += JournalFrame.HeaderLength + length;
        }

        if (frames.Count > 0)
        {
            var (at, length) = frames[chance.Next(frames.Count)];
            var frame = bytes.AsSpan(at, length);
            var number = JournalFrame.Number(frame);
            frame[chance.Next(JournalFrame.HeaderLength, length)] ^= 0xff;
            JournalFrame.Seal(frame, number);
        }

        return bytes;
    }

    private static List<string>? Entries(IReadOnlyDictionary<string, byte[]> files)
    {
        var disk = new SimulatedDisk();
        foreach (var (name, bytes) in files)
        {
            disk.Overwrite(name, bytes);
        }

        // Read by the table as well, as recovery does: an entry that cannot follow is damage too.
        var table = new InstanceTable();
        List<string> entries = [];
        return new JournalReader(disk.Mount(), Apply).Read() is null ? null : entries;

        void Apply(JournalEntry entry)
        {
            table.Apply(entry);
            entries.Add(entry is InstanceRecorded record ? $"{record with { Tags = s_noTags }}" : Shown(entry));
        }
    }

    private static string Shown(JournalEntry entry) =>
        entry is TurnCompleted turn ? $"{turn with { Decisions = [] }} {string.Join(';', turn.Decisions)}" : entry.ToString();

    // Work of every kind on a journal that is compacted now and then.
    private static async Task<IReadOnlyDictionary<string, byte[]>> WorkAsync(int seed)
    {
        var fails = true;
        await using var engine = await TestEngine.OpenAsync(
            new OrchestrationCatalog()
                .Add(s_work, (_, input) => input == "fail" && fails ? throw new CodedException("asked-for", input) : Task.FromResult(input))
                .Add(s_child, (context, input) => context.CallActivityAsync(s_work, input))
                .Add(s_main, async (context, input) =>
                {
                    context.SetCustomStatus(input, ConformanceJson.Default.String);
                    await context.CallSubOrchestratorAsync(s_child, new string('c', 40));
                    await context.CreateTimerAsync(TimeSpan.FromHours(1), CancellationToken.None);
                    await context.CallActivityAsync(s_work, "fail", new() { Retry = new() { MaxAttempts = 2, FirstRetryInterval = TimeSpan.FromMinutes(1) } });
                    var signal = await context.WaitForExternalEventAsync(s_signal);
                    if (context.Generation < 2)
                    {
                        context.ContinueAsNew(signal, ConformanceJson.Default.String);
                    }

                    return signal;
                }),
            options => options with { SegmentBytes = 4096, CompactionBytes = 16_000, CompactionSegments = 6 });
        for (var number = 0; number < 20 + seed; number++)
        {
            var id = $"{seed}-{number}";
            fails = number % 3 == 0;
            await engine.Client.StartAsync(s_main, id, new() { InstanceId = id, Tags = new Dictionary<string, string> { ["n"] = id } });
            for (var signal = 0; signal < 3; signal++)
            {
                await engine.Client.RaiseEventAsync(id, s_signal, $"{signal}");
            }

            await engine.Client.SuspendAsync(id, "for a moment");
            await engine.Client.ResumeAsync(id, "on");
            var state = await engine.WaitAsync(id);
            if (state.RuntimeStatus == OrchestrationRuntimeStatus.Failed)
            {
                fails = false;
                await engine.Client.RewindAsync(id, "cured");
                await engine.WaitAsync(id);
            }

            if (number % 4 == 1)
            {
                await engine.Client.PurgeAsync(id);
            }

            if (number % 5 == 2)
            {
                await engine.CrashAsync(new Random(seed));
            }
        }

        // Whose histories no compaction drops.
        for (var number = 0; number < 20; number++)
        {
            var id = await engine.Client.StartAsync(s_main, "unfinished", new() { InstanceId = $"unfinished {number}" });
            for (var signal = 0; signal < 5; signal++)
            {
                await engine.Client.RaiseEventAsync(id, s_signal, $"{signal}");
            }
        }

        await engine.DisposeAsync();
        return engine.Disk.Files;
    }
}
