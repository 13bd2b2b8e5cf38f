using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Features;

public sealed class TargetEncodingTests
{
    private static readonly FeatureRecipe Plain = new() { Standardize = false, Encodings = Encoded("c", 2) };

    // (sum + smooth * mean) / (count + smooth) in pandas 1.5.3, which is what scikit-learn's TargetEncoder(smooth=2) computes:
    // y.groupby(c.fillna("missing")).agg(["sum", "count"]).eval("(sum + 2 * 0.375) / (count + 2)")
    [Fact]
    public void Apply_SmoothedShares_AreThoseOfAllTrainingRows()
    {
        var training = new LabeledRows(new Table(CategoryColumn.FromTexts("c", ["a", "a", "a", "b", "b", "once", null, null])), [1, 1, 0, 0, 0, 1, 0, 0]);
        var fitted = Fit(training).Fitted;

        var applied = fitted.Apply(new Table(CategoryColumn.FromTexts("c", ["a", "b", "once", null, "never seen"])));

        Assert.Equal([0.55, 0.1875, 0.5833333333333334, 0.1875, 0.375], applied.Dense[0], new Within(1e-15));
        Assert.Equal(["c"], fitted.OutputNames.ToArray());
        Assert.Equal(new TableSchema([new ColumnSchema("c", ColumnKind.Category)]), fitted.Inputs);
    }

    [Fact]
    public void Apply_MissingCellThatTrainingDidNotHave_IsTheShareOfAll() =>
        Assert.Equal(
            [0.5],
            Fit(new LabeledRows(new Table(CategoryColumn.FromTexts("c", ["a", "b"])), [1, 0])).Fitted.Apply(new Table(CategoryColumn.FromTexts("c", [null]))).Dense[0]);

