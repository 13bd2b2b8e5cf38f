namespace MlDurable.Learning;

/// <summary>Helps with a mistyped name.</summary>
public static class NearestName
{
    /// <summary>" Did you mean 'x'?" for the valid name with the smallest edit distance, or nothing when none is near.</summary>
    public static string Hint(string name, IEnumerable<string> valid)
    {
        var best = valid
            .Select(candidate => (Name: candidate, Distance: EditDistance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .FirstOrDefault();

        // Beyond half of its letters changed, a suggestion confuses more than it helps.
        return best.Name is not null && best.Distance <= Math.Max(1, name.Length / 2) ? $" Did you mean '{best.Name}'?" : "";
    }

    private static int EditDistance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
