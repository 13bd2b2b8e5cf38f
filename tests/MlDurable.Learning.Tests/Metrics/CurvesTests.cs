using MlDurable.Learning.Metrics;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Metrics;

public sealed class CurvesTests
{
    [Fact]
    public void RocCurve_FewRows_HasEveryVertexAndTheEnds() => Assert.Equal(
        [new CurvePoint(0, 0), new CurvePoint(0, 0.5), new CurvePoint(0.5, 0.5), new CurvePoint(0.5, 1), new CurvePoint(1, 1)],
        Curves.RocCurve([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6]).ToArray());

    [Fact]
    public void RocCurve_TiedScores_IsADiagonalStep() => Assert.Equal(
        [new CurvePoint(0, 0), new CurvePoint(1, 1)],
        Curves.RocCurve([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5]).ToArray());

    [Fact]
    public void PrecisionRecallCurve_FewRows_StartsAtPrecisionOne() => Assert.Equal(
        [new CurvePoint(0, 1), new CurvePoint(0.5, 1), new CurvePoint(0.5, 0.5), new CurvePoint(1, 2.0 / 3), new CurvePoint(1, 0.5)],
        Curves.PrecisionRecallCurve([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6]).ToArray());

    [Fact]
    public void RocCurve_OneClass_Throws() =>
        Assert.Equal("one-class", Assert.Throws<LearningException>(() => Curves.RocCurve([1, 1], [0.1, 0.2])).Code);

    [Fact]
    public void PrecisionRecallCurve_NoPositive_Throws() =>
        Assert.Equal("one-class", Assert.Throws<LearningException>(() => Curves.PrecisionRecallCurve([0, 0], [0.1, 0.2])).Code);

    [Theory]
    [InlineData(200)]
    [InlineData(20)]
    public void RocCurve_ManyRows_IsThinnedWithinAKnownDistance(int points)
    {
        var (labels, scores) = ManyRows();

        var full = Curves.RocCurve(labels, scores, int.MaxValue);
        var thin = Curves.RocCurve(labels, scores, points);

        Assert.InRange(thin.Length, 2, points);
        Assert.Equal(full[0], thin[0]);
        Assert.Equal(full[^1], thin[^1]);
        Assert.True(LargestDistance(full, thin) <= (points == 200 ? 0.004 : 0.016), $"{LargestDistance(full, thin)}");
        Assert.Equal(Area(full), Area(thin), points == 200 ? 0.001 : 0.01);
    }

    [Fact]
    public void RocCurve_Unthinned_EnclosesTheRocAuc()
    {
        var (labels, scores) = ManyRows();

        Assert.Equal(BinaryMetrics.RocAuc(labels, scores), Area(Curves.RocCurve(labels, scores, int.MaxValue)), 0.001);
    }

    [Fact]
    public void PrecisionRecallCurve_ManyRows_IsThinned()
    {
        var (labels, scores) = ManyRows();

        var thin = Curves.PrecisionRecallCurve(labels, scores);

        Assert.InRange(thin.Length, 50, Curves.DefaultPoints);
        Assert.True(LargestDistance(Curves.PrecisionRecallCurve(labels, scores, int.MaxValue), thin) <= 0.002);
    }

    [Fact]
    public void CalibrationCurve_EmptyBins_AreLeftOut()
    {
        var curve = Curves.CalibrationCurve([0, 1, 1], [0, 0.95, 1]);

        Assert.Equal([new CalibrationBin(0, 0.1, 1, 0, 0), new CalibrationBin(0.9, 1, 2, 0.975, 1)], curve.ToArray());
    }

    private static (double[] Labels, double[] Scores) ManyRows()
    {
        var random = new SplitMix64(5);
        var labels = new double[5000];
        var scores = new double[5000];
        for (var row = 0; row < labels.Length; row++)
        {
            labels[row] = random.NextUniform() < 0.2 ? 1 : 0;
            scores[row] = ((2 * random.NextUniform()) + random.NextUniform() + labels[row]) / 4;
        }

        return (labels, scores);
    }

    private static double LargestDistance(IReadOnlyList<CurvePoint> full, IReadOnlyList<CurvePoint> thin) =>
        full.Max(point => Enumerable.Range(1, thin.Count - 1).Min(i => CurveThinning.Distance(point, thin[i - 1], thin[i])));

    private static double Area(IReadOnlyList<CurvePoint> curve) =>
        Enumerable.Range(1, curve.Count - 1).Sum(i => (curve[i].X - curve[i - 1].X) * (curve[i].Y + curve[i - 1].Y) / 2);
}
