using System.Collections.Immutable;
using System.Text.Json;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Explaining;

public sealed class ModelExplainerTests
{
    private static readonly RowFeatures Rule = new() { Label = "label" };

    private static readonly LabeledRows Rows = TrainingData.Awkward(400, 2);

    public static TheoryData<string> TrainerNames => ["baseline", "logistic-regression", "elastic-net", "gradient-boosting", "naive-bayes", "random-forest", "extra-trees"];

    [Theory]
    [MemberData(nameof(TrainerNames))]
    public void Contributions_OfEveryTrainer_AddUpToTheScore(string trainer)
    {
        foreach (var recipe in new[] { new FeatureRecipe(), new FeatureRecipe { Standardize = false, FoldRarerThan = 0 } })
        {
            var model = Trainers.Get(trainer).Fit(TrainingData.Request(Rows) with { Recipe = recipe });
            var contributions = Explainer(model).Contributions(Rows.Features);
            var probabilities = model.Predict(Rows.Features);
            for (var row = 0; row < probabilities.Length; row++)
            {
                Assert.Equal(ScoreOf(contributions.Unit, probabilities[row]), contributions.Score(row), 1e-9);
            }
        }
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("elastic-net")]
    [InlineData("gradient-boosting")]
    [InlineData("naive-bayes")]
    [InlineData("random-forest")]
    [InlineData("extra-trees")]
    public void BaseValue_OfEveryTrainer_IsTheMeanScoreOfTheTrainingRows(string trainer)
    {
        // For trees that is so because the cover of a node is the number of training rows that reach it.
        var model = Trainers.Get(trainer).Fit(TrainingData.Request(Rows));
        var contributions = Explainer(model).Contributions(Rows.Features);
        var scores = model.Predict(Rows.Features).Select(probability => ScoreOf(contributions.Unit, probability));
        Assert.Equal(scores.Average(), contributions.BaseValue, 1e-9);
    }

    [Fact]
    public void Contributions_OfAWeightedSum_AreWeightTimesDistanceFromTheTrainingMean()
    {
        var model = Train("logistic-regression");
        var linear = (LinearScorer)model.Scorer;
        var values = model.Features.Apply(Rows.Features).Dense[1];
        Assert.Equal("x1", model.Features.OutputNames[1]);
        var contributions = Explainer(model).Contributions(Rows.Features);
        var found = contributions.Values[contributions.Columns.IndexOf("x1")];
        Assert.Equal(values.Select(value => linear.Weights[1] * (value - values.Average())), found, new Within(1e-12));

        // What one-hot features of one column add is taken together, and is 0 on average.
        Assert.Equal(0, contributions.Values[contributions.Columns.IndexOf("c")].Average(), 1e-12);
    }

    [Fact]
    public void Contributions_OfNaiveBayes_AreTheLogRatioLessItsMeanOverTheTrainingRows()
    {
        var model = Train("naive-bayes");
        var bayes = (NaiveBayesScorer)model.Scorer;
        var features = model.Features.Apply(Rows.Features);
        Assert.Equal("x2", model.Features.OutputNames[2]);
        var ratios = features.Dense[2].Select(bayes.Numbers[2].LogRatio).ToArray();
        Assert.Contains(features.Dense[2].Zip(ratios), pair => double.IsNaN(pair.First) && pair.Second == 0);
        var contributions = Explainer(model).Contributions(Rows.Features);
        Assert.Equal(ratios.Select(ratio => ratio - ratios.Average()), contributions.Values[contributions.Columns.IndexOf("x2")], new Within(1e-12));
        var levels = features.Hot[0].Select(feature => bayes.Levels[feature - features.Dense.Length]).ToArray();
        Assert.Equal(levels.Select(level => level - levels.Average()), contributions.Values[contributions.Columns.IndexOf("c")], new Within(1e-12));
    }

