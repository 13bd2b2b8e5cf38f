using System.Runtime.InteropServices;
using MlDurable.Learning;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>What every shape needs while it binds: where problems go, and what the parameters are.</summary>
/// <param name="problems">Where problems go.</param>
internal sealed class BindContext(ProblemList problems)
{
    private readonly Dictionary<string, ParameterValue?> parameters = [];
    private readonly HashSet<string> used = [];

    public ProblemList Problems { get; } = problems;

    /// <summary>Whether the parameters themselves are bound: they are not made of parameters.</summary>
    public bool IsDeclaring { get; set; }

    /// <summary>The scalar as it is written.</summary>
    public static ResolvedScalar Literal(YamlScalar scalar) =>
        new(scalar.IsPlain ? ScalarValue.OfPlain(scalar.Text) : ScalarValue.OfText(scalar.Text), null, scalar.IsPlain);

    /// <summary>Makes a parameter known; a null value is one whose declaration was refused, and nothing more is said about it.</summary>
    public void Declare(string name, ParameterValue? value) => parameters.TryAdd(name, value);

    /// <summary>The declared parameters, also those whose declaration was refused.</summary>
    public IReadOnlyCollection<string> ParameterNames => parameters.Keys;

    public bool IsUsed(string parameter) => used.Contains(parameter);

    public void Report(SourceMark mark, string code, string message) => Problems.Add(mark, code, message);

    /// <summary>
    /// The scalar with its parameters filled in. A scalar that is wholly <c>${name}</c> has the parameter's type, quoted or not; within
    /// other text
    /// the parameter's text is inserted. <c>$${</c> stands for <c>${</c>. Null when a parameter is unknown (reported here) or was refused.
    /// </summary>
    public ResolvedScalar? Resolve(YamlScalar scalar)
    {
        var text = scalar.Text;
        if (IsDeclaring || !text.Contains("${", StringComparison.Ordinal))
        {
            return Literal(scalar);
        }

        var result = new System.Text.StringBuilder();
        var names = new List<string>();
        for (var position = 0; position < text.Length;)
        {
            var open = text.IndexOf("${", position, StringComparison.Ordinal);
            if (open < 0)
            {
                result.Append(text, position, text.Length - position);
                break;
            }

            if (open > position && text[open - 1] == '$')
            {
                result.Append(text, position, open - 1 - position).Append("${");
                position = open + 2;
                continue;
            }

            var close = text.IndexOf('}', open);
            if (close < 0)
            {
                Report(scalar.Mark, PipelineProblemCodes.InvalidValue, "'${' has no '}'; write '$${' for the characters themselves");
                return null;
            }

            var name = text[(open + 2)..close];
            if (!parameters.TryGetValue(name, out var parameter))
            {
                var known = parameters.Count == 0 ? "; the file declares no parameters" : NearestName.Suggestion(name, parameters.Keys.Order(StringComparer.Ordinal));
                Report(scalar.Mark, PipelineProblemCodes.UnknownName, $"unknown parameter '{name}'{known}");
                return null;
            }

            used.Add(name);
            if (parameter is null)
            {
                return null;
            }

            if (open == 0 && close == text.Length - 1)
            {
                var value = parameter.Type == ParameterType.String ? ScalarValue.OfText(parameter.Text) : ScalarValue.OfPlain(parameter.Text);
                return new(value, $" (from parameter '{name}')", IsPlain: false);
            }

            names.Add($"'{name}'");
            result.Append(text, position, open - position).Append(parameter.Text);
            position = close + 1;
        }

        var origin = names.Count switch { 0 => null, 1 => $" (from parameter {names[0]})", _ => $" (from parameters {string.Join(", ", names)})" };
        return new(ScalarValue.OfText(result.ToString()), origin, IsPlain: false);
    }
}

/// <param name="Value">The value.</param>
/// <param name="Origin">The parameters that it comes from, as the end of a message; null for none.</param>
/// <param name="IsPlain">Written in the file without quotes.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ResolvedScalar(ScalarValue Value, string? Origin, bool IsPlain)
{
    private const int MaxShown = 60;

    /// <summary>The value as messages name it.</summary>
    public string Found => Value.Kind switch
    {
        ScalarKind.Null => "nothing",
        ScalarKind.Number => $"the number {Value.Text}",
        ScalarKind.Boolean => Value.Text,
        _ => $"the text '{Shown}'",
    } + Origin;

    private string Shown => Value.Text.Length > MaxShown ? $"{Value.Text.AsSpan(0, MaxShown)}…" : Value.Text;
}
