using System.Text;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Onnx;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Features;

public sealed class InteractionTests
{
    private static readonly FeatureRecipe Recipe = new() { Interactions = [new("x2", "x1"), new("constant", "x1")] };

    private static readonly LabeledRows Training = TrainingData.Awkward(400, 6);

    private static readonly Table Fresh = TrainingData.Awkward(300, 7).Features;

    // make_pipeline(StandardScaler(), PolynomialFeatures(degree=2, interaction_only=True, include_bias=False),
    //     LogisticRegression(C=1, tol=1e-12, solver="newton-cholesky")), scikit-learn 1.2.1, on the numbers of logistic_reference.py.
    [Fact]
    public void Fit_SameRowsAsScikitLearn_FindsItsWeights()
    {
        var rows = TrainingData.Logistic(300, 42);
        var model = Trainers.Get("logistic-regression").Fit(
            TrainingData.Request(rows with { Features = rows.Features.Without("c") }) with { Recipe = new FeatureRecipe { Interactions = [new("x1", "x2")] } });

        var scorer = (LinearScorer)model.Scorer;
        Assert.Equal(["x1", "x2", "x1 × x2"], model.Features.OutputNames.ToArray());
        Assert.Equal([0.745682342, -0.853398301, -0.202947283, -1.285867948], [.. scorer.Weights, scorer.Intercept], new Within(2e-6));
    }

    [Fact]
    public void Apply_Trees_MultiplyTheNumbersThemselves()
    {
        var table = new Table(new NumberColumn("a", [2, 3, double.NaN, 1e300]), new NumberColumn("b", [5, double.NaN, 1, 1e300]));
        var fitted = FittedFeatures.Fit(table, new FeatureRecipe { Imputation = NumberImputation.None, Standardize = false, Interactions = [new("b", "a")] });

        Assert.Equal([10, double.NaN, double.NaN, 1e100], fitted.Apply(table).Dense[2]);
    }

    [Fact]
    public void Fit_InteractionsThatCannotBe_AreRefusedOrLeftOut()
    {
        var table = new Table(
            new NumberColumn("a", [1, 2]), new NumberColumn("b", [1, 3]), CategoryColumn.FromTexts("c", ["x", "y"]), Column.AllMissing("empty", ColumnKind.Number, 2));

        Assert.Equal("unknown-column", Code("a", "z"));
        Assert.Equal("interaction-kind", Code("a", "c"));
        var fitted = FittedFeatures.Fit(table, new FeatureRecipe { Interactions = [new("b", "a"), new("a", "b"), new("a", "empty")] });
        Assert.Equal(["a", "b", "a × b", "c = (other)"], fitted.OutputNames.ToArray());

        string Code(string first, string second) =>
            Assert.Throws<LearningException>(() => FittedFeatures.Fit(table, new FeatureRecipe { Interactions = [new(first, second)] })).Code;
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("elastic-net")]
    [InlineData("gradient-boosting")]
    [InlineData(ClassMeansTrainer.TrainerName)]
    public void Read_WrittenModel_PredictsTheSameOfTablesAndRows(string trainer)
    {
        var model = Fit(trainer);
        using var file = new MemoryStream();
        model.Write(file);
        file.Position = 0;
        var read = TrainedModel.Read(file);
        var expected = model.Predict(Fresh);

        Assert.Equal(3, file.GetBuffer()[8]);
        Assert.Equal(expected, read.Predict(Fresh));
        Assert.NotEqual(expected, Trainers.Get(trainer).Fit(TrainingData.Request(Training)).Predict(Fresh));
        var scorer = new RowScorer(read, new RowFeatures { Label = "label" }, new TableSchema([.. read.Signature.Inputs.Columns]));
        var row = scorer.NewRow();
        for (var i = 0; i < Fresh.RowCount; i++)
        {
            row.Clear();
            foreach (var (place, column) in scorer.Columns.Index())
            {
                if (Fresh[column.Name] is NumberColumn numbers)
                {
                    row.SetNumber(place, numbers.Values[i]);
                }
                else
                {
                    row.TrySetCell(place, Encoding.UTF8.GetBytes(((CategoryColumn)Fresh[column.Name]).TextAt(i) ?? ""));
                }
            }

            Assert.Equal(expected[i], row.Predict());
        }
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("gradient-boosting")]
    public async Task Write_AsOnnx_ScoresAsTheModelDoes(string trainer)
    {
        var model = Fit(trainer);

        var outputs = await OnnxRuntime.ScoreAsync(model, Fresh);

        Assert.All(model.Predict(Fresh).Zip(outputs["probability"]), pair => Assert.Equal(pair.First, pair.Second, 2e-6));
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("gradient-boosting")]
    public void Contributions_OfAnInteraction_GoToEitherColumnByHalf(string trainer)
    {
        var model = Fit(trainer);
        var contributions = new ModelExplainer(model, new RowFeatures { Label = "label" }, Fresh.Schema).Contributions(Fresh);
        var probabilities = model.Predict(Fresh);

        Assert.Equal(["c", "constant", "x1", "x2"], contributions.Columns.ToArray());
        for (var row = 0; row < probabilities.Length; row++)
        {
            Assert.Equal(Math.Log(probabilities[row] / (1 - probabilities[row])), contributions.Score(row), 1e-9);
        }

        if (model.Scorer is LinearScorer linear)
        {
            // x1 has its own, and half of what it does together with x2; the constant is 0 after scaling.
            var (own, shared) = (model.Features.OutputNames.IndexOf("x1"), model.Features.OutputNames.IndexOf("x1 × x2"));
            var dense = model.Features.Apply(Fresh).Dense;
            Assert.Equal(
                Enumerable.Range(0, Fresh.RowCount).Select(row =>
                    (linear.Weights[own] * (dense[own][row] - linear.Means[own])) + (linear.Weights[shared] / 2 * (dense[shared][row] - linear.Means[shared]))),
                contributions.Values[2],
                new Within(1e-12));
        }
    }

    private static TrainedModel Fit(string trainer) => Trainers.Get(trainer).Fit(TrainingData.Request(Training) with { Recipe = Recipe });
}
