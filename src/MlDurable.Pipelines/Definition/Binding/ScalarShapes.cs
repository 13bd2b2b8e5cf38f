using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MlDurable.Learning;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>Any text; it may hold parameters.</summary>
internal sealed class TextShape(int minLength = 1) : Shape<string>
{
    public override string Expected => "text";

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (minLength > 0)
        {
            schema["minLength"] = minLength;
        }

        return schema;
    }

    public override JsonNode? Json(string value) => value;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out string value)
    {
        value = null;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind != ScalarKind.Text)
        {
            var hint = resolved is { IsPlain: true, Value.Kind: not ScalarKind.Null } ? "; quote it to make it text" : "";
            RefuseType(scalar.Mark, subject, resolved.Found + hint, context);
            return false;
        }

        value = resolved.Value.Text;
        if (value.Length >= minLength)
        {
            return true;
        }

        context.Report(scalar.Mark, PipelineProblemCodes.InvalidValue, $"{subject} must not be empty{resolved.Origin}");
        return false;
    }
}

/// <summary>Text of a certain form.</summary>
/// <param name="expected">The form in words.</param>
/// <param name="pattern">The form as a pattern that JSON Schema understands too; it ends with <c>$</c>.</param>
/// <param name="maxLength">The most characters.</param>
/// <param name="takesParameters">Whether parameters are filled in first.</param>
internal sealed class PatternShape(string expected, string pattern, int maxLength, bool takesParameters) : Shape<string>
{
    // In .NET the end sign would let a line break through.
    private readonly Regex regex = new(string.Concat(pattern.AsSpan(0, pattern.Length - 1), @"\z"), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public override string Expected => expected;

    public bool IsMatch(string text) => text.Length <= maxLength && regex.IsMatch(text);

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = pattern, ["maxLength"] = maxLength };

    public override JsonNode? Json(string value) => value;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out string value)
    {
        value = null;
        if ((takesParameters ? context.Resolve(scalar) : BindContext.Literal(scalar)) is not { } found)
        {
            return false;
        }

        if (found.Value.Kind != ScalarKind.Text)
        {
            RefuseType(scalar.Mark, subject, found.Found, context);
            return false;
        }

        if (!IsMatch(found.Value.Text))
        {
            RefuseValue(scalar.Mark, subject, found.Found, context);
            return false;
        }

        value = found.Value.Text;
        return true;
    }
}

/// <summary>Any scalar except nothing, taken as it is written.</summary>
internal sealed class AnyScalarShape : Shape<ScalarValue>
{
    public override string Expected => "text or a number";

    public override JsonObject Schema() => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    public override JsonNode? Json(ScalarValue value) => value.Text;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, out ScalarValue value)
    {
        value = default;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        value = resolved.Value;
        if (value.Kind != ScalarKind.Null)
        {
            return true;
        }

        RefuseType(scalar.Mark, subject, resolved.Found, context);
        return false;
    }
}

/// <summary>The limits of a number.</summary>
/// <param name="Minimum">The least value; null for no limit.</param>
/// <param name="Maximum">The greatest value; null for no limit.</param>
/// <param name="ExcludesMinimum">Whether the least value itself is too small.</param>
/// <param name="ExcludesMaximum">Whether the greatest value itself is too great.</param>
internal sealed record NumberRange(double? Minimum = null, double? Maximum = null, bool ExcludesMinimum = false, bool ExcludesMaximum = false)
{
    /// <summary>The limits in words, with a space before them; nothing when there are none.</summary>
    public string Words => (Minimum, Maximum) switch
    {
        ({ } least, { } most) when !ExcludesMinimum && !ExcludesMaximum => $" from {least} to {most}",
        ({ } least, { } most) => $" {LowWords(least)} and {HighWords(most)}",
        ({ } least, null) => $" {LowWords(least)}",
        (null, { } most) => $" {HighWords(most)}",
        _ => "",
    };

    public bool Contains(double number) =>
        double.IsFinite(number)
        && (Minimum is not { } least || (ExcludesMinimum ? number > least : number >= least))
        && (Maximum is not { } most || (ExcludesMaximum ? number < most : number <= most));

    public void Describe(JsonObject schema)
    {
        if (Minimum is { } least)
        {
            schema[ExcludesMinimum ? "exclusiveMinimum" : "minimum"] = least;
        }

        if (Maximum is { } most)
        {
            schema[ExcludesMaximum ? "exclusiveMaximum" : "maximum"] = most;
        }
    }

    private string LowWords(double least) => ExcludesMinimum ? $"above {least}" : $"of at least {least}";

    private string HighWords(double most) => ExcludesMaximum ? $"below {most}" : $"of at most {most}";
}

