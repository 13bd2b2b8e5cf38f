using System.Text.Json;
using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Tests.Metrics;

public sealed class BinaryMetricsVectorTests
{
    private const double Tolerance = 1e-12;

    public static TheoryData<string> Cases { get; } =
        [.. ReferenceVectors.Metrics.GetProperty("binary").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryMetric_OnReferenceCase_EqualsScikitLearn(string name)
    {
        var vector = ReferenceVectors.Metrics.Case("binary", name);
        var (labels, scores, threshold) = (vector.Numbers("y"), vector.Numbers("p"), vector.Number("threshold"));

        Check("average_precision", BinaryMetrics.PrAuc(labels, scores));
        Check("log_loss", BinaryMetrics.LogLoss(labels, scores));
        Check("brier", BinaryMetrics.Brier(labels, scores));
        Check("accuracy", BinaryMetrics.Accuracy(labels, scores, threshold));
        Check("balanced_accuracy", BinaryMetrics.BalancedAccuracy(labels, scores, threshold));
        Check("precision", BinaryMetrics.Precision(labels, scores, threshold));
        Check("recall", BinaryMetrics.Recall(labels, scores, threshold));
        Check("f1_binary", BinaryMetrics.F1(labels, scores, threshold));
        Check("mcc", BinaryMetrics.Mcc(labels, scores, threshold));
        if (vector.GetProperty("roc_auc").ValueKind == JsonValueKind.Null)
        {
            Assert.Equal(double.NaN, BinaryMetrics.RocAuc(labels, scores));
        }
        else
        {
            Check("roc_auc", BinaryMetrics.RocAuc(labels, scores));
        }

        void Check(string metric, double actual) => ReferenceVectors.AssertClose(vector.Number(metric), actual, Tolerance, $"{name} {metric}");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Calibration_OnReferenceCase_EqualsScikitLearnsBins(string name)
    {
        var vector = ReferenceVectors.Metrics.Case("binary", name);
        var (labels, scores) = (vector.Numbers("y"), vector.Numbers("p"));
        foreach (var bins in new[] { 10, 15 })
        {
            var expected = vector.GetProperty($"calibration_{bins}");
            var curve = Curves.CalibrationCurve(labels, scores, bins);

            Assert.Equal(expected.Numbers("bin_counts"), curve.Select(bin => (double)bin.Count));
            Assert.All(
                expected.Numbers("bin_true").Zip(curve),
                pair => ReferenceVectors.AssertClose(pair.First, pair.Second.ObservedRate, Tolerance, "observed"));
            Assert.All(
                expected.Numbers("bin_pred").Zip(curve),
                pair => ReferenceVectors.AssertClose(pair.First, pair.Second.MeanPredicted, Tolerance, "predicted"));
            ReferenceVectors.AssertClose(expected.Number("ece"), BinaryMetrics.CalibrationError(labels, scores, bins), Tolerance, "ece");
            ReferenceVectors.AssertClose(expected.Number("mce"), BinaryMetrics.MaximumCalibrationError(labels, scores, bins), Tolerance, "mce");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ConfusionMatrix_OnReferenceCase_EqualsScikitLearn(string name)
    {
        var vector = ReferenceVectors.Metrics.Case("binary", name);
        var cells = vector.GetProperty("confusion_matrix").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(cell => cell.GetInt32()).ToArray();

        var matrix = ConfusionMatrix.Count(vector.Numbers("y"), vector.Numbers("p"), vector.Number("threshold"));

        Assert.Equal(new ConfusionMatrix(TruePositives: cells[3], FalsePositives: cells[1], TrueNegatives: cells[0], FalseNegatives: cells[2]), matrix);
    }
}
