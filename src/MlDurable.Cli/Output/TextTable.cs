using System.Text;

namespace MlDurable.Cli.Output;

/// <summary>A table of aligned columns, the same on a terminal and in a pipe. Numbers are to the right.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> rows = [];

    public TextTable Add(params string[] cells)
    {
        rows.Add(Array.ConvertAll(cells, OneLine));
        return this;
    }

    /// <summary>The lines of the table, headings first, each indented by <paramref name="indent"/> spaces.</summary>
    public IEnumerable<string> Lines(int indent = 0)
    {
        var columns = Enumerable.Range(0, headings.Length).ToArray();
        var widths = Array.ConvertAll(columns, column => rows.Select(row => row[column].Length).Append(headings[column].Length).Max());
        var right = Array.ConvertAll(columns, column => rows.Count > 0 && rows.TrueForAll(row => IsNumeric(row[column])));
        return new[] { headings }.Concat(rows).Select(row => Format(row, widths, right, indent));
    }

    /// <summary>Writes the table for people.</summary>
    public void WriteTo(Terminal terminal, int indent = 0)
    {
        foreach (var line in Lines(indent))
        {
            terminal.Line(line);
        }
    }

    private static string Format(string[] row, int[] widths, bool[] right, int indent)
    {
        var line = new StringBuilder(new string(' ', indent));
        for (var column = 0; column < row.Length; column++)
        {
            line.Append(column == 0 ? "" : "  ").Append(right[column] ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]));
        }

        return line.ToString().TrimEnd();
    }

    private static bool IsNumeric(string cell) => cell.Length == 0 || cell == Text.None || char.IsAsciiDigit(cell[0]) || cell[0] is '+' or '-' or '[';

    /// <summary>A value from a file may hold anything; a cell is one line without control characters.</summary>
    private static string OneLine(string cell) => cell.AsSpan().ContainsAnyInRange('\0', '\x1f') || cell.Contains('\x7f', StringComparison.Ordinal)
        ? new string([.. cell.Select(character => char.IsControl(character) ? ' ' : character)])
        : cell;
}
