using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class TrainersTests
{
    public static TheoryData<string> Names => [.. Trainers.All.Where(trainer => trainer.Tasks.Contains(LearningTask.Binary)).Select(trainer => trainer.Name)];

    [Fact]
    public void Get_UnknownName_GivesTheNearest()
    {
        var exception = Assert.Throws<LearningException>(() => Trainers.Get("gradient-bosting"));
        Assert.Equal("trainer-not-registered", exception.Code);
        Assert.Contains("Did you mean 'gradient-boosting'?", exception.Message, StringComparison.Ordinal);
        Assert.Contains("baseline, elastic-net, extra-trees, gradient-boosting, logistic-regression, naive-bayes", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_AwkwardRows_PredictsProbabilities(string name)
    {
        var rows = TrainingData.Awkward(600, 2);
        var model = Trainers.Get(name).Fit(TrainingData.Request(rows, TrainingData.Awkward(200, 3)));
        Assert.Equal(name, model.Trainer);
        Assert.InRange(model.Threshold, 0, 1);
        var probe = new Table(
            new NumberColumn("x1", [double.NaN, double.MaxValue, double.MinValue, 0]),
            new NumberColumn("x2", [double.NaN, double.MaxValue, double.MinValue, 0]),
            CategoryColumn.FromTexts("c", [null, "unknown", "a", "rare 1"]),
            Column.AllMissing("constant", ColumnKind.Number, 4));
        Assert.All(model.Predict(probe), probability => Assert.InRange(probability, 0, 1));
        Assert.Empty(model.Predict(probe.Take([])));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_SameRequest_GivesTheSameBytes(string name)
    {
        var request = TrainingData.Request(TrainingData.Awkward(600, 2), TrainingData.Awkward(200, 3));
        Assert.Equal(ModelBytes.Of(Trainers.Get(name).Fit(request)), ModelBytes.Of(Trainers.Get(name).Fit(request)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_ReorderedColumns_GivesTheSameBytes(string name)
    {
        var rows = TrainingData.Awkward(600, 2);
        var reordered = rows with { Features = rows.Features.Select(rows.Features.Columns.Select(column => column.Name).Reverse()) };
        Assert.Equal(ModelBytes.Of(Trainers.Get(name).Fit(TrainingData.Request(rows))), ModelBytes.Of(Trainers.Get(name).Fit(TrainingData.Request(reordered))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_OneClass_SaysWhichAndHowManyRows(string name)
    {
        var rows = TrainingData.Logistic(25, 2);
        foreach (var label in new[] { 0.0, 1.0 })
        {
            var exception = Fails(name, "one-class", rows with { Labels = [.. Enumerable.Repeat(label, 25)] });
            Assert.Contains($"All 25 training rows are {(label == 1 ? "positive" : "negative")}", exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_WrongLabels_AreRefused(string name)
    {
        var rows = TrainingData.Logistic(25, 2);
        Fails(name, "no-rows", TrainingData.Take(rows, []));
        Fails(name, "invalid-labels", rows with { Labels = rows.Labels[..24] });
        Fails(name, "invalid-labels", rows with { Labels = [.. rows.Labels[..24], double.NaN] });
        Fails(name, "invalid-labels", rows with { Labels = [.. rows.Labels[..24], 2] });
        var request = TrainingData.Request(rows, rows with { Labels = [.. rows.Labels[..24], 0.5] });
        Assert.Equal("invalid-labels", Assert.Throws<LearningException>(() => Trainers.Get(name).Fit(request)).Code);
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("elastic-net")]
    [InlineData("gradient-boosting")]
    [InlineData("naive-bayes")]
    [InlineData("random-forest")]
    [InlineData("extra-trees")]
    public void Fit_NoUsableFeature_IsRefused(string name)
    {
        double[] labels = [0, 1, 0, 1];
        Fails(name, "no-usable-features", new LabeledRows(new Table(Column.AllMissing("x", ColumnKind.Number, 4)), labels));
        Fails(name, "no-usable-features", new LabeledRows(new Table(new NumberColumn("@label", labels)), labels));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_OnlyConstantColumns_PredictsTheShareOfPositives(string name)
    {
        var rows = new LabeledRows(
            new Table(new NumberColumn("n", Enumerable.Repeat(3.0, 100).ToArray()), CategoryColumn.FromTexts("c", Enumerable.Repeat("only", 100))),
            [.. Enumerable.Range(0, 100).Select(row => row < 30 ? 1.0 : 0)]);
        var model = Trainers.Get(name).Fit(TrainingData.Request(rows));

        // The rows of a random forest are drawn.
        Assert.All(model.Predict(rows.Features), probability => Assert.Equal(0.3, probability, name == "random-forest" ? 0.015 : 1e-4));
    }

    [Theory]
    [InlineData("logistic-regression", "l3", 1, "unknown-hyperparameter", "Did you mean 'l2'?")]
    [InlineData("gradient-boosting", "learningrate", 1, "unknown-hyperparameter", "Did you mean 'learning-rate'?")]
    [InlineData("gradient-boosting", "zzzzzzzzzzzz", 1, "unknown-hyperparameter", "It has: trees, leaves")]
    [InlineData("baseline", "l2", 1, "unknown-hyperparameter", "nor any other")]
    [InlineData("logistic-regression", "l2", -1, "hyperparameter-out-of-range", "from 0 to")]
    [InlineData("logistic-regression", "l2", double.NaN, "hyperparameter-out-of-range", "from 0 to")]
    [InlineData("logistic-regression", "positive-weight", 0, "hyperparameter-out-of-range", "from 0.001 to")]
    [InlineData("elastic-net", "l1-ratio", 1.1, "hyperparameter-out-of-range", "from 0 to 1")]
    [InlineData("elastic-net", "l1", 1, "unknown-hyperparameter", "It has: penalty, l1-ratio, positive-weight, max-iterations")]
    [InlineData("naive-bayes", "smoothing", 0, "hyperparameter-out-of-range", "from 0.001 to")]
    [InlineData("naive-bayes", "variance-smoothing", 0, "hyperparameter-out-of-range", "from 1E-12 to 1")]
    [InlineData("gradient-boosting", "trees", 1.5, "hyperparameter-out-of-range", "a whole number from 1 to")]
    [InlineData("gradient-boosting", "leaves", 1, "hyperparameter-out-of-range", "from 2 to")]
    [InlineData("gradient-boosting", "row-share", 0, "hyperparameter-out-of-range", "from 0.001 to 1")]
    [InlineData("random-forest", "feature-share", 1.1, "hyperparameter-out-of-range", "from 0 to 1")]
    [InlineData("extra-trees", "tree", 3, "unknown-hyperparameter", "Did you mean 'trees'?")]
    public void Fit_WrongHyperparameter_IsRefused(string trainer, string name, double value, string code, string hint)
    {
        var request = TrainingData.Request(TrainingData.Logistic(50, 1), null, (name, value));
        var exception = Assert.Throws<LearningException>(() => Trainers.Get(trainer).Fit(request));
        Assert.Equal(code, exception.Code);
        Assert.Contains(hint, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Complete_NothingGiven_GivesTheDefaultsInsideTheirRanges(string name)
    {
        var trainer = Trainers.Get(name);
        var values = HyperparameterValues.Complete(trainer, new Dictionary<string, double>());
        Assert.Equal(trainer.Hyperparameters.Select(spec => spec.Name).Order(StringComparer.Ordinal), values.Keys);
        Assert.All(trainer.Hyperparameters, spec => Assert.Equal(spec.Default, values[spec.Name]));
        Assert.Equal(values, HyperparameterValues.Complete(trainer, values));
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("elastic-net")]
    [InlineData("gradient-boosting")]
    [InlineData("naive-bayes")]
    [InlineData("random-forest")]
    [InlineData("extra-trees")]
    public void Fit_CanceledWhileRunning_Stops(string name)
    {
        using var source = new CancellationTokenSource();
        var request = TrainingData.Request(TrainingData.Logistic(300, 1)) with { Progress = new Reports(_ => source.Cancel()) };
        Assert.Throws<OperationCanceledException>(() => Trainers.Get(name).Fit(request, source.Token));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_Always_ReportsProgressUpToOne(string name)
    {
        var reported = new List<double>();
        Trainers.Get(name).Fit(TrainingData.Request(TrainingData.Logistic(300, 1)) with { Progress = new Reports(reported.Add) });
        Assert.Equal(reported.Order(), reported);
        Assert.Equal(1, reported[^1]);
    }

    [Fact]
    public void Fit_Baseline_PredictsTheShareOfPositives()
    {
        var rows = TrainingData.Logistic(300, 42);
        var model = Trainers.Get("baseline").Fit(TrainingData.Request(rows));
        Assert.All(model.Predict(new Table(new NumberColumn("any", [1, 2]))), probability => Assert.Equal(79 / 300.0, probability, 1e-15));
        Assert.Empty(model.Signature.Inputs.Columns);
    }

    [Fact]
    public void Choose_AnyScores_HasTheGreatestF1()
    {
        var random = new SplitMix64(12);
        for (var i = 0; i < 300; i++)
        {
            var rows = 1 + random.NextInt(30);
            double[] labels = [.. Enumerable.Range(0, rows).Select(_ => (double)random.NextInt(2))];
            double[] scores = [.. Enumerable.Range(0, rows).Select(_ => random.NextInt(11) / 10.0)];
            var threshold = DecisionThreshold.Choose(ThresholdRule.GreatestF1, labels, scores);
            Assert.InRange(threshold, 0, 1);
            double F1(double at)
            {
                var predicted = scores.Select(score => score >= at).ToArray();
                var truePositives = predicted.Where((positive, row) => positive && labels[row] == 1).Count();
                return 2.0 * truePositives / (predicted.Count(positive => positive) + labels.Sum());
            }

            if (labels.Sum() > 0)
            {
                Assert.Equal(Enumerable.Range(0, 21).Max(step => F1(step / 20.0)), F1(threshold), 1e-12);
            }
        }
    }

    [Fact]
    public void Choose_NoPositiveOrEquallyGood_IsNearestToOneHalf()
    {
        Assert.Equal(0.5, DecisionThreshold.Choose(ThresholdRule.GreatestF1, [0, 0], [0.1, 0.9]));
        Assert.Equal(0.5, DecisionThreshold.Choose(ThresholdRule.GreatestF1, [], []));
        Assert.Equal(0.55, DecisionThreshold.Choose(ThresholdRule.GreatestF1, [0, 1, 0, 1, 1, 0, 0, 1], [0.3, 0.8, 0.2, 0.9, 0.8, 0.1, 0.3, 0.8]), 1e-12);
        Assert.Equal(0.45, DecisionThreshold.Choose(ThresholdRule.GreatestF1, [1, 0, 0, 1, 0], [0.9, 0.7, 0.6, 0.6, 0.3]), 1e-12);
    }

    [Fact]
    public void Choose_AnyScoresAndCosts_CostsLeast()
    {
        var random = new SplitMix64(13);
        for (var i = 0; i < 300; i++)
        {
            var rows = 2 + random.NextInt(30);
            double[] labels = [1, 0, .. Enumerable.Range(2, rows - 2).Select(_ => (double)random.NextInt(2))];
            double[] scores = [.. Enumerable.Range(0, rows).Select(_ => random.NextInt(11) / 10.0)];
            var (falsePositive, falseNegative) = (1 + random.NextInt(5), 1 + random.NextInt(5));
            double Cost(double at) => scores.Zip(labels, (score, label) => label == 1 && score < at ? falseNegative : label == 0 && score >= at ? falsePositive : 0).Sum();

            var threshold = DecisionThreshold.Choose(ThresholdRule.LeastCost(falsePositive, falseNegative), labels, scores);

            Assert.InRange(threshold, 0, 1);
            Assert.Equal(Enumerable.Range(0, 21).Min(step => Cost(step / 20.0)), Cost(threshold));

            // Only the ratio matters.
            Assert.Equal(threshold, DecisionThreshold.Choose(ThresholdRule.LeastCost(4 * falsePositive, 4 * falseNegative), labels, scores));
        }
    }

    [Theory]
    [InlineData(1, 1, 0.5)] // two mistakes, as at 0.3: the nearer to 0.5
    [InlineData(1, 5, 0.3)] // a missed row is dear: rows down to the last positive one
    [InlineData(20, 1, 0.95)] // an alarm is dear: none, halfway between the greatest probability and 1
    [InlineData(1, 100, 0.3)]
    public void Choose_Costs_MoveTheThreshold(double falsePositive, double falseNegative, double expected) => Assert.Equal(
        expected,
        DecisionThreshold.Choose(
            ThresholdRule.LeastCost(falsePositive, falseNegative), [0, 1, 1, 0, 1, 0, 0], [0.9, 0.8, 0.6, 0.4, 0.35, 0.25, 0.1]),
        1e-12);

    [Fact]
    public void Choose_CostsOfRowsOfOneClass_AreThoseOfRightProbabilities()
    {
        var rule = ThresholdRule.LeastCost(1, 4);
        Assert.Equal(0.2, DecisionThreshold.Choose(rule, [0, 0], [0.1, 0.9]));
        Assert.Equal(0.2, DecisionThreshold.Choose(rule, [1, 1], [0.1, 0.9]));
        Assert.Equal(0.2, DecisionThreshold.Choose(rule, [], []));
    }

    [Fact]
    public void Choose_CertainProbability_CannotBeCalledNegative() =>
        Assert.Equal(0.5, DecisionThreshold.Choose(ThresholdRule.LeastCost(9, 1), [0, 1], [1, 0.5]));

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_ThresholdRule_IsFollowed(string name)
    {
        var request = TrainingData.Request(TrainingData.Awkward(600, 2), TrainingData.Awkward(300, 3));
        TrainedModel Fit(ThresholdRule rule) => Trainers.Get(name).Fit(request with { Threshold = rule });
        Assert.Equal(0.125, Fit(ThresholdRule.Fixed(0.125)).Threshold);

        var model = Fit(ThresholdRule.LeastCost(1, 7));
        var probabilities = model.Predict(request.Validation.Features);
        Assert.Equal(DecisionThreshold.Choose(ThresholdRule.LeastCost(1, 7), request.Validation.Labels, probabilities), model.Threshold);
        Assert.True(model.Threshold <= Fit(ThresholdRule.LeastCost(7, 1)).Threshold);
    }

    [Fact]
    public void ToString_OfARule_IsAsInAPipelineFile() => Assert.Equal(
        ["f1", "{ cost: { false-positive: 0.5, false-negative: 2 } }", "0.3"],
        new[] { ThresholdRule.GreatestF1, ThresholdRule.LeastCost(0.5, 2), ThresholdRule.Fixed(0.3) }.Select(rule => rule.ToString()));

    private static LearningException Fails(string name, string code, LabeledRows rows)
    {
        var exception = Assert.Throws<LearningException>(() => Trainers.Get(name).Fit(TrainingData.Request(rows)));
        Assert.Equal(code, exception.Code);
        return exception;
    }

    private sealed class Reports(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
