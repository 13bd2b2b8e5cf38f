namespace MlDurable.Learning.Tables;

/// <summary>Different texts, numbered in the order in which they were added.</summary>
internal sealed class Utf8Dictionary
{
    private const int MinSlots = 16;

    /// <summary>For each slot the code of its text, plus one; 0 where there is none. A text is at the slot of its hash, or in the next ones.</summary>
    private int[] slots = [];
    private Entry[] entries = [];
    private byte[] bytes = [];
    private int byteCount;

    public int Count { get; private set; }

    /// <summary>The text of a code.</summary>
    public ReadOnlySpan<byte> this[int code] => bytes.AsSpan(entries[code].Start, entries[code].Length);

    /// <summary>The hash of the text of a code.</summary>
    public int Hash(int code) => entries[code].Hash;

    /// <summary>The hash of any text; differs from process to process, so that nobody can prepare texts with equal ones.</summary>
    public static int Hash(ReadOnlySpan<byte> text)
    {
        var hash = default(HashCode);
        hash.AddBytes(text);
        return hash.ToHashCode();
    }

    /// <summary>The code of a text, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text, int hash)
    {
        if (Count == 0)
        {
            return -1;
        }

        for (var slot = hash & (slots.Length - 1); slots[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            var code = slots[slot] - 1;
            if (entries[code].Hash == hash && this[code].SequenceEqual(text))
            {
                return code;
            }
        }

        return -1;
    }

    /// <summary>Adds a text that is not there.</summary>
    /// <returns>Its code.</returns>
    public int Add(ReadOnlySpan<byte> text, int hash)
    {
        if (2 * (Count + 1) > slots.Length)
        {
            Grow();
        }

        if (text.Length > bytes.Length - byteCount)
        {
            Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * bytes.Length, (long)byteCount + text.Length)));
        }

        text.CopyTo(bytes.AsSpan(byteCount));
        entries[Count] = new Entry(hash, byteCount, text.Length);
        byteCount += text.Length;
        Occupy(Count);
        return Count++;
    }

    public void Clear()
    {
        slots.AsSpan().Clear();
        byteCount = 0;
        Count = 0;
    }

    private void Grow()
    {
        slots = new int[Math.Max(MinSlots, 2 * slots.Length)];
        Array.Resize(ref entries, slots.Length / 2);
        for (var code = 0; code < Count; code++)
        {
            Occupy(code);
        }
    }

    private void Occupy(int code)
    {
        var slot = entries[code].Hash & (slots.Length - 1);
        while (slots[slot] != 0)
        {
            slot = (slot + 1) & (slots.Length - 1);
        }

        slots[slot] = code + 1;
    }

    private readonly record struct Entry(int Hash, int Start, int Length);
}
