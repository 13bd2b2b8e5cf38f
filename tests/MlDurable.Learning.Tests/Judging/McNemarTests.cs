using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;

namespace MlDurable.Learning.Tests.Judging;

public sealed class McNemarTests
{
    public static TheoryData<string> Cases { get; } =
        [.. ReferenceVectors.Paired.GetProperty("mcnemar").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void FromCounts_ReferenceTable_EqualsStatsmodels(string name)
    {
        var vector = ReferenceVectors.Paired.Case("mcnemar", name);
        var rows = vector.GetProperty("table").EnumerateArray().Sum(row => row.EnumerateArray().Sum(cell => cell.GetInt32()));

        var result = McNemar.FromCounts(vector.GetProperty("b").GetInt32(), vector.GetProperty("c").GetInt32(), rows);

        ReferenceVectors.AssertClose(vector.Number("exact_pvalue"), result.ExactPValue, 1e-9, "exact");
        if (vector.TryGetProperty("chi2_corrected", out var chiSquare))
        {
            ReferenceVectors.AssertClose(chiSquare.GetDouble(), result.ChiSquare!.Value, 1e-12, "chi-square");
        }
        else
        {
            Assert.Null(result.ChiSquare);
        }
    }

    [Fact]
    public void Compare_ReferenceRows_CountsTheTable()
    {
        var vector = ReferenceVectors.Paired.GetProperty("bootstrap");

        // In the file A is the champion: b counts where only A is right.
        var result = McNemar.Compare(LearningTask.Binary, vector.Numbers("y"), new ScoredModel(vector.Numbers("pb"), 0.5), new ScoredModel(vector.Numbers("pa"), 0.5));

        Assert.Equal(217, result.ReferenceOnlyRight);
        ReferenceVectors.AssertClose(vector.Number("mcnemar_exact_p"), result.ExactPValue, 1e-9, "exact");
        ReferenceVectors.AssertClose(-vector.GetProperty("accuracy").Number("observed"), result.Effect, 1e-12, "effect");
    }

    [Fact]
    public void FromCounts_Example_HasEffectStandardErrorAndMidP()
    {
        var result = McNemar.FromCounts(5, 12, 151);

        Assert.Equal(7.0 / 151, result.Effect, 15);
        Assert.Equal(Math.Sqrt(17 - (49.0 / 151)) / 151, result.StandardError, 15);

        // P[Bin(17, 1/2) <= 4] + P[<= 5] = (3214 + 9402) / 2^17.
        Assert.Equal((3214 + 9402) / 131072.0, result.MidPValue, 12);
    }

    [Fact]
    public void FromCounts_NoRowDiffers_SaysNothing() =>
        Assert.Equal(new McNemarResult(0, 0, 15, 1, 1, null, 0, 0), McNemar.FromCounts(0, 0, 15));

    [Fact]
    public void FromCounts_EqualCounts_HasMidPOne() => Assert.Equal(1, McNemar.FromCounts(7, 7, 29).MidPValue, 12);

    [Theory]
    [InlineData(-1, 2, 10)]
    [InlineData(2, -1, 10)]
    [InlineData(6, 5, 10)]
    [InlineData(0, 0, 0)]
    public void FromCounts_ImpossibleCounts_Throw(int b, int c, int rows) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => McNemar.FromCounts(b, c, rows));
}
