namespace MlDurable.Learning.Tables;

/// <summary>A list that grows without copying what it holds, and becomes an array in the end.</summary>
internal sealed class SegmentedList<T>
    where T : unmanaged
{
    private const int MinSegment = 1 << 8;
    private const int MaxSegment = 1 << 16;

    private readonly List<T[]> segments = [];

    /// <summary>The items in the last segment.</summary>
    private int lastCount;

    public int Count { get; private set; }

    public int SegmentCount => segments.Count;

    /// <summary>The items of a segment.</summary>
    public ReadOnlyMemory<T> Segment(int index) => segments[index].AsMemory(0, index == segments.Count - 1 ? lastCount : segments[index].Length);

    public void Append(ReadOnlySpan<T> items)
    {
        while (!items.IsEmpty)
        {
            var room = Room(items.Length);
            items[..room.Length].CopyTo(room);
            items = items[room.Length..];
        }
    }

    public void Append(T item, int times)
    {
        while (times > 0)
        {
            var room = Room(times);
            room.Fill(item);
            times -= room.Length;
        }
    }

    /// <summary>All items; the list is empty afterwards.</summary>
    public T[] Take()
    {
        var items = GC.AllocateUninitializedArray<T>(Count);
        var at = 0;
        for (var i = 0; i < segments.Count; i++)
        {
            Segment(i).Span.CopyTo(items.AsSpan(at));
            at += Segment(i).Length;
        }

        segments.Clear();
        lastCount = 0;
        Count = 0;
        return items;
    }

    /// <summary>Adds up to so many items, and gives their places.</summary>
    private Span<T> Room(int wanted)
    {
        if (segments.Count == 0 || lastCount == segments[^1].Length)
        {
            segments.Add(GC.AllocateUninitializedArray<T>(Math.Clamp(Count, MinSegment, MaxSegment)));
            lastCount = 0;
        }

        var room = segments[^1].AsSpan(lastCount);
        room = room[..Math.Min(wanted, room.Length)];
        lastCount += room.Length;
        Count += room.Length;
        return room;
    }
}
