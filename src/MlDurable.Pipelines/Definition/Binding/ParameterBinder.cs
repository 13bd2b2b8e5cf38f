using System.Collections.Immutable;
using System.Globalization;
using MlDurable.Learning;
using MlDurable.Pipelines.Definition.Yaml;
using Keys = MlDurable.Pipelines.Definition.Binding.PipelineShape.ParameterKeys;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>Turns the declarations of parameters, and the values that are set, into parameters.</summary>
internal static class ParameterBinder
{
    // A double, and so JSON, holds every whole number up to here.
    private const double MostExact = 1L << 53;

    public static ImmutableSortedDictionary<string, ParameterDefinition> Bind(
        IReadOnlyList<NamedSection> declarations, IReadOnlyDictionary<string, string> set, SourceMark section, BindContext context)
    {
        var parameters = ImmutableSortedDictionary.CreateBuilder<string, ParameterDefinition>(StringComparer.Ordinal);
        foreach (var declaration in declarations)
        {
            var parameter = Bind(declaration, set, context);
            context.Declare(declaration.Name, parameter?.Value);
            if (parameter is not null)
            {
                parameters[parameter.Name] = parameter;
            }
        }

        var names = declarations.Select(static declaration => declaration.Name).ToArray();
        foreach (var name in set.Keys.Except(names).Order(StringComparer.Ordinal))
        {
            var hint = names.Length == 0 ? "; the file declares no parameters" : NearestName.Suggestion(name, names);
            context.Report(section, PipelineProblemCodes.UnknownName, $"the parameter '{name}' is set, but not declared{hint}");
        }

        return parameters.ToImmutable();
    }

    /// <summary>Checks a value that something else in the file sets for a parameter.</summary>
    public static void Check(ParameterDefinition parameter, Located<ScalarValue> value, BindContext context) =>
        new Limits(parameter.Type, parameter.Minimum, parameter.Maximum, parameter.Allowed)
            .Check(value.Value, value.Mark, $"the value of the parameter '{parameter.Name}'", context);

    private static ParameterDefinition? Bind(NamedSection declaration, IReadOnlyDictionary<string, string> set, BindContext context)
    {
        if (declaration.Section is not { } section || !section.TryGet(Keys.Type, out var type))
        {
            return null;
        }

        var name = declaration.Name;
        var limits = LimitsOf(name, type.Value, section, context);
        var fallback = section.TryGet(Keys.Default, out var given) ? limits?.Check(given.Value, given.Mark, "'default'", context) : null;
        var isUsable = limits is not null && (fallback is not null || !section.Has(Keys.Default));
        var value = fallback;
        if (set.TryGetValue(name, out var text))
        {
            var scalar = type.Value == ParameterType.String ? ScalarValue.OfText(text) : ScalarValue.OfPlain(text);
            value = limits?.Check(scalar, declaration.Mark, $"the parameter '{name}', which is set to '{text}',", context);
        }
        else if (isUsable && value is null)
        {
            context.Report(
                declaration.Mark, PipelineProblemCodes.MissingKey, $"the parameter '{name}' has no default and is not set; add 'default: …', or pass --set {name}=…");
        }

        return isUsable && value is not null
            ? new ParameterDefinition
            {
                Name = name,
                Type = type.Value,
                Description = section.TryGet(Keys.Description, out var description) ? description.Value : "",
                Default = fallback,
                Minimum = limits!.Minimum,
                Maximum = limits.Maximum,
                Allowed = limits.Allowed,
                Value = value,
            }
            : null;
    }

    private static Limits? LimitsOf(string name, ParameterType type, Section section, BindContext context)
    {
        var minimum = LimitOf(Keys.Minimum, name, type, section, context);
        var maximum = LimitOf(Keys.Maximum, name, type, section, context);
        if (minimum > maximum)
        {
            context.Report(
                section.MarkOf(Keys.Maximum), PipelineProblemCodes.Conflict,
                $"'maximum' {maximum} of parameter '{name}' is less than 'minimum' {minimum}");
            return null;
        }

        if (!section.Has(Keys.Allowed))
        {
            return new(type, minimum, maximum, []);
        }

        if (!section.TryGet(Keys.Allowed, out var allowed))
        {
            return null;
        }

        var range = new Limits(type, minimum, maximum, []);
        var values = allowed.Value.Items.Select(item => range.Check(item.Value, item.Mark, "a value of 'allowed'", context)).OfType<ParameterValue>().ToImmutableArray();
        return values.Length == allowed.Value.Items.Length && allowed.Value.IsComplete ? range with { Allowed = values } : null;
    }

    private static double? LimitOf(Key<double> key, string name, ParameterType type, Section section, BindContext context)
    {
        if (!section.TryGet(key, out var limit))
        {
            return null;
        }

        if (type is ParameterType.Number or ParameterType.Integer)
        {
            return limit.Value;
        }

        context.Report(
            limit.Mark, PipelineProblemCodes.Conflict, $"'{key.Name}' is for numbers, but the parameter '{name}' is a {type.ToString().ToLowerInvariant()}; remove it");
        return null;
    }

    private sealed record Limits(ParameterType Type, double? Minimum, double? Maximum, ImmutableArray<ParameterValue> Allowed)
    {
        private string Expected
        {
            get
            {
                var words = Type switch
                {
                    ParameterType.Number => "a number",
                    ParameterType.Integer => "a whole number",
                    ParameterType.Boolean => "true or false",
                    _ => "text",
                };
                var values = Allowed.IsEmpty ? "" : $" that is one of {string.Join(", ", Allowed)}";
                return words + new NumberRange(Minimum, Maximum).Words + values;
            }
        }

        public ParameterValue? Check(ScalarValue scalar, SourceMark mark, string subject, BindContext context)
        {
            var text = Type switch
            {
                ParameterType.Number when double.IsFinite(scalar.Number) => scalar.Number.ToString("R", CultureInfo.InvariantCulture),
                ParameterType.Integer when double.IsInteger(scalar.Number) && Math.Abs(scalar.Number) <= MostExact =>
                    ((long)scalar.Number).ToString(CultureInfo.InvariantCulture),
                ParameterType.Boolean when scalar.Kind == ScalarKind.Boolean => scalar.IsTrue ? "true" : "false",
                ParameterType.String when scalar.Kind == ScalarKind.Text => scalar.Text,
                _ => null,
            };
            var found = new ResolvedScalar(scalar, null, IsPlain: true).Found;
            if (text is null)
            {
                context.Report(mark, PipelineProblemCodes.WrongType, $"{subject} must be {Expected}, not {found}");
                return null;
            }

            var value = new ParameterValue(Type, text);
            var isInRange = scalar.Kind != ScalarKind.Number || new NumberRange(Minimum, Maximum).Contains(scalar.Number);
            if (isInRange && (Allowed.IsEmpty || Allowed.Contains(value)))
            {
                return value;
            }

            context.Report(mark, PipelineProblemCodes.InvalidValue, $"{subject} must be {Expected}, not {found}");
            return null;
        }
    }
}
