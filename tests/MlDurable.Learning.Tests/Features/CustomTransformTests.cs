using System.Collections.Immutable;
using System.Text;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Features;

public sealed class CustomTransformTests
{
    private static readonly FeatureRecipe Plain = new() { Standardize = false };
    private static readonly ImmutableSortedDictionary<string, string> OfX2 = ImmutableSortedDictionary<string, string>.Empty.Add("x2", DistanceTransform.TransformName);

    public static TheoryData<string> TrainersWithFeatures => [.. Trainers.All.Select(trainer => trainer.Name).Where(name => name != "baseline")];

    [Fact]
    public void Register_LikeATrainer_OnceByAName()
    {
        Parallel.For(0, 50, _ => Transforms.Register(new DistanceTransform()));

        Assert.Single(Transforms.All);
        Assert.Equal("transform-name-taken", Assert.Throws<LearningException>(() => Transforms.Register(new Odd { OwnName = DistanceTransform.TransformName })).Code);
        Assert.Equal("transform-invalid", Assert.Throws<LearningException>(() => Transforms.Register(new Odd { OwnName = "Odd" })).Code);
        var missing = Assert.Throws<LearningException>(() => Transforms.Get("test-distanse"));
        Assert.Equal("transform-not-registered", missing.Code);
        Assert.Contains("Did you mean 'test-distance'?", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_Transform_ComesBeforeImputationAndScaling()
    {
        var training = new Table(new NumberColumn("n", [1, double.NaN, 2, 12]), new NumberColumn("other", [1, 2, 3, 4]));
        var transforms = new Dictionary<string, string> { ["n"] = DistanceTransform.TransformName };

        var fitted = FittedFeatures.Fit(training, Plain, transforms);

        // The median of the values is 2, that of their distances 1.
        Assert.Equal([1, 1, 0, 10], fitted.Apply(training).Dense[0]);
        Assert.Equal([1, 2, 3, 4], fitted.Apply(training).Dense[1]);
        Assert.Equal([98, 1], fitted.Apply(new Table(new NumberColumn("n", [100, double.NaN]), new NumberColumn("other", [0, 0]))).Dense[0]);
        var standardized = FittedFeatures.Fit(training, new FeatureRecipe(), transforms).Apply(training).Dense[0];
        Assert.Equal(0, standardized.Average(), 1e-12);
    }

    [Theory]
    [MemberData(nameof(TrainersWithFeatures))]
    public void Read_ModelWithATransform_PredictsTheSameOfTablesAndRows(string trainer)
    {
        var rows = TrainingData.For(Trainers.Get(trainer), TrainingData.Awkward(400, 6));
        var plain = Trainers.Get(trainer).Fit(TrainingData.Request(rows));
        var model = Trainers.Get(trainer).Fit(TrainingData.Request(rows) with { Transforms = OfX2 });
        var bytes = ModelBytes.Of(model);
        var read = Read(bytes);

        Assert.Equal(bytes, ModelBytes.Of(read));
        Assert.Equal(model.Predict(rows.Features), read.Predict(rows.Features));
        Assert.NotEqual(plain.Predict(rows.Features), read.Predict(rows.Features));
        Assert.DoesNotContain("\"transform\"", Encoding.UTF8.GetString(ModelBytes.Of(plain)), StringComparison.Ordinal);

        var schema = new TableSchema([.. read.Signature.Inputs.Columns]);
        var row = new RowScorer(read, new RowFeatures { Label = "label" }, schema).NewRow();
        var expected = read.Predict(rows.Features);
        for (var i = 0; i < 50; i++)
        {
            row.Clear();
            for (var column = 0; column < schema.Columns.Length; column++)
            {
                Set(row, column, rows.Features[schema.Columns[column].Name], i);
            }

            Assert.Equal(expected[i], row.Predict());
        }
    }

    [Fact]
    public void Read_TransformIsNotRegistered_SaysWhichAndWhatToDo()
    {
        var exception = Assert.Throws<LearningException>(() => Read(ModelBytes.Of(With(new FittedTransform("elsewhere", "7", [])))));
        Assert.Equal("transform-not-registered", exception.Code);
        Assert.Contains("the transform 'elsewhere' (version 7)", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(FittedTransform.MaxStateBytes + 1)]
    public void Read_StateThatCannotBe_IsACorruptFile(int length)
    {
        var exception = Assert.Throws<LearningException>(() => Read(ModelBytes.Of(With(new FittedTransform(DistanceTransform.TransformName, "1", new byte[length])))));
        Assert.Equal("model-file-corrupt", exception.Code);
    }

    [Fact]
    public void Fit_OddTransforms_AreRefused()
    {
        var column = new NumberColumn("n", [1, 2, 3]);
        Assert.Equal("model-too-large", Code(new Odd { State = new byte[FittedTransform.MaxStateBytes + 1] }));
        Assert.Equal("transform-without-values", Code(new Odd { Result = double.NaN }));
        Assert.Equal("transform-without-values", Code(new Odd { Result = double.PositiveInfinity }));
        Assert.Equal(5, FittedNumber.Fit(column, Plain, new Odd { Result = 5 }).Apply(1));

        string Code(Odd transform) => Assert.Throws<LearningException>(() => FittedNumber.Fit(column, Plain, transform)).Code;
    }

    private static void Set(ScoringRow row, int place, Column column, int index)
    {
        if (column is NumberColumn numbers)
        {
            row.SetNumber(place, numbers.Values[index]);
        }
        else if (((CategoryColumn)column).TextAt(index) is { } text)
        {
            row.SetText(place, text);
        }
        else
        {
            row.SetMissing(place);
        }
    }

    /// <summary>A model whose only column has a transform.</summary>
    private static TrainedModel With(FittedTransform transform) =>
        new("logistic-regression", "1", new FittedFeatures([new FittedNumber("n", 0, 0, 1, transform)], [], [], []), new LinearScorer(0, [1]), 0.5);

    private static TrainedModel Read(byte[] bytes) => TrainedModel.Read(new MemoryStream(bytes));

    private sealed class Odd : CustomTransform
    {
        public string OwnName { get; init; } = "odd";

        public double Result { get; init; }

        public byte[] State { get; init; } = [];

        public override string Name => OwnName;

        protected internal override ICustomTransform Fit(ReadOnlySpan<double> values) => new Constant(Result, State);

        protected internal override ICustomTransform Read(ReadOnlySpan<byte> state) => new Constant(Result, state.ToArray());
    }

    private sealed class Constant(double result, byte[] state) : ICustomTransform
    {
        public double Apply(double value) => result;

        public byte[] ToBytes() => state;
    }
}
