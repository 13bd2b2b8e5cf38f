using System.Collections.Immutable;
using System.Text;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Onnx;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Features;

/// <summary>What holds of every encoding with every trainer.</summary>
public sealed class ColumnEncodingTests
{
    private static readonly RowFeatures Rule = new() { Label = "label" };

    private static readonly LabeledRows Training = TrainingData.Awkward(400, 6);

    // With categories that the training rows lack.
    private static readonly Table Fresh = TrainingData.Awkward(300, 7).Features;

    public static TheoryData<string, ColumnEncoding> Encodings => new()
    {
        { "logistic-regression", new TargetEncoding() },
        { "elastic-net", new TargetEncoding() },
        { "gradient-boosting", new TargetEncoding() },
        { ClassMeansTrainer.TrainerName, new TargetEncoding() },
        { "logistic-regression", new HashEncoding { Buckets = 16 } },
        { "elastic-net", new HashEncoding { Buckets = 16 } },
        { "gradient-boosting", new HashEncoding { Buckets = 16 } },
        { "logistic-regression", new TextEncoding { InRows = 2 } },
        { "logistic-regression", new TextEncoding { Unit = TextUnit.Character, To = 3, InRows = 2 } },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Read_WrittenModel_PredictsTheSameOfTablesAndRows(string trainer, ColumnEncoding encoding)
    {
        var model = Fit(trainer, encoding);
        var bytes = ModelBytes.Of(model);
        var read = TrainedModel.Read(new MemoryStream(bytes));
        var expected = model.Predict(Fresh);

        Assert.Equal(bytes, ModelBytes.Of(read));
        Assert.Equal(expected, read.Predict(Fresh));
        Assert.NotEqual(expected, Trainers.Get(trainer).Fit(TrainingData.Request(Training)).Predict(Fresh));

        var schema = new TableSchema([.. read.Signature.Inputs.Columns]);
        var row = new RowScorer(read, Rule, schema).NewRow();
        for (var i = 0; i < Fresh.RowCount; i++)
        {
            row.Clear();
            for (var column = 0; column < schema.Columns.Length; column++)
            {
                Set(row, column, Fresh[schema.Columns[column].Name], i);
            }

            Assert.Equal(expected[i], row.Predict());
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Probability_OfARowThatIsFilledAgain_AllocatesNothing(string trainer, ColumnEncoding encoding)
    {
        var model = Fit(trainer, encoding);
        var row = new RowScorer(model, Rule, new TableSchema([.. model.Signature.Inputs.Columns])).NewRow();
        byte[][] cells = [.. model.Signature.Inputs.Columns.Select((column, place) => Encoding.UTF8.GetBytes(column.Kind == ColumnKind.Number ? $"{place}.5" : "rare a"))];
        Score();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Score();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Score()
        {
            row.Clear();
            for (var column = 0; column < cells.Length; column++)
            {
                row.TrySetCell(column, cells[column]);
            }

            row.Predict();
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Fit_OtherValidationRows_LearnsTheSame(string trainer, ColumnEncoding encoding)
    {
        var other = TrainingData.Awkward(150, 10);
        var opposite = other with { Labels = [.. other.Labels.Select(label => 1 - label)] };

        Assert.Equal(
            Fit(trainer, encoding, TrainingData.Awkward(200, 9)).Predict(Fresh), Fit(trainer, encoding, opposite).Predict(Fresh));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public async Task Write_AsOnnx_ScoresAsTheModelDoesOrIsRefusedByName(string trainer, ColumnEncoding encoding)
    {
        var model = Fit(trainer, encoding);
        if (trainer == ClassMeansTrainer.TrainerName)
        {
            Assert.Contains(trainer, (await Assert.ThrowsAsync<LearningException>(() => OnnxRuntime.ScoreAsync(model, Fresh))).Message, StringComparison.Ordinal);
            return;
        }

        if (encoding is not TargetEncoding)
        {
            var refused = await Assert.ThrowsAsync<LearningException>(() => OnnxRuntime.ScoreAsync(model, Fresh));
            Assert.Equal("onnx-unsupported", refused.Code);
            Assert.Contains(encoding is HashEncoding ? "the categories of the column 'c' are hashed" : "the column 'c' is text", refused.Message, StringComparison.Ordinal);
            return;
        }

        var outputs = await OnnxRuntime.ScoreAsync(model, Fresh);
        Assert.All(model.Predict(Fresh).Zip(outputs["probability"]), pair => Assert.Equal(pair.First, pair.Second, 2e-6));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Explain_EncodedColumn_IsNamedAndReasonsAddUpToTheScore(string trainer, ColumnEncoding encoding)
    {
        var model = Fit(trainer, encoding);
        if (trainer == ClassMeansTrainer.TrainerName)
        {
            Assert.Contains(trainer, ModelExplainer.Obstacle(model), StringComparison.Ordinal);
            return;
        }

        var explainer = new ModelExplainer(model, Rule, Fresh.Schema);
        Assert.Equal(["c", "constant", "x1", "x2"], explainer.Columns.ToArray());
        var contributions = explainer.Contributions(Fresh);
        var probabilities = model.Predict(Fresh);
        for (var row = 0; row < probabilities.Length; row++)
        {
            Assert.Equal(Math.Log(probabilities[row] / (1 - probabilities[row])), contributions.Score(row), 1e-9);
        }

        Assert.Contains(contributions.Means(), mean => mean is { Column: "c", MeanAbsolute: > 0.01 });
    }

    [Fact]
    public void Read_VersionOfTheFile_IsTheLeastThatKnowsItsContent()
    {
        var plain = ModelBytes.Of(Trainers.Get("logistic-regression").Fit(TrainingData.Request(Training)));
        var encoded = ModelBytes.Of(Fit("logistic-regression", new TargetEncoding()));

        Assert.Equal(1, plain[8]);
        Assert.DoesNotContain("encodings", Encoding.UTF8.GetString(plain), StringComparison.Ordinal);
        Assert.Equal(3, encoded[8]);
        var validation = TrainingData.Awkward(300, 9);
        var calibrated = Trainers.Get("logistic-regression").Fit(TrainingData.Request(Training, validation) with
        {
            Calibration = CalibrationMethod.Platt,
            Recipe = new FeatureRecipe { Encodings = ImmutableSortedDictionary<string, ColumnEncoding>.Empty.Add("c", new TextEncoding { InRows = 2 }) },
        });
        Assert.Equal(3, ModelBytes.Of(calibrated)[8]);
        Assert.Equal(calibrated.Predict(Fresh), TrainedModel.Read(new MemoryStream(ModelBytes.Of(calibrated))).Predict(Fresh));
        AssertRefused(1, "contradicts itself");
        AssertRefused(2, "contradicts itself");
        AssertRefused(4, "contradicts itself");
        AssertRefused(5, "its version is 5");

        void AssertRefused(byte version, string message)
        {
            byte[] changed = [.. encoded];
            changed[8] = version;
            var refused = Assert.Throws<LearningException>(() => TrainedModel.Read(new MemoryStream(changed)));
            Assert.Equal("model-file-corrupt", refused.Code);
            Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        }
    }

    internal static TrainedModel Fit(string trainer, ColumnEncoding encoding, LabeledRows? validation = null) => Trainers.Get(trainer).Fit(
        TrainingData.Request(Training, validation, trainer == "gradient-boosting" ? [("early-stopping-rounds", 0), ("trees", 20)] : []) with
        {
            Recipe = new FeatureRecipe { Encodings = ImmutableSortedDictionary<string, ColumnEncoding>.Empty.Add("c", encoding) },
        });

    private static void Set(ScoringRow row, int place, Column column, int index)
    {
        if (column is NumberColumn numbers)
        {
            row.SetNumber(place, numbers.Values[index]);
        }
        else if (((CategoryColumn)column).TextAt(index) is not { } text)
        {
            row.SetMissing(place);
        }
        else if (index % 2 == 0)
        {
            row.SetText(place, text);
        }
        else
        {
            Assert.True(row.TrySetCell(place, Encoding.UTF8.GetBytes(text)));
        }
    }
}
