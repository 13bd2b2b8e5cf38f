using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Onnx;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Onnx;

public sealed class OnnxExportTests
{
    private const double Tolerance = 2e-6;

    public static TheoryData<string, FeatureRecipe, CalibrationMethod> Models { get; } = new()
    {
        { "baseline", new(), CalibrationMethod.None },
        { "logistic-regression", new(), CalibrationMethod.None },
        { "logistic-regression", new(), CalibrationMethod.Platt },
        { "logistic-regression", new() { Standardize = false, Imputation = NumberImputation.Mean, FoldRarerThan = 0 }, CalibrationMethod.None },
        { "logistic-regression", new() { Encoding = CategoryEncoding.Ordinal }, CalibrationMethod.None },
        { "elastic-net", new(), CalibrationMethod.None },
        { "gradient-boosting", new(), CalibrationMethod.None },
        { "gradient-boosting", new(), CalibrationMethod.Platt },
        { "naive-bayes", new(), CalibrationMethod.None },
        { "naive-bayes", new() { FoldRarerThan = 0 }, CalibrationMethod.None },
        { "random-forest", new(), CalibrationMethod.None },
        { "random-forest", new(), CalibrationMethod.Platt },
        { "extra-trees", new(), CalibrationMethod.None },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Write_EveryTrainer_ScoresAsTheModelDoesInAnotherRuntime(string trainer, FeatureRecipe recipe, CalibrationMethod calibration)
    {
        var training = TrainingData.Awkward(400, 3);
        var model = Trainers.Get(trainer).Fit(TrainingData.Request(training, TrainingData.Awkward(200, 7)) with { Recipe = recipe, Calibration = calibration });

        // Other rows, with categories that the training rows lack, and cells that are missing where none was.
        var rows = TrainingData.Awkward(300, 4).Features;
        var expected = model.Predict(rows);

        var outputs = await OnnxRuntime.ScoreAsync(model, rows);

        Assert.Equal([OnnxExport.LabelName, OnnxExport.ProbabilityName], outputs.Keys.Order(StringComparer.Ordinal));
        var probabilities = outputs[OnnxExport.ProbabilityName];
        Assert.Equal(expected.Length, probabilities.Length);
        Assert.All(expected.Zip(probabilities), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        Assert.All(
            expected.Zip(outputs[OnnxExport.LabelName]).Where(pair => Math.Abs(pair.First - model.Threshold) > Tolerance),
            pair => Assert.Equal(pair.First >= model.Threshold ? 1 : 0, pair.Second));
    }

    [Theory]
    [InlineData("baseline")]
    [InlineData("logistic-regression")]
    [InlineData("gradient-boosting")]
    [InlineData("random-forest")]
    public async Task Write_SeveralClasses_AreDecidedAsTheModelDoesInAnotherRuntime(string trainer)
    {
        var target = Target.Multiclass(["low", "middle", "high"]);
        var rows = Sums(400, 3);
        var model = Trainers.Get(trainer).Fit(TrainingData.Request(
            rows with { Target = target, Labels = Array.ConvertAll(rows.Labels, label => Math.Clamp(Math.Round(label), 0, 2)) }));
        var unseen = TrainingData.Awkward(300, 4).Features;
        var expected = model.Predict(unseen);

        var outputs = await OnnxRuntime.OutputsAsync(model, unseen);

        Assert.Equal([OnnxExport.LabelName, OnnxExport.ProbabilitiesName], outputs.Keys.Order(StringComparer.Ordinal));
        var probabilities = outputs[OnnxExport.ProbabilitiesName].EnumerateArray().Select(value => value.GetDouble()).ToArray();
        Assert.Equal(expected.Length, probabilities.Length);
        Assert.All(expected.Zip(probabilities), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        var labels = outputs[OnnxExport.LabelName].EnumerateArray().Select(value => value.GetString()).ToArray();
        Assert.All(expected.Chunk(3).Zip(labels), pair => Assert.Equal(target.Classes[Array.IndexOf(pair.First, pair.First.Max())], pair.Second));
    }

    [Theory]
    [InlineData("baseline", 0)]
    [InlineData("ridge", 0)]
    [InlineData("elastic-net", 0)]
    [InlineData("gradient-boosting", 0)]
    [InlineData("gradient-boosting", 1)]
    [InlineData("extra-trees", 0)]
    public async Task Write_Numbers_ArePredictedAsTheModelDoesInAnotherRuntime(string trainer, double tweediePower)
    {
        var rows = Sums(400, 3);
        var model = Trainers.Get(trainer).Fit(TrainingData.Request(
            rows with { Target = Target.Regression }, null, tweediePower > 0 ? [("tweedie-power", tweediePower)] : []));
        var unseen = TrainingData.Awkward(300, 4).Features;

        var outputs = await OnnxRuntime.ScoreAsync(model, unseen);

        Assert.Equal([OnnxExport.PredictionName], outputs.Keys);
        Assert.All(model.Predict(unseen).Zip(outputs[OnnxExport.PredictionName]), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public async Task Write_TreesOfManyLeaves_SendMissingNumbersWhereTheModelDoes()
    {
        var training = TrainingData.Awkward(2000, 5);
        var model = Trainers.Get("gradient-boosting").Fit(TrainingData.Request(training, null, ("trees", 60), ("leaves", 31), ("min-rows-per-leaf", 5)));
        var rows = TrainingData.Awkward(1000, 6).Features;

        var outputs = await OnnxRuntime.ScoreAsync(model, rows);

        Assert.All(model.Predict(rows).Zip(outputs[OnnxExport.ProbabilityName]), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }

    /// <summary>Awkward rows whose labels are numbers of 0 and more.</summary>
    private static LabeledRows Sums(int count, ulong seed)
    {
        var rows = TrainingData.Awkward(count, seed);
        var x1 = ((NumberColumn)rows.Features["x1"]).Values.ToArray();
        return rows with { Labels = [.. rows.Labels.Zip(x1, (label, x) => label + Math.Abs(x))] };
    }

    [Fact]
    public void Write_Twice_GivesTheSameBytes()
    {
        var model = Trainers.Get("gradient-boosting").Fit(TrainingData.Request(TrainingData.Awkward(400, 3)));

        Assert.Equal(Bytes(model), Bytes(model));
    }

    [Fact]
    public void Write_TrainerOfTheProgram_IsRefusedByName()
    {
        var model = Trainers.Get(ClassMeansTrainer.TrainerName).Fit(TrainingData.Request(TrainingData.Awkward(400, 3)));

        var refused = Assert.Throws<LearningException>(() => Bytes(model));

        Assert.Equal("onnx-unsupported", refused.Code);
        Assert.Contains($"'{ClassMeansTrainer.TrainerName}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_IsotonicCalibration_IsRefusedByName()
    {
        var model = Trainers.Get("logistic-regression").Fit(
            TrainingData.Request(TrainingData.Awkward(400, 3), TrainingData.Awkward(300, 4)) with { Calibration = CalibrationMethod.Isotonic });

        var refused = Assert.Throws<LearningException>(() => Bytes(model));

        Assert.Equal("onnx-unsupported", refused.Code);
        Assert.Contains("its isotonic calibration", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("probability")]
    [InlineData("label")]
    public void Write_ColumnNamedAsAnOutput_IsRefusedByName(string name)
    {
        var rows = TrainingData.Logistic(200, 1);
        var features = new Table([.. rows.Features.Columns.Select(column => column is NumberColumn { Name: "x1" } x1 ? new NumberColumn(name, x1.Values.ToArray()) : column)]);
        var model = Trainers.Get("logistic-regression").Fit(TrainingData.Request(rows with { Features = features }));

        Assert.Contains($"'{name}'", Assert.Throws<LearningException>(() => Bytes(model)).Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(TrainedModel model)
    {
        using var stream = new MemoryStream();
        OnnxExport.Write(model, stream);
        return stream.ToArray();
    }
}
