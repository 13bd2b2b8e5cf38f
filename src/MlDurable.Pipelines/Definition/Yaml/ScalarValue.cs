using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MlDurable.Pipelines.Definition.Yaml;

internal enum ScalarKind
{
    Null,
    Boolean,
    Number,
    Text,
}

/// <summary>
/// A scalar by the core schema of YAML 1.2, except that a number has no leading zero: <c>no</c>, <c>off</c> and <c>08</c> are text.
/// </summary>
/// <param name="Kind">What the scalar is.</param>
/// <param name="Text">The text as written; a hexadecimal or octal number in decimal digits.</param>
/// <param name="Number">The number; NaN when it is none.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ScalarValue(ScalarKind Kind, string Text, double Number = double.NaN)
{
    private static readonly SearchValues<char> DecimalCharacters = SearchValues.Create("0123456789+-.eE");

    private const NumberStyles Decimal = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public bool IsTrue => Kind == ScalarKind.Boolean && Text is "true" or "True" or "TRUE";

    public static ScalarValue OfText(string text) => new(ScalarKind.Text, text);

    public static ScalarValue OfPlain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => new(ScalarKind.Null, text),
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => new(ScalarKind.Boolean, text),
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" => new(ScalarKind.Number, text, double.PositiveInfinity),
        "-.inf" or "-.Inf" or "-.INF" => new(ScalarKind.Number, text, double.NegativeInfinity),
        ".nan" or ".NaN" or ".NAN" => new(ScalarKind.Number, text),
        _ => OfDecimal(text) ?? OfOtherBase(text) ?? OfText(text),
    };

    private static ScalarValue? OfDecimal(string text)
    {
        var digits = text.AsSpan().TrimStart("+-");
        var hasLeadingZero = digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
        return !hasLeadingZero
            && text.AsSpan().IndexOfAnyExcept(DecimalCharacters) < 0
            && double.TryParse(text, Decimal, CultureInfo.InvariantCulture, out var number)
            ? new(ScalarKind.Number, text, number)
            : null;
    }

    private static ScalarValue? OfOtherBase(string text)
    {
        ulong number;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            if (!ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number))
            {
                return null;
            }
        }
        else if (text.StartsWith("0o", StringComparison.Ordinal) && text.Length is > 2 and <= 23)
        {
            number = 0;
            foreach (var digit in text.AsSpan(2))
            {
                if (digit is < '0' or > '7')
                {
                    return null;
                }

                number = (number << 3) + (ulong)(digit - '0');
            }
        }
        else
        {
            return null;
        }

        return new(ScalarKind.Number, number.ToString(CultureInfo.InvariantCulture), number);
    }
}
