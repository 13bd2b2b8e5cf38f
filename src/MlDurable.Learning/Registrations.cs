using System.Text.RegularExpressions;

namespace MlDurable.Learning;

/// <summary>What a program registered by name, beside what the library brings. Safe for concurrent use.</summary>
/// <param name="kind">What is registered, as codes and messages name it: <c>trainer</c>.</param>
/// <param name="builtIn">What the library brings, in ordinal order of the names.</param>
/// <param name="nameOf">Its name.</param>
/// <param name="versionOf">Its version.</param>
internal sealed partial class Registrations<T>(string kind, T[] builtIn, Func<T, string> nameOf, Func<T, string> versionOf)
    where T : class
{
    private const int MaxVersionLength = 128;

    private readonly Lock gate = new();
    private volatile IReadOnlyList<T> all = builtIn;

    /// <summary>The longest name.</summary>
    public const int MaxNameLength = 64;

    /// <summary>All, in ordinal order of their names.</summary>
    public IReadOnlyList<T> All => all;

    public static bool IsName(string name) => name.Length <= MaxNameLength && Kebab().IsMatch(name);

    public T? Find(string name) => All.FirstOrDefault(known => nameOf(known) == name);

    public T Get(string name) =>
        Find(name)
        ?? throw new LearningException(
            $"{kind}-not-registered",
            $"There is no {kind} '{name}' in this program.{NearestName.Hint(name, All.Select(nameOf))} "
            + (All.Count == 0 ? "" : $"There are: {string.Join(", ", All.Select(nameOf))}. ")
            + $"A {kind} of one's own is there once the program has registered it.");

    public void Add(T added)
    {
        var name = nameOf(added);
        if (!IsName(name))
        {
            throw Invalid(added, $"its name '{name}' is not kebab-case of at most {MaxNameLength} characters");
        }

        if (versionOf(added).Length is 0 or > MaxVersionLength)
        {
            throw Invalid(added, $"its version has {versionOf(added).Length} characters; it needs 1 to {MaxVersionLength}");
        }

        lock (gate)
        {
            if (Find(name) is not { } existing)
            {
                all = [.. all.Append(added).OrderBy(nameOf, StringComparer.Ordinal)];
            }
            else if (existing.GetType() != added.GetType() || versionOf(existing) != versionOf(added))
            {
                throw new LearningException(
                    $"{kind}-name-taken", $"The name '{name}' is that of {existing.GetType()} already. Give {added.GetType()} another name.");
            }
        }
    }

    public LearningException Invalid(T added, string what) => new($"{kind}-invalid", $"{added.GetType()} cannot be registered: {what}.");

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*\\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Kebab();
}
