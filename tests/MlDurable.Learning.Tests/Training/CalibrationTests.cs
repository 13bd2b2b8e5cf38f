using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class CalibrationTests
{
    public static TheoryData<string, CalibrationMethod> Calibrated => new()
    {
        { "logistic-regression", CalibrationMethod.Platt },
        { "logistic-regression", CalibrationMethod.Isotonic },
        { "gradient-boosting", CalibrationMethod.Platt },
        { "gradient-boosting", CalibrationMethod.Isotonic },
        { ClassMeansTrainer.TrainerName, CalibrationMethod.Platt },
        { ClassMeansTrainer.TrainerName, CalibrationMethod.Isotonic },
    };

    // scikit-learn 1.2.1, printed by calibration_reference.py beside this file: what sklearn.calibration._sigmoid_calibration returns, and the
    // minimum of its objective by scipy.optimize.minimize with gtol=1e-10.
    [Theory]
    [InlineData(300, 11, 0.6, -1.5, 61, -0.509183887, 1.625760509, -0.509183885, 1.625760506)]
    [InlineData(2000, 12, 2.5, 0.4, 986, -2.82596528, -0.402790068, -2.825965274, -0.402790056)]
    [InlineData(40, 13, 1.0, 0.0, 17, -1.130273779, 0.659130636, -1.130273379, 0.659132415)]
    public void Platt_SameRowsAsScikitLearn_FindsItsNumbers(
        int rows, ulong seed, double slope, double intercept, int positives, double a, double b, double optimalA, double optimalB)
    {
        var (scores, labels) = Rows(rows, seed, slope, intercept);
        Assert.Equal(positives, labels.Sum());
        var fitted = (PlattCalibrator)Calibration.Fit(CalibrationMethod.Platt, scores, labels);
        Assert.Equal([a, b], [fitted.A, fitted.B], new Within(1e-5));
        Assert.Equal([optimalA, optimalB], [fitted.A, fitted.B], new Within(1e-7));
    }

    // sklearn.isotonic.IsotonicRegression(out_of_bounds="clip"): X_thresholds_, y_thresholds_ and predict, by the same script.
    [Fact]
    public void Isotonic_SameRowsAsScikitLearn_HasItsPointsAndPredictions()
    {
        var (scores, labels) = Rows(300, 11, 0.6, -1.5);
        var fitted = (IsotonicCalibrator)Calibration.Fit(CalibrationMethod.Isotonic, scores, labels);
        Assert.Equal(
            [-4, -3.375, -3.25, -1.25, -1.125, -1, -0.875, -0.75, -0.625, -0.5, 1, 1.125, 2.125, 2.25, 3.625, 3.75, 3.875], fitted.Scores.AsEnumerable());
        Assert.Equal(
            [
                0, 0, 0.043010752688, 0.043010752688, 0.111111111111, 0.111111111111, 0.125, 0.142857142857, 0.142857142857, 0.180327868852, 0.180327868852,
                0.257142857143, 0.257142857143, 0.537037037037, 0.537037037037, 0.625, 0.625,
            ],
            fitted.Probabilities,
            new Within(1e-12));
        Assert.Equal(
            [0, 0, 0.053906810036, 0.180327868852, 0.180327868852, 0.241779859485, 0.537037037037, 0.625, 0.625],
            new[] { -9, -4, -1.23, 0, 0.3, 1.1, 2.71, 3.9, 9 }.Select(fitted.Probability),
            new Within(1e-12));
    }

    [Fact]
    public void Isotonic_AnyRows_IsTheGreatestOfTheLeastMeans()
    {
        // max over the starts of min over the ends of the mean between them: Barlow and others, "Statistical inference under order restrictions", 1972.
        var random = new SplitMix64(21);
        for (var i = 0; i < 200; i++)
        {
            var labels = Enumerable.Range(0, 1 + random.NextInt(25)).Select(_ => (double)random.NextInt(2)).ToArray();
            double[] scores = [.. Enumerable.Range(0, labels.Length)];
            var fitted = IsotonicRegression.Fit(scores, labels);
            for (var row = 0; row < labels.Length; row++)
            {
                var expected = Enumerable.Range(0, row + 1).Max(from => Enumerable.Range(row, labels.Length - row).Min(to => labels[from..(to + 1)].Average()));
                Assert.Equal(expected, fitted.Probability(scores[row]), 1e-12);
            }
        }
    }

    [Fact]
    public void Fit_AnyRowsInAnyOrder_KeepsTheOrderOfScoresAndTheShareOfPositives()
    {
        var cases =
            from method in Gen.Elements(CalibrationMethod.Platt, CalibrationMethod.Isotonic)
            from rows in Gen.Choose(400, 600)
            from seed in Gen.Choose(0, 1_000_000)
            from slope in Gen.Choose(-30, 30)
            from scale in Gen.Elements(0.0, 1e-6, 1, 40, double.PositiveInfinity)
            select (method, rows, seed, slope, scale);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var (scores, labels) = Rows(item.rows, (ulong)item.seed, item.slope / 10.0, 0);
            var logOdds = Array.ConvertAll(scores, score => score == 0 ? 0 : score * item.scale);
            var fitted = Calibration.Fit(item.method, logOdds, labels);
            Assert.True(fitted.IsSound());
            double[] probes = [.. logOdds.Append(double.NegativeInfinity).Append(double.PositiveInfinity).Append(-1e9).Append(0.1).Append(1e9).Order()];
            var probabilities = Array.ConvertAll(probes, fitted.Probability);
            Assert.All(probabilities, probability => Assert.InRange(probability, 0, 1));
            Assert.Equal(probabilities.Order(), probabilities);

            // Platt's targets move it towards one half, by less than a row of each class.
            Assert.Equal(labels.Average(), logOdds.Average(fitted.Probability), item.method == CalibrationMethod.Platt ? 2.0 / item.rows : 1e-12);

            var order = Enumerable.Range(0, item.rows).ToArray();
            new SplitMix64((ulong)item.seed).Shuffle<int>(order);
            var shuffled = Calibration.Fit(item.method, [.. order.Select(row => logOdds[row])], [.. order.Select(row => labels[row])]);
            Assert.Equal(probabilities, probes.Select(shuffled.Probability), new Within(item.method == CalibrationMethod.Platt ? 1e-6 : 0));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Platt_LessPositiveRowsWhereScoresAreGreater_GivesEveryRowTheSame()
    {
        var (scores, labels) = Rows(300, 5, -1, 0);
        var fitted = (PlattCalibrator)Calibration.Fit(CalibrationMethod.Platt, scores, labels);
        Assert.Equal(0, fitted.A);
        Assert.Equal(labels.Average(), fitted.Probability(3), 1e-2);
    }

    [Theory]
    [InlineData(CalibrationMethod.Platt, 10)]
    [InlineData(CalibrationMethod.Isotonic, 50)]
    public void Fit_TooFewRowsOfAClass_SaysHowManyItNeeds(CalibrationMethod method, int least)
    {
        double[] Labels(int positives, int negatives) => [.. Enumerable.Repeat(1.0, positives), .. Enumerable.Repeat(0.0, negatives)];
        foreach (var labels in new[] { Labels(0, 0), Labels(500, 0), Labels(0, 500), Labels(least - 1, 500), Labels(500, least - 1) })
        {
            var refused = Assert.Throws<LearningException>(() => Calibration.Fit(method, new double[labels.Length], labels));
            Assert.Equal("calibration-needs-rows", refused.Code);
            Assert.Contains(
                $"'{method.ToString().ToLowerInvariant()}' needs at least {least} positive and {least} negative validation rows; there are {labels.Sum()} and ",
                refused.Message,
                StringComparison.Ordinal);
        }

        Assert.Equal(method, Calibration.Fit(method, new double[2 * least], Labels(least, least)).Method);
    }

    [Theory]
    [MemberData(nameof(Calibrated))]
    public void Fit_Calibrated_IsTheSameModelWithOtherProbabilities(string trainer, CalibrationMethod method)
    {
        var request = TrainingData.Request(TrainingData.Awkward(600, 2), TrainingData.Awkward(400, 3));
        var plain = Trainers.Get(trainer).Fit(request);
        var model = Trainers.Get(trainer).Fit(request with { Calibration = method });
        Assert.Equal((CalibrationMethod.None, method), (plain.Calibration, model.Calibration));

        var features = model.Features.Apply(request.Validation.Features);
        var scores = model.Scorer.Scores(features);
        Assert.Equal(plain.Scorer.Scores(features), scores);
        var probabilities = model.Predict(request.Validation.Features);
        Assert.Equal(Calibration.Fit(method, scores, request.Validation.Labels).Probability(scores[7]), probabilities[7]);
        Assert.Equal(request.Validation.Labels.Average(), probabilities.Average(), 0.01);

        // The threshold is chosen on the new probabilities.
        Assert.Equal(DecisionThreshold.Choose(ThresholdRule.GreatestF1, request.Validation.Labels, probabilities), model.Threshold);
    }

    [Fact]
    public void Fit_Baseline_IsNeverCalibrated()
    {
        var request = TrainingData.Request(TrainingData.Logistic(300, 42)) with { Calibration = CalibrationMethod.Isotonic };
        Assert.Equal(CalibrationMethod.None, Trainers.Get("baseline").Fit(request).Calibration);
        Assert.Equal("calibration-needs-rows", Assert.Throws<LearningException>(() => Trainers.Get("logistic-regression").Fit(request)).Code);
    }

    /// <summary>The rows that calibration_reference.py makes too: scores in steps of an eighth.</summary>
    private static (double[] Scores, double[] Labels) Rows(int count, ulong seed, double slope, double intercept)
    {
        var random = new SplitMix64(seed);
        double[] scores = new double[count], labels = new double[count];
        for (var row = 0; row < count; row++)
        {
            scores[row] = (Math.Floor(random.NextUniform() * 64) / 8) - 4;
            labels[row] = random.NextUniform() < 1 / (1 + Math.Exp(-((slope * scores[row]) + intercept))) ? 1 : 0;
        }

        return (scores, labels);
    }
}