    [Fact]
    public void Rows_OfTraining_GetTheSharesOfTheOtherFolds()
    {
        var cases =
            from rows in Gen.Choose(2, 120)
            from categories in Gen.Choose(1, 40)
            from smooth in Gen.Elements(0.0, 0.5, 10.0)
            from seed in Gen.Choose(0, 1_000_000)
            select (rows, categories, smooth, seed);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var random = new SplitMix64((ulong)item.seed);
            string?[] texts = [.. Enumerable.Range(0, item.rows).Select(_ => random.NextInt(item.categories) is > 0 and var category ? $"c{category}" : null)];
            double[] labels = [1, 0, .. Enumerable.Range(2, item.rows - 2).Select(_ => (double)random.NextInt(2))];
            var folds = TargetFit.Deal(labels, (ulong)item.seed);
            var crossed = Fit(new LabeledRows(new Table(CategoryColumn.FromTexts("c", texts)), labels), item.smooth, (ulong)item.seed).Rows.Dense;
            if (texts.All(text => text is null))
            {
                return;
            }

            for (var row = 0; row < labels.Length; row++)
            {
                var alike = Enumerable.Range(0, labels.Length).Where(other => folds[other] != folds[row] && texts[other] == texts[row]).ToArray();
                var share = labels.Average();
                var expected = alike.Length == 0 ? share : (alike.Sum(other => labels[other]) + (item.smooth * share)) / (alike.Length + item.smooth);
                Assert.Equal(expected, crossed[0][row], 1e-12);
            }
        }).Check(Config.QuickThrowOnFailure);
    }

    [Fact]
    public void Deal_AnyLabels_GivesFoldsOfEqualSizeAndShare()
    {
        double[] labels = [.. Enumerable.Range(0, 1003).Select(row => row % 9 == 0 ? 1.0 : 0)];
        var folds = TargetFit.Deal(labels, 7);

        Assert.InRange(Spread(folds), 0, 1);
        Assert.InRange(Spread(folds.Where((_, row) => labels[row] == 1)), 0, 1);
        Assert.NotEqual(folds, TargetFit.Deal(labels, 8));

        static int Spread(IEnumerable<int> folds)
        {
            var sizes = folds.CountBy(fold => fold).Select(fold => fold.Value).ToArray();
            Assert.Equal(5, sizes.Length);
            return sizes.Max() - sizes.Min();
        }
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("gradient-boosting")]
    public void Fit_UselessColumnOfManyCategories_LearnsNothingWhereTheNaiveEncodingDoes(string trainer)
    {
        var (training, fresh) = (Useless(3000, 1500, 1), Useless(3000, 1500, 2));
        var honest = Train(training, new FeatureRecipe { Encodings = Encoded("id", 10) });

        // Every row has its own label in the number that it is learned from.
        var encoder = Fit(training with { Features = new Table(training.Features["id"].Rename("c")) }, 10).Fitted;
        var naive = Train(training with { Features = Naive(training) }, new FeatureRecipe());

        Assert.InRange(Auc(naive, training with { Features = Naive(training) }), 0.85, 1);
        Assert.InRange(Auc(honest, training), 0.69, 0.79);
        var (honestAuc, naiveAuc) = (Auc(honest, fresh), Auc(naive, fresh with { Features = Naive(fresh) }));
        Assert.InRange(honestAuc, 0.7, 0.76);
        Assert.True(naiveAuc < honestAuc - 0.03, $"{naiveAuc} of the naive encoding, {honestAuc} of ours");
        if (honest.Scorer is LinearScorer linear)
        {
            Assert.Equal(["x", "id"], honest.Features.OutputNames.ToArray());
            Assert.InRange(Math.Abs(linear.Weights[1]), 0, 0.1);
            Assert.InRange(((LinearScorer)naive.Scorer).Weights[0], 1, 100);
        }

        TrainedModel Train(LabeledRows rows, FeatureRecipe recipe) => Trainers.Get(trainer).Fit(TrainingData.Request(rows) with { Recipe = recipe, Seed = 3 });

        Table Naive(LabeledRows rows) => new(
            rows.Features["x"], new NumberColumn("id", encoder.Apply(new Table(rows.Features["id"].Rename("c"))).Dense[0]));
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("gradient-boosting")]
    public void Fit_Identifier_IsIgnoredEvenWithoutAPenalty(string trainer)
    {
        // No other row has the category: were the numbers of the folds different, they would be all that there is to learn, and those of new rows
        // lie far from them.
        var training = Useless(3000, int.MaxValue, 5);
        var model = Trainers.Get(trainer).Fit(
            TrainingData.Request(training, null, ("l2", 0)) with { Recipe = new FeatureRecipe { Encodings = Encoded("id", 10) } });

        var seen = model.Predict(training.Features);
        var unseen = model.Predict(new Table(training.Features["x"], CategoryColumn.FromTexts("id", Enumerable.Repeat("new", 3000))));

        Assert.Equal(seen, unseen, new Within(1e-9));
    }

    [Fact]
    public void Fit_UsefulColumnOfManyCategories_PredictsFreshRowsBetterThanWithout()
    {
        var (training, fresh) = (Useful(1), Useful(2));
        foreach (var trainer in new[] { "logistic-regression", "gradient-boosting" })
        {
            var encoded = Trainers.Get(trainer).Fit(TrainingData.Request(training) with { Recipe = new FeatureRecipe { Encodings = Encoded("c", 10) } });
            var folded = Trainers.Get(trainer).Fit(TrainingData.Request(training));
            Assert.True(Auc(encoded, fresh) > Auc(folded, fresh) + 0.02, $"{trainer}: {Auc(encoded, fresh)} against {Auc(folded, fresh)}");
        }
    }

    [Fact]
    public void Fit_EncodingThatCannotBe_IsRefused()
    {
        Assert.Equal("encoding-needs-labels", Code(() => FittedFeatures.Fit(new Table(CategoryColumn.FromTexts("c", ["a"])), Plain)));
        Assert.Equal("encoding-kind", Code(() => Fit(new LabeledRows(new Table(new NumberColumn("c", [1, 2])), [0, 1]))));
        Assert.Equal("unknown-column", Code(() => Fit(new LabeledRows(new Table(new NumberColumn("n", [1, 2])), [0, 1]))));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TargetEncoding { Smooth = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TargetEncoding { Smooth = double.NaN });

        static string Code(Action action) => Assert.Throws<LearningException>(action).Code;
    }

    private static ImmutableSortedDictionary<string, ColumnEncoding> Encoded(string column, double smooth) =>
        ImmutableSortedDictionary<string, ColumnEncoding>.Empty.Add(column, new TargetEncoding { Smooth = smooth });

    private static TrainingFeatures Fit(LabeledRows rows, double smooth = 2, ulong seed = 0)
    {
        var withNumber = rows.Features.Columns.All(column => column.IsAllMissing)
            ? rows with { Features = new Table([.. rows.Features.Columns, new NumberColumn("n", new double[rows.Labels.Length])]) }
            : rows;
        return TrainingFeatures.Fit(Trainers.Get("logistic-regression"), TrainingData.Request(withNumber) with { Seed = seed }, Plain with { Encodings = Encoded("c", smooth) });
    }

    /// <summary>A number that says something of the label, and one of many categories that says nothing.</summary>
    private static LabeledRows Useless(int rows, int categories, ulong seed)
    {
        var random = new SplitMix64(seed);
        double[] x = new double[rows], labels = new double[rows];
        var ids = new string[rows];
        for (var row = 0; row < rows; row++)
        {
            x[row] = (random.NextUniform() * 2) - 1;
            ids[row] = $"id {random.NextInt(categories)}";
            labels[row] = random.NextUniform() < 1 / (1 + Math.Exp(-1.7 * x[row])) ? 1 : 0;
        }

        return new LabeledRows(new Table(CategoryColumn.FromTexts("id", ids), new NumberColumn("x", x)), labels);
    }

    /// <summary>300 categories in 3,000 rows, each with a rate of its own.</summary>
    private static LabeledRows Useful(ulong seed)
    {
        var rates = new SplitMix64(77);
        double[] rate = [.. Enumerable.Range(0, 300).Select(_ => rates.NextUniform())];
        var random = new SplitMix64(seed);
        int[] categories = [.. Enumerable.Range(0, 3000).Select(_ => random.NextInt(300))];
        return new LabeledRows(
            new Table(CategoryColumn.FromTexts("c", categories.Select(category => $"c{category}"))),
            [.. categories.Select(category => random.NextUniform() < rate[category] ? 1.0 : 0)]);
    }

    private static double Auc(TrainedModel model, LabeledRows rows) => TestAuc.Of(rows.Labels, model.Predict(rows.Features));
}
