using System.Text;
using System.Text.RegularExpressions;

namespace MlDurable.Pipelines.Data;

/// <summary>The pattern of partition names: <c>*</c> any characters but <c>/</c>, <c>**</c> any folders, <c>?</c> one character but <c>/</c>.</summary>
internal sealed class PartitionPattern
{
    private readonly Regex regex;

    public PartitionPattern(string pattern)
    {
        var text = new StringBuilder("^");
        for (var index = 0; index < pattern.Length; index++)
        {
            if (pattern.AsSpan(index).StartsWith("**/"))
            {
                text.Append("(?:[^/]+/)*");
                index += 2;
            }
            else if (pattern.AsSpan(index).StartsWith("**"))
            {
                text.Append(".*");
                index++;
            }
            else
            {
                text.Append(pattern[index] switch { '*' => "[^/]*", '?' => "[^/]", var other => Regex.Escape(other.ToString()) });
            }
        }

        // The engine without backtracking: time grows with the name's length only, whatever the pattern.
        regex = new Regex(text.Append('$').ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        var wildcard = pattern.AsSpan().IndexOfAny('*', '?');
        LiteralPrefix = wildcard < 0 ? pattern : pattern[..wildcard];
    }

    /// <summary>What every matching name begins with.</summary>
    public string LiteralPrefix { get; }

    public bool Matches(string name) => regex.IsMatch(name);
}
