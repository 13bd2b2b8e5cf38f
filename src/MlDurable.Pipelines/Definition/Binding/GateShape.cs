using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MlDurable.Learning;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>A gate on a metric: <c>roc-auc &gt;= 0.7</c>.</summary>
internal sealed class GateShape : Shape<MetricGate>
{
    private static readonly Regex Grammar =
        new(@"^\s*(?<metric>[^\s<>=]+)\s*(?<sign>[<>=]+)\s*(?<bound>[^\s<>=]+)\s*$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);

    private static readonly (string Sign, GateComparison Comparison)[] Comparisons =
    [
        (">=", GateComparison.AtLeast), ("<=", GateComparison.AtMost), (">", GateComparison.Above), ("<", GateComparison.Below),
    ];

    public override string Expected => "a metric, one of >= > <= <, and a number, such as 'roc-auc >= 0.7'";

    public override JsonObject Schema() => new()
    {
        ["type"] = "string",
        ["pattern"] = $@"^\s*({string.Join('|', MetricCatalog.Names)})\s*(>=|>|<=|<)\s*\S+\s*$",
    };

    public override JsonNode? Json(MetricGate value) =>
        $"{value.Metric.Name} {Comparisons.First(entry => entry.Comparison == value.Comparison).Sign} {value.Bound}";

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out MetricGate value)
    {
        value = null;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind != ScalarKind.Text)
        {
            RefuseType(scalar.Mark, subject, resolved.Found, context);
            return false;
        }

        var match = Grammar.Match(resolved.Value.Text);
        var comparison = Comparisons.FirstOrDefault(entry => entry.Sign == match.Groups["sign"].Value);
        var bound = ScalarValue.OfPlain(match.Groups["bound"].Value).Number;
        if (!match.Success || comparison.Sign is null || !double.IsFinite(bound))
        {
            RefuseValue(scalar.Mark, subject, resolved.Found, context);
            return false;
        }

        var name = match.Groups["metric"].Value;
        if (MetricCatalog.Find(name) is not { } metric)
        {
            var names = MetricCatalog.Names;
            var hint = NearestName.Of(name, names) is null ? $"; the metrics are {string.Join(", ", names)}" : NearestName.Suggestion(name, names);
            context.Report(
                scalar.Mark, PipelineProblemCodes.UnknownName, $"{subject} names the unknown metric '{name}'{resolved.Origin}{hint}");
            return false;
        }

        value = new MetricGate(metric, comparison.Comparison, bound);
        return true;
    }
}
