using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

/// <summary>Forests of numbers and of several classes.</summary>
public sealed class ForestTaskTests
{
    [Theory]
    [InlineData("random-forest")]
    [InlineData("extra-trees")]
    public void Fit_Numbers_AreFarBetterPredictedThanByTheMeanWhateverTheirSize(string trainer)
    {
        foreach (var shift in new[] { 0, 1e6 })
        {
            var (training, test) = (Numbers(800, 1, shift), Numbers(400, 2, shift));
            var model = Fit(trainer, training);
            Assert.True(RegressionMetrics.RSquared(test.Labels, model.Predict(test.Features)) > 0.85, $"{trainer} {shift}");
            AssertKept(model, test);
        }
    }

    [Theory]
    [InlineData("random-forest")]
    [InlineData("extra-trees")]
    public void Fit_Classes_AreToldApart(string trainer)
    {
        var (training, test) = (Classes(800, 1), Classes(400, 2));
        var model = Fit(trainer, training);
        var predictions = model.Predict(test.Features);

        Assert.True(MulticlassMetrics.Accuracy(test.Labels, predictions) > 0.85);
        Assert.All(predictions.Chunk(3), ofRow => Assert.Equal(1, ofRow.Sum(), 12));
        AssertKept(model, test);
    }

    [Fact]
    public void Fit_OneLeafOfAllRows_IsTheMean()
    {
        var rows = Numbers(50, 1, 0);
        var model = Trainers.Get("extra-trees").Fit(TrainingData.Request(rows, null, ("min-rows-per-leaf", 50), ("trees", 3)));

        Assert.Equal(rows.Labels.Average(), model.Predict(rows.Features)[0], 9);
    }

    private static TrainedModel Fit(string trainer, LabeledRows rows) => Trainers.Get(trainer).Fit(TrainingData.Request(rows, null, ("trees", 50)));

    private static void AssertKept(TrainedModel model, LabeledRows rows)
    {
        var bytes = ModelBytes.Of(model);
        var read = TrainedModel.Read(new MemoryStream(bytes));
        Assert.Equal(model.Predict(rows.Features), read.Predict(rows.Features));
        Assert.Equal(bytes, ModelBytes.Of(read));
    }

    private static LabeledRows Numbers(int count, ulong seed, double shift)
    {
        var (features, values) = Rows(count, seed);
        return new LabeledRows(features, Array.ConvertAll(values, value => value + shift)) { Target = Target.Regression };
    }

    private static LabeledRows Classes(int count, ulong seed)
    {
        var (features, values) = Rows(count, seed);
        return new LabeledRows(features, Array.ConvertAll(values, value => value < 3 ? 0.0 : value < 7 ? 1 : 2)) { Target = Target.Multiclass(["a", "b", "c"]) };
    }

    private static (Table Features, double[] Values) Rows(int count, ulong seed)
    {
        var random = new SplitMix64(seed);
        var x = Enumerable.Range(0, count).Select(_ => random.NextUniform() * 4).ToArray();
        var z = Enumerable.Range(0, count).Select(_ => random.NextUniform()).ToArray();
        return (new Table(new NumberColumn("x", x), new NumberColumn("z", z)), [.. x.Zip(z, (first, second) => (2 * first) + (second > 0.5 ? 3 : 0) + (0.5 * random.NextUniform()))]);
    }
}