    [Fact]
    public async Task Explain_PartsOfADate_CountForTheirColumn()
    {
        var raw = (await BirdStrikes.RawAsync()).Take([.. Enumerable.Range(0, 1500)]);
        var training = LabeledRows.From(BirdStrikes.Rule.Build(raw));
        var model = Trainers.Get("gradient-boosting").Fit(TrainingData.Request(training, null, ("trees", 30)));
        var explainer = new ModelExplainer(model, BirdStrikes.Rule, raw.Schema);
        Assert.Contains("Flight Date", explainer.Columns);
        Assert.DoesNotContain("Flight Date: month", explainer.Columns);

        var explanations = explainer.Explain(raw, 3);
        Assert.Equal(1500, explanations.Length);
        var probabilities = model.Predict(training.Features);
        for (var row = 0; row < explanations.Length; row++)
        {
            var (start, score, reasons, others) = explanations[row];
            Assert.Equal(Math.Log(probabilities[row] / (1 - probabilities[row])), score, 1e-9);
            Assert.Equal(score, start + reasons.Sum(reason => reason.Contribution) + others, 1e-9);
            Assert.InRange(reasons.Length, 1, 3);
            Assert.Equal(reasons.OrderByDescending(reason => Math.Abs(reason.Contribution)), reasons);
            Assert.All(reasons, reason => Assert.Equal(reason.Contribution > 0 ? Direction.Raises : Direction.Lowers, reason.Direction));
            foreach (var reason in reasons.Where(reason => raw[reason.Column] is CategoryColumn))
            {
                Assert.Equal(((CategoryColumn)raw[reason.Column]).TextAt(row), reason.Value);
            }
        }

        var dates = explanations.SelectMany(explanation => explanation.Reasons).Where(reason => reason.Column == "Flight Date").ToArray();
        Assert.NotEmpty(dates);
        Assert.All(dates, reason => Assert.Matches("^19[0-9]{2}-[0-9]{2}-[0-9]{2}T00:00:00Z$", reason.Value));
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("elastic-net")]
    [InlineData("gradient-boosting")]
    [InlineData("naive-bayes")]
    [InlineData("random-forest")]
    public async Task Explain_OneRowAtATime_IsThatOfTheTable(string trainer)
    {
        var raw = (await BirdStrikes.RawAsync()).Take([.. Enumerable.Range(0, 300)]);
        var model = Trainers.Get(trainer).Fit(TrainingData.Request(LabeledRows.From(BirdStrikes.Rule.Build(raw)), null, trainer == "random-forest" ? [("trees", 20)] : []));
        var explainer = new ModelExplainer(model, BirdStrikes.Rule, raw.Schema);
        var expected = explainer.Explain(raw, 4);
        var scorer = new RowScorer(model, BirdStrikes.Rule, raw.Schema);
        var cells = scorer.NewRow(keepsCells: true);
        for (var row = 0; row < raw.RowCount; row++)
        {
            cells.Clear();
            for (var column = 0; column < scorer.Columns.Length; column++)
            {
                Set(cells, column, raw[scorer.Columns[column].Name], row);
            }

            var explanation = cells.Explain(explainer, 4);
            Assert.Equal(expected[row].Reasons.AsEnumerable(), explanation.Reasons);
            Assert.Equal(expected[row] with { Reasons = explanation.Reasons }, explanation);
        }
    }

    [Fact]
    public void Explain_RowsThatAreWrong_AreRefused()
    {
        var model = Train("logistic-regression");
        var explainer = Explainer(model);
        Assert.Equal("signature-mismatch", Assert.Throws<LearningException>(() => explainer.Explain(Rows.Features.Without("x2"), 1)).Code);
        Assert.Throws<ArgumentOutOfRangeException>(() => explainer.Explain(Rows.Features, 0));
        var scorer = new RowScorer(model, Rule, Rows.Features.Schema);
        Assert.Equal("signature-mismatch", Assert.Throws<LearningException>(() => scorer.NewRow(keepsCells: true).Explain(explainer, 1)).Code);
        var forgetful = scorer.NewRow();
        for (var column = 0; column < scorer.Columns.Length; column++)
        {
            forgetful.SetMissing(column);
        }

        Assert.Throws<InvalidOperationException>(() => forgetful.Explain(explainer, 1));
    }

    [Fact]
    public void Explain_ColumnsThatAddNothing_AreNoReasons()
    {
        var explanation = Explainer(Train("baseline")).Explain(Rows.Features.Take([0]), 5)[0];
        Assert.Empty(explanation.Reasons);
        Assert.Equal(explanation.BaseValue, explanation.Score);
        Assert.Equal(0, explanation.Others);
    }

