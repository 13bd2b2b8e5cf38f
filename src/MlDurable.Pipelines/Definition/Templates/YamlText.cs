using System.Globalization;
using System.Text;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Templates;

/// <summary>Writes text into a pipeline file.</summary>
internal static class YamlText
{
    // Text to YAML 1.2, but truth values to editors that still read YAML 1.1.
    private static readonly string[] OldTruthValues = ["y", "yes", "n", "no", "on", "off"];

    /// <summary>A scalar that is read as this text and stands anywhere: without quotes where that is plain to see.</summary>
    public static string Of(string text)
    {
        var isPlain = text.Length > 0
            && char.IsAsciiLetter(text[0])
            && text[^1] != ' '
            && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is ' ' or '_' or '-' or '.' or '/')
            && ScalarValue.OfPlain(text).Kind == ScalarKind.Text
            && !OldTruthValues.Contains(text.ToLowerInvariant());
        return isPlain ? text : Quote(text);
    }

    /// <summary>Text within a comment: on one line.</summary>
    public static string Comment(string text) => string.Concat(text.Select(static character => IsUnsafe(character) ? ' ' : character));

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var character in text.Replace("${", "$${", StringComparison.Ordinal))
        {
            quoted.Append(character switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                _ when IsUnsafe(character) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}"),
                _ => character.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }

    // Line breaks of any kind, and what no editor shows.
    private static bool IsUnsafe(char character) => char.IsControl(character) || character is '\u2028' or '\u2029' or '\uFEFF';
}
