namespace MlDurable.Cli.Demo;

/// <summary>Makes a bad copy of a year of strikes: what a broken export looks like.</summary>
internal static class DamagedCopy
{
    private const int ShiftEvery = 5;
    private const int ImpossibleSpeedEvery = 7;
    private const int UnknownSpeciesEvery = 3;

    /// <summary>
    /// Copies a CSV without quotes: in every fifth row the cells are shifted by one column, in every seventh the speed is impossible, in
    /// every third the species is a name that nobody has seen.
    /// </summary>
    public static async Task WriteAsync(string source, string target, CancellationToken cancellationToken)
    {
        var lines = await File.ReadAllLinesAsync(source, cancellationToken);
        var header = lines[0].Split(',');
        var speed = Array.IndexOf(header, "Speed IAS in knots");
        var species = Array.IndexOf(header, "Wildlife Species");
        for (var line = 1; line < lines.Length; line++)
        {
            var cells = lines[line].Split(',');
            if (line % ImpossibleSpeedEvery == 0)
            {
                cells[speed] = (9_000 + line).ToString();
            }

            if (line % UnknownSpeciesEvery == 0)
            {
                cells[species] = $"XX-{line}";
            }

            lines[line] = string.Join(',', line % ShiftEvery == 0 ? [cells[^1], .. cells[..^1]] : cells);
        }

        await File.WriteAllLinesAsync(target, lines, cancellationToken);
    }
}
