using System.Text;

namespace MlDurable.Pipelines.Reports;

/// <summary>
/// Writes markup that is HTML and well-formed XML at once. All text and attribute values are escaped here and nowhere else; there is no way to
/// write raw markup. Not thread-safe.
/// </summary>
internal sealed class HtmlWriter
{
    // A line break before these keeps the document readable in an editor and changes nothing on the page.
    private static readonly HashSet<string> OnOwnLine =
    [
        "head", "body", "meta", "title", "style", "header", "nav", "main", "footer", "section", "h1", "h2", "h3", "p", "ul", "li", "dl", "dt",
        "div", "table", "thead", "tbody", "tfoot", "tr", "figure", "figcaption", "pre", "svg", "g", "caption",
    ];

    private readonly StringBuilder output = new();
    private readonly Stack<string> open = new();

    /// <summary>Opens an element; disposing the result closes it.</summary>
    /// <param name="tag">The element's name.</param>
    /// <param name="attributes">Its attributes; one whose value is null is left out.</param>
    public Scope Open(string tag, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        StartTag(tag, attributes);
        output.Append('>');
        open.Push(tag);
        return new Scope(this);
    }

    /// <summary>Writes an element with text.</summary>
    public HtmlWriter Element(string tag, string text, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        using (Open(tag, attributes))
        {
            Text(text);
        }

        return this;
    }

    /// <summary>Writes an element that cannot have content: a void element of HTML or a shape of SVG.</summary>
    public void Void(string tag, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        StartTag(tag, attributes);
        output.Append(" />");
    }

    /// <summary>Writes text.</summary>
    public HtmlWriter Text(string text)
    {
        Escape(text);
        return this;
    }

    /// <summary>The markup; every element is closed.</summary>
    public override string ToString() => output.ToString();

    private void StartTag(string tag, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        if (OnOwnLine.Contains(tag))
        {
            output.Append('\n');
        }

        output.Append('<').Append(tag);
        foreach (var (name, value) in attributes)
        {
            if (value is not null)
            {
                output.Append(' ').Append(name).Append("=\"");
                Escape(value);
                output.Append('"');
            }
        }
    }

    private void Escape(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '<': output.Append("&lt;"); break;
                case '>': output.Append("&gt;"); break;
                case '&': output.Append("&amp;"); break;
                case '"': output.Append("&quot;"); break;
                case '\'': output.Append("&#39;"); break;
                default: output.Append(IsAllowed(rune.Value) ? rune.ToString() : "\uFFFD"); break;
            }
        }
    }

    // XML 1.0, production 2 (Char), without the controls that HTML calls parse errors; a lone surrogate arrives as U+FFFD already.
    // The bidirectional overrides are refused too: a column's name must not be able to reorder the text around it.
    private static bool IsAllowed(int code) => code switch
    {
        '\t' or '\n' => true,
        < 0x20 or (>= 0x7F and <= 0x9F) => false,
        (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => false,
        _ => (code & 0xFFFE) != 0xFFFE && code is < 0xFDD0 or > 0xFDEF,
    };

    /// <summary>An open element.</summary>
    internal readonly struct Scope(HtmlWriter writer) : IDisposable
    {
        /// <summary>Closes the element.</summary>
        public void Dispose() => writer.output.Append("</").Append(writer.open.Pop()).Append('>');
    }
}
