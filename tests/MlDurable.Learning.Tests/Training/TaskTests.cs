using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class TaskTests
{
    private static readonly Table Rows = new(new NumberColumn("x", [1, 2, 3, 4]));

    private static readonly LabeledRows Classes = new(Rows, [0, 1, 1, 2]) { Target = Target.Multiclass(["a", "b", "c", "absent"]) };

    private static readonly LabeledRows Numbers = new(Rows, [1, 2, 3, 10]) { Target = Target.Regression };

    [Fact]
    public void Fit_BaselineOfClasses_PredictsTheirShares()
    {
        var model = Fit("baseline", Classes);

        Assert.Equal([2 / 9.0, 4 / 9.0, 2 / 9.0, 1 / 9.0], model.Predict(Rows.Take([0])), new Within(1e-12));
        Assert.Equal(16, model.Predict(Rows).Length);
        Assert.Equal(Classes.Target, model.Signature.Target);
    }

    [Fact]
    public void Fit_BaselineOfNumbers_PredictsTheMean() => Assert.Equal([4, 4, 4, 4], Fit("baseline", Numbers).Predict(Rows));

    [Fact]
    public void Fit_BaselineWithWeights_CountsRowsByThem()
    {
        Assert.Equal(8.125, Fit("baseline", Numbers with { Weights = [0, 1, 1, 6] }).Predict(Rows)[0], 12);
        Assert.Equal(0.75, Fit("baseline", new LabeledRows(Rows, [0, 0, 1, 1]) { Weights = [1, 0, 1, 2] }).Predict(Rows)[0], 12);
        Assert.Equal(
            [0.5, 0.25, 0.25],
            Fit("baseline", new LabeledRows(Rows, [0, 1, 1, 2]) { Target = Target.Multiclass(["a", "b", "c"]), Weights = [2, 1, 0, 1] }).Predict(Rows.Take([0])),
            new Within(1e-12));
    }

    [Fact]
    public void Read_ModelOfEachTask_PredictsWhatTheWrittenOneDoes()
    {
        foreach (var rows in new[] { Classes, Numbers })
        {
            var model = Fit("baseline", rows);
            var bytes = ModelBytes.Of(model);
            var read = TrainedModel.Read(new MemoryStream(bytes));

            Assert.Equal(model.Predict(Rows), read.Predict(Rows));
            Assert.Equal(model.Target, read.Target);
            Assert.Equal(bytes, ModelBytes.Of(read));
            Assert.Equal(4, bytes[8]);
        }
    }

    [Fact]
    public void Predict_OfOneRow_IsWhatTheTableGives()
    {
        var model = Fit("baseline", Classes);
        var row = new RowScorer(model, new RowFeatures { Label = "y" }, Rows.Schema).NewRow();
        var outputs = new double[4];
        row.Predict(outputs);

        Assert.Equal(model.Predict(Rows.Take([0])), outputs);
        Assert.Throws<ArgumentException>(() => row.Predict(new double[3]));
        Assert.Throws<InvalidOperationException>(() => row.Predict());
        Assert.Equal(4, new RowScorer(Fit("baseline", Numbers), new RowFeatures { Label = "y" }, Rows.Schema).NewRow().Predict());
    }

    [Fact]
    public void Fit_TrainerThatDoesNotLearnTheTask_NamesThoseThatDo()
    {
        var exception = Assert.Throws<LearningException>(() => Fit("naive-bayes", Numbers));

        Assert.Equal("task-unsupported", exception.Code);
        Assert.Contains("baseline", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_LabelsThatAreNoneOfTheTarget_IsRefused()
    {
        Assert.Equal("invalid-labels", Code(Classes with { Labels = [0, 1, 2, 4] }));
        Assert.Equal("invalid-labels", Code(Classes with { Labels = [0, 1, 2, 0.5] }));
        Assert.Equal("invalid-labels", Code(Numbers with { Labels = [0, 1, 2, double.NaN] }));
        Assert.Equal("one-class", Code(Classes with { Labels = [1, 1, 1, 1] }));
        Assert.Equal("one-label", Code(Numbers with { Labels = [7, 7, 7, 7] }));
    }

    [Fact]
    public void Fit_WeightsThatAreNone_IsRefused()
    {
        Assert.Equal("invalid-weights", Code(Numbers with { Weights = [1, 1, 1] }));
        Assert.Equal("invalid-weights", Code(Numbers with { Weights = [1, 1, 1, -1] }));
        Assert.Equal("invalid-weights", Code(Numbers with { Weights = [1, 1, 1, double.NaN] }));
        Assert.Equal("invalid-weights", Code(Numbers with { Weights = [0, 0, 0, 0] }));
    }

    [Fact]
    public void Fit_CalibrationOfOtherLabels_IsRefused() => Assert.Equal(
        "calibration-unsupported",
        Assert.Throws<LearningException>(() => Trainers.Get("baseline").Fit(TrainingData.Request(Numbers) with { Calibration = CalibrationMethod.Platt })).Code);

    [Fact]
    public void Fit_EncodingByLabelsThatAreNotBinary_IsRefused()
    {
        var rows = new LabeledRows(new Table(CategoryColumn.FromTexts("c", ["a", "a", "b", "b"])), [1.5, 2, 3, 10]) { Target = Target.Regression };
        var recipe = new FeatureRecipe { Encodings = System.Collections.Immutable.ImmutableSortedDictionary<string, ColumnEncoding>.Empty.Add("c", new TargetEncoding()) };

        Assert.Equal("encoding-task", Assert.Throws<LearningException>(() => Trainers.Get("ridge").Fit(TrainingData.Request(rows) with { Recipe = recipe })).Code);
    }

    private static string Code(LabeledRows rows) => Assert.Throws<LearningException>(() => Fit("baseline", rows)).Code;

    private static TrainedModel Fit(string trainer, LabeledRows rows) => Trainers.Get(trainer).Fit(TrainingData.Request(rows));
}
