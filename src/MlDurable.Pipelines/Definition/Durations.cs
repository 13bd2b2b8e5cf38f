using System.Globalization;

namespace MlDurable.Pipelines.Definition;

/// <summary>Lengths of time as pipeline files and commands have them: a whole number with the unit s, m, h or d.</summary>
public static class Durations
{
    private static readonly (char Unit, TimeSpan Length)[] Units =
    [
        ('d', TimeSpan.FromDays(1)), ('h', TimeSpan.FromHours(1)), ('m', TimeSpan.FromMinutes(1)), ('s', TimeSpan.FromSeconds(1)),
    ];

    /// <summary>Reads a duration such as <c>90s</c>, <c>5m</c>, <c>12h</c> or <c>7d</c>: at most nine digits, without leading zeros.</summary>
    /// <param name="text">The text.</param>
    /// <param name="duration">The duration, longer than zero.</param>
    /// <returns>Whether the text is one.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var unit = Array.FindIndex(Units, candidate => text.EndsWith(candidate.Unit));
        if (unit < 0
            || text.Length > 10
            || text[0] == '0'
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count > TimeSpan.MaxValue.Ticks / Units[unit].Length.Ticks)
        {
            return false;
        }

        duration = Units[unit].Length * count;
        return true;
    }

    /// <summary>A duration of whole seconds in its greatest unit.</summary>
    public static string Text(TimeSpan duration)
    {
        var (unit, length) = Units.First(candidate => duration.Ticks % candidate.Length.Ticks == 0);
        return duration == TimeSpan.Zero ? "0" : string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / length.Ticks}{unit}");
    }
}
