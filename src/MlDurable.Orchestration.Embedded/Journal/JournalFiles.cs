using System.Globalization;
using System.Text;
using MlDurable.Orchestration.Embedded.Files;

namespace MlDurable.Orchestration.Embedded.Journal;

/// <summary>The names of the journal's files, and the manifest: one line that says with which snapshot the journal begins.</summary>
internal static class JournalFiles
{
    public const string Manifest = "manifest";
    public const string Temporary = ".tmp";
    private const string SegmentPrefix = "segment-";
    private const string SnapshotPrefix = "snapshot-";

    public static string Segment(long number) => $"{SegmentPrefix}{number:D10}";

    public static string Snapshot(long number) => $"{SnapshotPrefix}{number:D10}";

    public static long? SegmentNumber(string name) => NumberAfter(SegmentPrefix, name);

    public static long? SnapshotNumber(string name) => NumberAfter(SnapshotPrefix, name);

    /// <summary>Atomically makes the journal begin with a snapshot, or with segment 1 for snapshot 0.</summary>
    public static void WriteManifest(IJournalDirectory directory, long snapshot)
    {
        using (var file = directory.Create(Manifest + Temporary))
        {
            file.Append(ManifestText(snapshot));
            file.Flush();
        }

        directory.Rename(Manifest + Temporary, Manifest);
        directory.Sync();
    }

    /// <summary>The snapshot with which the journal begins.</summary>
    public static long ReadManifest(IJournalDirectory directory)
    {
        using var stream = directory.OpenRead(Manifest);
        Span<byte> bytes = stackalloc byte[256];
        bytes = bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        var fields = Encoding.ASCII.GetString(bytes).Split(' ');
        if (fields.Length < 4
            || !long.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var snapshot)
            || !bytes.SequenceEqual(ManifestText(snapshot)))
        {
            throw JournalErrors.Corrupt(directory, Manifest, 0, "the manifest is damaged");
        }

        return snapshot;
    }

    private static byte[] ManifestText(long snapshot)
    {
        var text = $"mldurable-journal 1 snapshot {snapshot} ";
        return Encoding.ASCII.GetBytes($"{text}{Crc32C.Compute(Encoding.ASCII.GetBytes(text)):x8}\n");
    }

    private static long? NumberAfter(string prefix, string name) =>
        name.StartsWith(prefix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
