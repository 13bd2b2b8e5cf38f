using System.Runtime.InteropServices;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>A feature, counted among all, and its value, which is not 0.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FeatureValue(int Feature, double Value);

/// <summary>Features of which most are 0 in most rows. Equal cells share their values.</summary>
/// <param name="TextOf">For each row the place of its values in <paramref name="Values"/>, or <see cref="CategoryColumn.MissingCode"/> where all are 0.</param>
/// <param name="Values">The values of each cell that occurs, in ascending order of the features.</param>
internal sealed record SparseBlock(int[] TextOf, FeatureValue[][] Values)
{
    /// <summary>The values of a row that are not 0.</summary>
    public ReadOnlySpan<FeatureValue> At(int row) => TextOf[row] == CategoryColumn.MissingCode ? [] : Values[TextOf[row]];
}
