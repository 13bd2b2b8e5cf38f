namespace MlDurable.Orchestration.Engines;

/// <summary>The order of versions that <see cref="VersionMatchStrategy.CurrentOrOlder"/> describes: total, older ones first.</summary>
internal sealed class VersionOrder : IComparer<string>
{
    public static VersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var xParts = (x ?? "").Split('.');
        var yParts = (y ?? "").Split('.');
        for (var index = 0; index < Math.Min(xParts.Length, yParts.Length); index++)
        {
            if (CompareParts(xParts[index], yParts[index]) is var byPart && byPart != 0)
            {
                return byPart;
            }
        }

        return xParts.Length.CompareTo(yParts.Length) is var byLength && byLength != 0 ? byLength : string.CompareOrdinal(x, y);
    }

    private static int CompareParts(string x, string y)
    {
        if (Kind(x).CompareTo(Kind(y)) is var byKind && byKind != 0)
        {
            return byKind;
        }

        if (Kind(x) != PartKind.Number)
        {
            return string.CompareOrdinal(x, y);
        }

        var (xDigits, yDigits) = (x.TrimStart('0'), y.TrimStart('0'));
        return xDigits.Length.CompareTo(yDigits.Length) is var byLength && byLength != 0 ? byLength : string.CompareOrdinal(xDigits, yDigits);
    }

    private static PartKind Kind(string part) =>
        part.Length == 0 ? PartKind.Empty : part.All(char.IsAsciiDigit) ? PartKind.Number : PartKind.Text;

    // From the older to the newer.
    private enum PartKind
    {
        Empty,
        Number,
        Text,
    }
}
