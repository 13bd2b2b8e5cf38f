using System.Text.Json;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Explaining;

public sealed class ModelExplanationTests
{
    private static readonly RowFeatures Rule = new() { Label = "label" };

    private static readonly LabeledRows Rows = TrainingData.Awkward(400, 2);

    private static readonly TrainedModel Model = Trainers.Get("gradient-boosting").Fit(TrainingData.Request(Rows, null, ("trees", 10)));

    [Fact]
    public void Of_MoreRowsThanAllowed_IsOverTheSameDrawnOnesForTheSameSeed()
    {
        var options = new ModelExplanationOptions { MaxRows = 50, Seed = 4 };
        var explanation = Explain(Model, Rows.Features, options);
        Assert.Equal(50, explanation.Rows);
        Assert.Equal(Json(explanation), Json(Explain(Model, Rows.Features, options)));
        Assert.NotEqual(Json(explanation), Json(Explain(Model, Rows.Features, options with { Seed = 5 })));
    }

    [Fact]
    public void Of_AllRows_MeansAreThoseOfTheContributions()
    {
        var explanation = Explain(Model, Rows.Features, new ModelExplanationOptions());
        var contributions = new ModelExplainer(Model, Rule, Rows.Features.Schema).Contributions(Rows.Features);
        Assert.Equal(contributions.BaseValue, explanation.BaseValue);
        Assert.All(
            explanation.Contributions,
            mean => Assert.Equal(contributions.Values[contributions.Columns.IndexOf(mean.Column)].Average(Math.Abs), mean.MeanAbsolute));
        Assert.Equal(["c", "constant", "x1", "x2"], explanation.Contributions.Select(mean => mean.Column).Order(StringComparer.Ordinal));
        Assert.Equal(new MeanContribution("constant", 0), explanation.Contributions[^1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Of_FewerCurvesThanColumns_DrawsTheMostImportant(int curves) => Assert.Equal(
        new[] { "x1", "c" }.Take(curves), Explain(Model, Rows.Features, new ModelExplanationOptions { Curves = curves }).Curves.Select(curve => curve.Column));

    [Fact]
    public void Of_ModelWithoutContributions_SaysWhyAndGivesTheRest()
    {
        var explanation = Explain(
            Trainers.Get(ClassMeansTrainer.TrainerName).Fit(TrainingData.Request(Rows)), Rows.Features, new ModelExplanationOptions());
        Assert.Empty(explanation.Contributions);
        Assert.Null(explanation.BaseValue);
        Assert.NotNull(explanation.Obstacle);
        Assert.NotEmpty(explanation.Curves);
    }

    [Fact]
    public void Of_CalibratedModel_IsOfTheScoreBeforeTheCalibrationAndSaysSo()
    {
        var calibrated = Trainers.Get("gradient-boosting").Fit(
            TrainingData.Request(Rows, Rows, ("trees", 10), ("early-stopping-rounds", 0)) with { Calibration = CalibrationMethod.Platt });
        var explanation = Explain(calibrated, Rows.Features, new ModelExplanationOptions());
        var before = Explain(Model, Rows.Features, new ModelExplanationOptions());
        Assert.Equal((CalibrationMethod.Platt, CalibrationMethod.None), (explanation.Calibration, before.Calibration));
        Assert.Equal(before.Contributions.AsEnumerable(), explanation.Contributions);
        Assert.Equal(before.BaseValue, explanation.BaseValue);
        Assert.Contains("\"calibration\":\"Platt\"", Json(explanation), StringComparison.Ordinal);
        Assert.DoesNotContain("calibration", Json(before), StringComparison.Ordinal);

        // The curves are means of the probabilities that a caller gets.
        Assert.NotEqual(before.Curves[0].Points.AsEnumerable(), explanation.Curves[0].Points);
    }

    [Fact]
    public void Of_AsJson_IsReadBack()
    {
        var json = Json(Explain(Model, Rows.Features, new ModelExplanationOptions()));
        Assert.Equal(json, Json(JsonSerializer.Deserialize(json, ExplainingJsonContext.Default.ModelExplanation)!));
    }

    [Fact]
    public void Of_WrongInput_IsRefused()
    {
        Assert.Equal("no-rows", Assert.Throws<LearningException>(() => Explain(Model, Rows.Features.Take([]), new ModelExplanationOptions())).Code);
        Assert.Throws<ArgumentOutOfRangeException>(() => Explain(Model, Rows.Features, new ModelExplanationOptions { MaxRows = 0 }));
    }

    private static ModelExplanation Explain(TrainedModel model, Table rows, ModelExplanationOptions options) => ModelExplanation.Of(
        model, Rule, Rows.Features.Schema, rows, "roc-auc", [new("x1", 0.2, 0), new("c", 0.1, 0), new("x2", 0.1, 0)], options);

    private static string Json(ModelExplanation explanation) => JsonSerializer.Serialize(explanation, ExplainingJsonContext.Default.ModelExplanation);
}
