using System.Buffers;
using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Journal;

/// <summary>
/// The fold of the journal for a snapshot. Of an instance that has ended it keeps the bytes that the snapshot gets, in few large blocks: a hundred
/// thousand objects that live as long as a compaction would hold up the whole process at each collection of the garbage.
/// </summary>
internal sealed class SnapshotFold
{
    private const int BlockBytes = 1 << 20;
    private readonly InstanceTable _open = new();
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _ended = [];
    private ArrayBufferWriter<byte> _block = new(BlockBytes);
    private Instance? _last;

    public int Count => _open.Instances.Count + _ended.Count;

    /// <summary>Adds a fact, as <see cref="InstanceTable.Apply"/> does.</summary>
    public void Apply(JournalEntry entry)
    {
        // Only when another one's turn comes: what follows an ended instance in a snapshot belongs to it too.
        if (_last is { Ended: not null } && _last.Id != entry.InstanceId)
        {
            PackLast();
        }

        if (_ended.Remove(entry.InstanceId, out var packed))
        {
            Unpack(packed.Span);
        }

        _open.Apply(entry);
        _last = _open.Find(entry.InstanceId);
    }

    /// <summary>Writes what the snapshot holds, piece by piece.</summary>
    public void Write(ArrayBufferWriter<byte> buffer, Action written)
    {
        foreach (var packed in _ended.Values)
        {
            buffer.Write(packed.Span);
            written();
        }

        var encoder = new EntryWriter(buffer);
        foreach (var entry in _open.Instances.SelectMany(instance => instance.ToEntries()))
        {
            encoder.Write(entry);
            written();
        }
    }

    private void PackLast()
    {
        var (instance, start) = (_last!, _block.WrittenCount);
        var encoder = new EntryWriter(_block);
        foreach (var entry in instance.ToEntries())
        {
            encoder.Write(entry);
        }

        _ended.Add(instance.Id, _block.WrittenMemory[start..]);
        _open.Apply(new InstancePurged(instance.Id));
        if (_block.WrittenCount > BlockBytes * 9 / 10)
        {
            _block = new(BlockBytes);
        }
    }

    private void Unpack(ReadOnlySpan<byte> packed)
    {
        var reader = new EntryReader(packed);
        while (!reader.AtEnd)
        {
            _open.Apply(reader.Read());
        }
    }
}
