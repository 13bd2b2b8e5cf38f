using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Explaining;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class NaiveBayesTests
{
    private static readonly ITrainer Trainer = Trainers.Get("naive-bayes");

    // scikit-learn 1.2.1, GaussianNB and CategoricalNB, printed by naive_bayes_reference.py beside this file: means and variances of x1 and x2 in negative and
    // positive rows, log ratios of a, b, c and the folded ones, the first scores, the sum of the magnitudes of all.
    [Theory]
    [InlineData(
        1, 1e-9,
        new[] { -0.179420722403, 0.977063056678, 0.501923793052, 0.722182353317 },
        new[] { 0.16301155704, 0.957403454926, -0.486070824629, 0.811515148056 },
        new[] { -0.09984007957, 0.597706580149, -0.932100062593, 0.115868493256 },
        new[] { 0.179676084, -4.077035479, -1.519547349, -0.498668725, -2.411969979, 0.492364144, -3.065982129, -0.757625944, -0.027299438, -2.044493668 },
        448.78930443)]
    [InlineData(
        10, 0.1,
        new[] { -0.179420722403, 1.077063055678, 0.501923793052, 0.822182352317 },
        new[] { 0.16301155704, 1.057403453926, -0.486070824629, 0.911515147056 },
        new[] { -0.117567859595, 0.430033488331, -0.615148256611, 0.288719955264 },
        new[] { 0.042799084, -3.711521655, -1.456077772, -0.655736309, -2.036397317, 0.259051216, -2.578413615, -0.751152642, -0.23453452, -1.69559534 },
        408.70786984)]
    public void Fit_SameRowsAsScikitLearn_FindsItsDistributionsAndScores(
        double smoothing, double varianceSmoothing, double[] x1, double[] x2, double[] levels, double[] scores, double sum)
    {
        var rows = TrainingData.Awkward(300, 42);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("smoothing", smoothing), ("variance-smoothing", varianceSmoothing)));
        var scorer = (NaiveBayesScorer)model.Scorer;
        Assert.Equal(["constant", "x1", "x2", "c = a", "c = b", "c = c", "c = (other)", "c = (missing)"], model.Features.OutputNames.AsEnumerable());
        Assert.Equal(x1, Numbers(scorer.Numbers[1]), new Within(1e-11));
        Assert.Equal(x2, Numbers(scorer.Numbers[2]), new Within(1e-11));
        Assert.Equal([.. levels, 0], scorer.Levels, new Within(1e-11));
        var actual = scorer.Scores(model.Features.Apply(rows.Features));
        Assert.Equal(scores, actual[..scores.Length], new Within(1e-8));
        Assert.Equal(sum, actual.Sum(Math.Abs), 1e-7);

        static double[] Numbers(NormalPair pair) => [pair.NegativeMean, pair.NegativeVariance, pair.PositiveMean, pair.PositiveVariance];
    }

    [Fact]
    public void Predict_NothingKnown_IsTheShareOfPositives()
    {
        var model = Trainer.Fit(TrainingData.Request(TrainingData.Awkward(300, 42)));
        var unknown = new Table(
            new NumberColumn("x1", [double.NaN]),
            new NumberColumn("x2", [double.NaN]),
            new NumberColumn("constant", [123]),
            CategoryColumn.FromTexts("c", [null]));
        Assert.Equal(79 / 300.0, model.Predict(unknown)[0], 1e-15);
    }

    [Fact]
    public void Predict_UnknownCategoryWithoutFolding_AddsNothing()
    {
        var rows = TrainingData.Logistic(300, 42);
        var model = Trainer.Fit(TrainingData.Request(rows));
        double At(string? category) => model.Predict(
            new Table(new NumberColumn("x1", [double.NaN]), new NumberColumn("x2", [double.NaN]), CategoryColumn.FromTexts("c", [category])))[0];
        Assert.Equal(At(null), At("never seen"));
        Assert.NotEqual(At(null), At("a"));
    }

    [Fact]
    public void Fit_NumberThatOneClassLacks_AddsNothing()
    {
        var rows = TrainingData.Logistic(200, 5);
        var onlyNegative = ((NumberColumn)rows.Features["x1"]).Values.ToArray().Select((value, row) => rows.Labels[row] == 0 ? value : double.NaN).ToArray();
        var with = Trainer.Fit(TrainingData.Request(rows with { Features = new Table([.. rows.Features.Columns, new NumberColumn("half", onlyNegative)]) }));
        var probe = new Table([.. rows.Features.Columns, new NumberColumn("half", Enumerable.Range(0, 200).Select(row => row - 100.0).ToArray())]);
        Assert.Equal(Trainer.Fit(TrainingData.Request(rows)).Predict(rows.Features), with.Predict(probe));
    }

    [Fact]
    public void Fit_OnReorderedRows_GivesTheSameModelToTheLastBit()
    {
        var rows = TrainingData.Awkward(500, 11);
        var order = Enumerable.Range(0, 500).ToArray();
        new SplitMix64(4).Shuffle<int>(order);
        var reordered = TrainingData.Take(rows, order);
        Assert.Equal(ModelFile.Content(Trainer.Fit(TrainingData.Request(rows))), ModelFile.Content(Trainer.Fit(TrainingData.Request(reordered))));
    }

    [Fact]
    public void Probability_OfARowAlone_AllocatesNothing()
    {
        var rows = TrainingData.Awkward(300, 42);
        var model = Trainer.Fit(TrainingData.Request(rows));
        var row = new RowScorer(model, new RowFeatures { Label = "label" }, rows.Features.Schema).NewRow();
        double Score(double x1)
        {
            row.Clear();
            row.SetNumber(0, x1);
            row.SetMissing(1);
            row.TrySetCell(2, "b"u8);
            row.SetNumber(3, 7.5);
            return row.Predict();
        }

        var expected = Score(0.5);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var actual = Score(0.5);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData("positiveVariance", "0")]
    [InlineData("negativeVariance", "-1")]
    [InlineData("negativeVariance", "1e201")]
    [InlineData("positiveMean", "1e101")]
    public void Read_DistributionThatIsNone_IsRefused(string member, string value)
    {
        var model = Trainer.Fit(TrainingData.Request(TrainingData.Awkward(300, 42)));
        var exception = Assert.Throws<LearningException>(() => ModelFile.With(
            model, content => content["scorer"]!["numbers"]![0]![member] = System.Text.Json.Nodes.JsonNode.Parse(value)));
        Assert.Equal("model-file-corrupt", exception.Code);
    }

    [Fact]
    public void Read_DistributionsForOtherFeatures_AreRefused()
    {
        // As many features in all, but one number fewer: a level would be taken for a number.
        var model = Trainer.Fit(TrainingData.Request(TrainingData.Awkward(300, 42)));
        var exception = Assert.Throws<LearningException>(() => ModelFile.With(model, content =>
        {
            content["scorer"]!["numbers"]!.AsArray().RemoveAt(0);
            content["scorer"]!["levels"]!.AsArray().Add(0.0);
        }));
        Assert.Equal("model-file-corrupt", exception.Code);
    }
}
