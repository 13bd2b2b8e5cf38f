namespace MlDurable.Learning.Judging;

/// <summary>A gate and the candidate's value of its metric, NaN when undefined.</summary>
internal sealed record GateResult(MetricGate Gate, double Value)
{
    // A comparison with NaN is false, so an undefined metric fails its gate.
    public bool Passed => Gate.Comparison switch
    {
        GateComparison.AtLeast => Value >= Gate.Bound,
        GateComparison.AtMost => Value <= Gate.Bound,
        GateComparison.Above => Value > Gate.Bound,
        _ => Value < Gate.Bound,
    };
}