/// <summary>A finite number.</summary>
/// <param name="range">Its limits.</param>
/// <param name="isWhole">Whether it must be a whole one.</param>
internal sealed class NumberShape(NumberRange range, bool isWhole = false) : Shape<double>
{
    public override string Expected => (isWhole ? "a whole number" : "a number") + range.Words;

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = isWhole ? "integer" : "number" };
        range.Describe(schema);
        return OrParameter(schema);
    }

    public override JsonNode? Json(double value) => value;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, out double value)
    {
        value = double.NaN;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind != ScalarKind.Number)
        {
            RefuseType(scalar.Mark, subject, resolved.Found + NumberHint.Of(resolved), context);
            return false;
        }

        value = resolved.Value.Number;
        if (range.Contains(value) && (!isWhole || double.IsInteger(value)))
        {
            return true;
        }

        RefuseValue(scalar.Mark, subject, resolved.Value.Text + resolved.Origin, context);
        return false;
    }
}

/// <summary>A whole number.</summary>
/// <typeparam name="T">The integer type.</typeparam>
internal sealed class IntegerShape<T>(T minimum, T maximum) : Shape<T>
    where T : struct, IBinaryInteger<T>
{
    // A double holds every whole number up to here.
    private const double Exact = 1L << 53;

    public override string Expected => $"a whole number from {minimum} to {maximum}";

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "integer", ["minimum"] = JsonValue.Create(minimum), ["maximum"] = JsonValue.Create(maximum) };
        return OrParameter(schema);
    }

    public override JsonNode? Json(T value) => JsonValue.Create(value);

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, out T value)
    {
        value = default;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind != ScalarKind.Number)
        {
            RefuseType(scalar.Mark, subject, resolved.Found + NumberHint.Of(resolved), context);
            return false;
        }

        if (Whole(resolved.Value) is { } whole && whole >= BigInteger.CreateChecked(minimum) && whole <= BigInteger.CreateChecked(maximum))
        {
            value = T.CreateChecked(whole);
            return true;
        }

        RefuseValue(scalar.Mark, subject, resolved.Value.Text + resolved.Origin, context);
        return false;
    }

    private static BigInteger? Whole(ScalarValue value) =>
        value.Text.Length < 40 && BigInteger.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exact) ? exact
        : Math.Abs(value.Number) <= Exact && double.IsInteger(value.Number) ? new BigInteger(value.Number)
        : null;
}

internal static class NumberHint
{
    /// <summary>The end of a message about a number in quotes, or nothing.</summary>
    public static string Of(ResolvedScalar found) =>
        found is { IsPlain: false, Origin: null, Value: { Kind: ScalarKind.Text } value } && ScalarValue.OfPlain(value.Text).Kind == ScalarKind.Number
            ? "; remove the quotes"
            : "";
}

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed class BooleanShape : Shape<bool>
{
    public override string Expected => "true or false";

    public override JsonObject Schema() => OrParameter(new JsonObject { ["type"] = "boolean" });

    public override JsonNode? Json(bool value) => value;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, out bool value)
    {
        value = false;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind == ScalarKind.Boolean)
        {
            value = resolved.Value.IsTrue;
            return true;
        }

        RefuseType(scalar.Mark, subject, resolved.Found, context);
        return false;
    }
}

/// <summary>One of some names.</summary>
/// <param name="what">What the names are, for messages: <c>a metric</c>.</param>
/// <param name="choices">The names and what they stand for, in the order in which they are shown.</param>
/// <param name="later">Names of a later version.</param>
/// <typeparam name="T">What a name stands for.</typeparam>
internal sealed class ChoiceShape<T>(string what, IReadOnlyList<(string Name, T Value)> choices, IReadOnlyList<string>? later = null) : Shape<T>
{
    public override string Expected => choices.Count == 1
        ? $"'{choices[0].Name}'"
        : $"{what} ({string.Join(", ", choices.SkipLast(1).Select(static choice => choice.Name))} or {choices[^1].Name})";

    public IEnumerable<string> Names => choices.Select(static choice => choice.Name);

    public override JsonObject Schema() =>
        OrParameter(new JsonObject { ["enum"] = new JsonArray([.. choices.Select(static choice => (JsonNode)choice.Name)]) });

    public override JsonNode? Json(T value) => choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Name;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind != ScalarKind.Text)
        {
            RefuseType(scalar.Mark, subject, resolved.Found, context);
            return false;
        }

        var name = resolved.Value.Text;
        foreach (var choice in choices)
        {
            if (choice.Name == name)
            {
                value = choice.Value;
                return true;
            }
        }

        if (later?.Contains(name) == true)
        {
            context.Report(
                scalar.Mark, PipelineProblemCodes.NotYetSupported, $"{subject} '{name}' is not yet supported; it must be {Expected}");
        }
        else
        {
            var hint = NearestName.Suggestion(name, Names);
            context.Report(scalar.Mark, PipelineProblemCodes.UnknownName, $"{subject} must be {Expected}, not {resolved.Found}{hint}");
        }

        return false;
    }
}
