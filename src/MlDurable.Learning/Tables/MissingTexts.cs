using System.Text;

namespace MlDurable.Learning.Tables;

/// <summary>The texts that mean "no value", ready to compare with the bytes of a cell.</summary>
internal sealed class MissingTexts
{
    private readonly byte[][] texts;
    private readonly int longest;

    /// <summary>Whether a cell that begins with a byte may be missing; most are not, and need no other look.</summary>
    private readonly bool[] mayBegin = new bool[256];

    public MissingTexts(IEnumerable<string> texts)
    {
        this.texts = [.. texts.Select(Encoding.UTF8.GetBytes)];
        longest = this.texts.Select(text => text.Length).DefaultIfEmpty(-1).Max();
        mayBegin[' '] = true;
        mayBegin['\t'] = true;
        foreach (var text in this.texts.Where(text => text.Length > 0))
        {
            mayBegin[text[0]] = true;
        }
    }

    /// <summary>Whether a text that is no cell of a file means "no value".</summary>
    public bool Contains(ReadOnlySpan<char> text)
    {
        var trimmed = text.Trim([' ', '\t']);
        return trimmed.Length <= longest && Contains(Encoding.UTF8.GetBytes(trimmed.ToString()));
    }

    public bool Contains(ReadOnlySpan<byte> cell) => (cell.IsEmpty || mayBegin[cell[0]]) && ContainsTrimmed(cell);

    private bool ContainsTrimmed(ReadOnlySpan<byte> cell)
    {
        var trimmed = CellText.Trim(cell);
        if (trimmed.Length > longest)
        {
            return false;
        }

        foreach (var text in texts)
        {
            if (trimmed.SequenceEqual(text))
            {
                return true;
            }
        }

        return false;
    }
}
