namespace MlDurable.Learning;

/// <summary>Finds the name that was probably meant. Thread-safe.</summary>
public static class NearestName
{
    // No name is longer, and the distance takes time and memory by the square.
    private const int MaxLength = 70;

    /// <summary>
    /// The name at the least distance, the first of equals; null when none is within a third of the text's length (rounded up, at most 3).
    /// The distance counts insertions, deletions, substitutions and transpositions of neighbours (optimal string alignment), not upper and
    /// lower case.
    /// </summary>
    /// <param name="text">What was written.</param>
    /// <param name="names">The names that there are.</param>
    public static string? Of(string text, IEnumerable<string> names)
    {
        string? nearest = null;
        var limit = text.Length > MaxLength ? -1 : Math.Min(3, (text.Length + 2) / 3);
        foreach (var name in names)
        {
            var distance = Math.Abs(name.Length - text.Length) > limit ? limit + 1 : Distance(text.ToLowerInvariant(), name.ToLowerInvariant());
            if (distance <= limit)
            {
                nearest = name;
                limit = distance - 1;
            }
        }

        return nearest;
    }

    /// <summary>The end of a message that names the nearest name, such as <c>; did you mean 'x'?</c>, or nothing.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="names">The names that there are.</param>
    public static string Suggestion(string text, IEnumerable<string> names) => Of(text, names) is { } nearest ? $"; did you mean '{nearest}'?" : "";

    /// <summary>The sentence that names the nearest name, such as <c> Did you mean 'x'?</c>, or nothing.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="names">The names that there are.</param>
    public static string Hint(string text, IEnumerable<string> names) => Of(text, names) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= b.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(substituted, 1 + Math.Min(rows[i - 1, j], rows[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
