using System.Text.RegularExpressions;

namespace MlDurable.Api.Endpoints;

/// <summary>The names of pipelines and models, as pipeline files allow them: one segment of a blob's name, whatever a request decodes to.</summary>
internal static partial class Names
{
    private const int MaxLength = 64;

    public static bool IsValid(string name) => name.Length <= MaxLength && Pattern().IsMatch(name);

    [GeneratedRegex(@"\A[a-z][a-z0-9]*(-[a-z0-9]+)*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
