using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Features;

public sealed class TextEncodingTests
{
    private static readonly string?[] Documents =
        ["The gull hit the ENGINE.", "Engine 2: gull, gull_strike", null, "a flock of geese hit no engine", "Möwe traf das Triebwerk"];

    // TfidfVectorizer(ngram_range=(1, 2)).fit(documents), scikit-learn 1.2.1, with "" for the missing one.
    [Theory]
    [InlineData("engine", new double[] { 0.21447557765497788, 0.3307700134258465, 0, 0.21073633838524658, 0 })]
    [InlineData("gull", new double[] { 0.2583761898538319, 0.3984747201583652, 0, 0, 0 })]
    [InlineData("the", new double[] { 0.6405012551208611, 0, 0, 0, 0 })]
    [InlineData("hit the", new double[] { 0.32025062756043055, 0, 0, 0, 0 })]
    [InlineData("gull gull_strike", new double[] { 0, 0.4938991447697859, 0, 0, 0 })]
    [InlineData("möwe", new double[] { 0, 0, 0, 0, 0.37796447300922725 })]
    public void Apply_TrainingRows_GivesTheNumbersOfScikitLearn(string term, double[] expected)
    {
        var fitted = Fit(new TextEncoding { InRows = 1 });

        Assert.Equal(27, fitted.OutputNames.Length);
        Assert.Equal(expected, Of(fitted, term, Documents), new Within(1e-14));
    }

    // The same vectorizer's transform.
    [Theory]
    [InlineData("engine", new double[] { 0.24129885168269355, 0, 0.8424553702137063 })]
    [InlineData("gull", new double[] { 0.2906898705929758, 0, 0.33829867104632677 })]
    [InlineData("hit", new double[] { 0.5813797411859516, 0, 0 })]
    [InlineData("the engine", new double[] { 0.3603026019368332, 0, 0 })]
    public void Apply_OtherRows_GivesTheNumbersOfScikitLearn(string term, double[] expected) =>
        Assert.Equal(
            expected, Of(Fit(new TextEncoding { InRows = 1 }), term, "gull hit the engine hit", "unknown words only", "ENGINE engine Engine gull"), new Within(1e-14));

    // TfidfVectorizer(analyzer="char", ngram_range=(2, 3), min_df=2), scikit-learn 1.2.1.
    [Theory]
    [InlineData(" g", 0.24279276952659895)]
    [InlineData("ull", 0.29248957573741824)]
    [InlineData("hit", 0.29248957573741824)]
    [InlineData("en", 0)]
    public void Apply_Characters_GivesTheNumbersOfScikitLearn(string term, double expected)
    {
        var fitted = Fit(new TextEncoding { Unit = TextUnit.Character, From = 2, To = 3, InRows = 2 });

        Assert.Equal(31, fitted.OutputNames.Length);
        Assert.Equal([expected], Of(fitted, term, "  gull \t hit"), new Within(1e-14));
    }

    [Fact]
    public void Fit_MoreTermsThanAllowed_KeepsThoseInTheMostRows()
    {
        // engine is in 3 rows, gull and hit in 2, the others in one.
        Assert.Equal(["t has 'engine'", "t has 'gull'", "t has 'hit'"], Fit(new TextEncoding { InRows = 2 }).OutputNames.ToArray());
        Assert.Equal(["t has 'engine'", "t has 'gull'"], Fit(new TextEncoding { InRows = 1, MostTerms = 2 }).OutputNames.ToArray());
        Assert.Empty(Fit(new TextEncoding { InRows = 4 }).OutputNames);
    }

