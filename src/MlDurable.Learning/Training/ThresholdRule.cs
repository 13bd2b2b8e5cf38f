using System.Globalization;
using System.Text.Json.Serialization;

namespace MlDurable.Learning.Training;

/// <summary>What a decision threshold is chosen by.</summary>
public enum ThresholdRuleKind
{
    /// <summary>The greatest F1 on the validation rows.</summary>
    GreatestF1,

    /// <summary>The least cost of mistakes on the validation rows.</summary>
    LeastCost,

    /// <summary>A given probability.</summary>
    Fixed,
}

/// <summary>How the probability from which a row is predicted positive is found. Made with <see cref="GreatestF1"/>, <see cref="LeastCost"/> or
/// <see cref="Fixed"/>.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="FalsePositive">What a negative row costs that is predicted positive, of <see cref="ThresholdRuleKind.LeastCost"/>.</param>
/// <param name="FalseNegative">What a positive row costs that is predicted negative, of <see cref="ThresholdRuleKind.LeastCost"/>.</param>
/// <param name="Value">The threshold of <see cref="ThresholdRuleKind.Fixed"/>.</param>
public sealed record ThresholdRule(
    ThresholdRuleKind Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? FalsePositive = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? FalseNegative = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Value = null)
{
    /// <summary>The threshold with the greatest F1.</summary>
    public static ThresholdRule GreatestF1 { get; } = new(ThresholdRuleKind.GreatestF1);

    /// <summary>The threshold at which mistakes cost least; a row that is predicted right costs nothing.</summary>
    /// <param name="falsePositive">What a negative row costs that is predicted positive: above 0.</param>
    /// <param name="falseNegative">What a positive row costs that is predicted negative: above 0, in the same unit.</param>
    /// <returns>The rule.</returns>
    public static ThresholdRule LeastCost(double falsePositive, double falseNegative) =>
        new(ThresholdRuleKind.LeastCost, FalsePositive: falsePositive, FalseNegative: falseNegative);

    /// <summary>A given threshold.</summary>
    /// <param name="value">A probability, from 0 to 1.</param>
    /// <returns>The rule.</returns>
    public static ThresholdRule Fixed(double value) => new(ThresholdRuleKind.Fixed, Value: value);

    /// <summary>The rule as a pipeline file has it.</summary>
    public override string ToString() => Kind switch
    {
        ThresholdRuleKind.GreatestF1 => "f1",
        ThresholdRuleKind.LeastCost => string.Create(
            CultureInfo.InvariantCulture, $"{{ cost: {{ false-positive: {FalsePositive:R}, false-negative: {FalseNegative:R} }} }}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Value:R}"),
    };
}
