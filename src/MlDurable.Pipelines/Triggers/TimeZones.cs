using MlDurable.Learning;

namespace MlDurable.Pipelines.Triggers;

/// <summary>The IANA time zones that the machine knows.</summary>
internal static class TimeZones
{
    public const string Utc = "UTC";

    private const int MaxLength = 64;
    private const int MostProposed = 3;

    private static readonly Lazy<string[]> KnownNames = new(static () =>
        [.. TimeZoneInfo.GetSystemTimeZones().Select(static zone => zone.Id).Where(static id => id.Contains('/', StringComparison.Ordinal)).Order(StringComparer.Ordinal)]);

    /// <summary>The zone of a name; or what is wrong with it, as the end of a sentence.</summary>
    public static (TimeZoneInfo? Zone, string Problem) Find(string name)
    {
        if (name == Utc)
        {
            return (TimeZoneInfo.Utc, "");
        }

        // Such names are paths below the folder of zone files on Linux: none may lead out of it.
        if (IsName(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.Id == name)
        {
            return (zone, "");
        }

        if (KnownNames.Value.Length == 0)
        {
            return (null, $"names the time zone '{name}', but this machine has no time zone data; install the package tzdata, or use '{Utc}'");
        }

        var near = Near(name).Take(MostProposed).Select(static known => $"'{known}'").ToArray();
        var hint = near.Length == 0 ? "; the names are those of the IANA, such as 'Europe/Berlin'" : $"; did you mean {string.Join(" or ", near)}?";
        return (null, $"names the unknown time zone '{name}'{hint}");
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxLength
        && char.IsAsciiLetter(name[0])
        && name.All(static character => char.IsAsciiLetterOrDigit(character) || character is '/' or '_' or '-' or '+');

    private static IEnumerable<string> Near(string name)
    {
        var place = name.Replace(' ', '_');
        var samePlace = KnownNames.Value.Where(known =>
            known.Equals(place, StringComparison.OrdinalIgnoreCase) || known.EndsWith($"/{place}", StringComparison.OrdinalIgnoreCase));
        return samePlace.Concat(NearestName.Of(name, KnownNames.Value) is { } nearest ? [nearest] : []).Distinct();
    }
}