    [Fact]
    public void Fit_OfLogisticRegression_LearnsFromTermsWhatTheyAreWorth()
    {
        var (training, fresh) = (Reports(3000, 1), Reports(2000, 2));
        var model = Trainers.Get("logistic-regression").Fit(TrainingData.Request(training) with { Recipe = Recipe(new TextEncoding()) });

        var weights = ((LinearScorer)model.Scorer).Weights;
        Assert.InRange(TestAuc.Of(fresh.Labels, model.Predict(fresh.Features)), 0.85, 1);
        Assert.Equal("t has 'broken'", model.Features.OutputNames[weights.IndexOf(weights.Max())]);
        Assert.Equal("t has 'fine'", model.Features.OutputNames[weights.IndexOf(weights.Min())]);
    }

    [Fact]
    public void Evaluate_SparseFeatures_GivesTheGradientOfTheValue()
    {
        var rows = Reports(100, 3);
        var fitted = FittedFeatures.Fit(rows.Features, Recipe(new TextEncoding { InRows = 20 }));
        var objective = new LogisticObjective(fitted.Apply(rows.Features), rows.Labels, 0.7, 1);
        var random = new SplitMix64(9);
        var point = Enumerable.Range(0, fitted.OutputNames.Length + 1).Select(_ => random.NextUniform() - 0.5).ToArray();
        var gradient = new double[point.Length];
        objective.Evaluate(point, gradient);
        Assert.InRange(point.Length, 5, 200);
        for (var i = 0; i < point.Length; i++)
        {
            double At(double offset)
            {
                var moved = (double[])point.Clone();
                moved[i] += offset;
                return objective.Evaluate(moved, new double[point.Length]);
            }

            Assert.Equal((At(1e-6) - At(-1e-6)) / 2e-6, gradient[i], 1e-5);
        }
    }

    [Theory]
    [InlineData("elastic-net")]
    [InlineData("gradient-boosting")]
    [InlineData(ClassMeansTrainer.TrainerName)]
    public void Fit_TrainerThatTakesNoText_IsRefusedByName(string trainer)
    {
        var request = TrainingData.Request(Reports(100, 1)) with { Recipe = Recipe(new TextEncoding()) };

        var refused = Assert.Throws<LearningException>(() => Trainers.Get(trainer).Fit(request));

        Assert.Equal("text-unsupported", refused.Code);
        Assert.Contains($"'{trainer}' takes no text, and the column 't'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encoding_OutsideItsRanges_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextEncoding { From = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextEncoding { To = 11 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextEncoding { MostTerms = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextEncoding { InRows = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Fit(new TextEncoding { From = 3 }));
    }

    private static FittedFeatures Fit(TextEncoding encoding) => FittedFeatures.Fit(Texts(Documents), Recipe(encoding));

    private static FeatureRecipe Recipe(TextEncoding encoding) =>
        new() { Encodings = ImmutableSortedDictionary<string, ColumnEncoding>.Empty.Add("t", encoding) };

    private static Table Texts(params string?[] texts) => new(CategoryColumn.FromTexts("t", texts));

    private static double[] Of(FittedFeatures fitted, string term, params string?[] texts)
    {
        var feature = fitted.OutputNames.IndexOf($"t has '{term}'");
        Assert.True(feature >= 0, $"no term '{term}'");
        var block = Assert.Single(fitted.Apply(Texts(texts)).Sparse);
        return [.. Enumerable.Range(0, texts.Length).Select(row => block.At(row).ToArray().SingleOrDefault(value => value.Feature == feature).Value)];
    }

    /// <summary>Reports of ten words, of which two say something.</summary>
    private static LabeledRows Reports(int rows, ulong seed)
    {
        var random = new SplitMix64(seed);
        var labels = new double[rows];
        var texts = new string?[rows];
        for (var row = 0; row < rows; row++)
        {
            labels[row] = random.NextInt(2);
            string[] words = [.. Enumerable.Range(0, 10).Select(_ => $"word{random.NextInt(50)}")];
            if (random.NextUniform() < 0.8)
            {
                words[random.NextInt(10)] = labels[row] == 1 ? "broken" : "fine";
            }

            texts[row] = string.Join(' ', words);
        }

        return new LabeledRows(Texts(texts), labels);
    }
}