    [Theory]
    [InlineData("logistic-regression", "means")]
    [InlineData("gradient-boosting", "cover")]
    [InlineData("random-forest", "cover")]
    public void Read_FileOfAVersionThatKeptLess_PredictsButCannotBeExplained(string trainer, string member)
    {
        var model = Train(trainer);
        var old = ModelFile.With(model, content =>
        {
            foreach (var owner in content["scorer"]!["trees"]?.AsArray().AsEnumerable() ?? [content["scorer"]])
            {
                Assert.True(owner!.AsObject().Remove(member));
            }
        });
        Assert.Equal(model.Predict(Rows.Features), old.Predict(Rows.Features));
        Assert.Null(ModelExplainer.Obstacle(model));
        var exception = Assert.Throws<LearningException>(() => Explainer(old));
        Assert.Equal("explanation-unavailable", exception.Code);
        Assert.Contains("train it again", exception.Message, StringComparison.Ordinal);

        // Nothing is added to a file that is only read and written.
        Assert.DoesNotContain($"\"{member}\"", ModelFile.Content(old), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("[5,3,3]")]
    [InlineData("[3,3,0]")]
    public void Read_CoverThatContradictsTheTree_IsRefused(string cover) => Assert.Equal("model-file-corrupt", Assert.Throws<LearningException>(() => ModelFile.With(
        Train("gradient-boosting"), content => content["scorer"]!["trees"]![0]!["cover"] = System.Text.Json.Nodes.JsonNode.Parse(cover))).Code);

    [Fact]
    public void Read_MeansThatDoNotFit_AreRefused() => Assert.Equal("model-file-corrupt", Assert.Throws<LearningException>(() => ModelFile.With(
        Train("logistic-regression"), content => content["scorer"]!["means"]!.AsArray().RemoveAt(0))).Code);

    [Fact]
    public void Obstacle_TrainerOfOnesOwn_NamesIt()
    {
        var model = Trainers.Get(ClassMeansTrainer.TrainerName).Fit(TrainingData.Request(Rows));
        Assert.Contains(ClassMeansTrainer.TrainerName, ModelExplainer.Obstacle(model), StringComparison.Ordinal);
    }

    [Fact]
    public void Explanation_AsJson_IsReadBack()
    {
        var explanation = Explainer(Train("logistic-regression")).Explain(Rows.Features.Take([3]), 2)[0];
        var json = JsonSerializer.Serialize(explanation, ExplainingJsonContext.Default.Explanation);
        var read = JsonSerializer.Deserialize(json, ExplainingJsonContext.Default.Explanation)!;
        Assert.Equal(explanation.Reasons.AsEnumerable(), read.Reasons);
        Assert.Equal(explanation with { Reasons = read.Reasons }, read);
        Assert.Contains($"\"direction\":\"{explanation.Reasons[0].Direction}\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_Forest_SaysThatTheScoreIsTheProbability()
    {
        var model = Train("random-forest");
        var explanation = Explainer(model).Explain(Rows.Features.Take([3]), 2)[0];
        Assert.Equal(ScoreUnit.Probability, explanation.Unit);
        Assert.Equal(model.Predict(Rows.Features)[3], explanation.Score, 1e-12);
        Assert.Contains("\"unit\":\"Probability\"", JsonSerializer.Serialize(explanation, ExplainingJsonContext.Default.Explanation), StringComparison.Ordinal);
        Assert.Equal(ScoreUnit.LogOdds, Explainer(Train("gradient-boosting")).Explain(Rows.Features.Take([3]), 2)[0].Unit);
    }

    private static double ScoreOf(ScoreUnit unit, double probability) => unit == ScoreUnit.Probability ? probability : Math.Log(probability / (1 - probability));

    private static TrainedModel Train(string trainer) => Trainers.Get(trainer).Fit(TrainingData.Request(Rows, null, trainer is "gradient-boosting" or "random-forest" ? [("trees", 5)] : []));

    private static ModelExplainer Explainer(TrainedModel model) => new(model, Rule, Rows.Features.Schema);

    private static void Set(ScoringRow row, int place, Column column, int index)
    {
        switch (column)
        {
            case NumberColumn numbers:
                row.SetNumber(place, numbers.Values[index]);
                break;
            case CategoryColumn categories when categories.TextAt(index) is { } text:
                row.SetText(place, text);
                break;
            case TimeColumn times when times.At(index) is { } time:
                row.SetTime(place, new DateTimeOffset(time));
                break;
            default:
                row.SetMissing(place);
                break;
        }
    }
}
