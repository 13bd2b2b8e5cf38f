using System.Runtime.InteropServices;

namespace MlDurable.Learning.Metrics;

/// <summary>One point of a curve in the unit square.</summary>
/// <param name="X">The horizontal value, 0 to 1: the false positive rate of an ROC curve, the recall of a precision–recall curve.</param>
/// <param name="Y">The vertical value, 0 to 1: the true positive rate of an ROC curve, the precision of a precision–recall curve.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct CurvePoint(double X, double Y);
