using System.Text;

namespace MlDurable.Learning.Tables;

/// <summary>The texts that mean "no value", ready to compare with the bytes of a cell.</summary>
internal sealed class MissingTexts(IEnumerable<string> texts)
{
    private readonly byte[][] texts = [.. texts.Select(Encoding.UTF8.GetBytes)];
    private readonly int longest = texts.Select(Encoding.UTF8.GetByteCount).DefaultIfEmpty(-1).Max();

    /// <summary>Whether a text that is no cell of a file means "no value".</summary>
    public bool Contains(ReadOnlySpan<char> text)
    {
        var trimmed = text.Trim([' ', '\t']);
        return trimmed.Length <= longest && Contains(Encoding.UTF8.GetBytes(trimmed.ToString()));
    }

    public bool Contains(ReadOnlySpan<byte> cell)
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
