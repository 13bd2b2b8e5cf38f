using System.Text;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

/// <summary>What the trainers of one's own have that the others have not. What all have in common, <see cref="TrainersTests"/> tests of <see cref="ClassMeansTrainer"/> too.</summary>
public sealed class CustomTrainerTests
{
    private static readonly LabeledRows Rows = TrainingData.Logistic(300, 4);

    [Fact]
    public void Register_TypeAndVersionThatAreThere_KeepsTheFirst()
    {
        var before = Trainers.Get(ClassMeansTrainer.TrainerName);

        Parallel.For(0, 100, _ => Trainers.Register(new ClassMeansTrainer()));

        Assert.Same(before, Trainers.Get(ClassMeansTrainer.TrainerName));
        Assert.Single(Trainers.All, trainer => trainer.Name == ClassMeansTrainer.TrainerName);
        Assert.Equal(Trainers.All.Select(trainer => trainer.Name).Order(StringComparer.Ordinal), Trainers.All.Select(trainer => trainer.Name));
        Assert.DoesNotContain(before, Trainers.BuiltIn);
    }

    [Theory]
    [InlineData("baseline")]
    [InlineData("gradient-boosting")]
    [InlineData(ClassMeansTrainer.TrainerName)]
    public void Register_NameOfAnother_IsRefused(string name)
    {
        var before = Trainers.All;

        var exception = Assert.Throws<LearningException>(() => Trainers.Register(new Odd { OwnName = name }));

        Assert.Equal("trainer-name-taken", exception.Code);
        Assert.Contains(Trainers.Get(name).GetType().ToString(), exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, Trainers.All);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("two--hyphens")]
    [InlineData("-before")]
    [InlineData("after-")]
    [InlineData("under_score")]
    [InlineData("../escape")]
    [InlineData("line\n")]
    [InlineData("a2345678901234567890123456789012345678901234567890123456789012345")]
    public void Register_NameThatIsNone_IsRefused(string name) => Invalid(new Odd { OwnName = name }, "its name");

    [Theory]
    [InlineData("")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    public void Register_VersionThatIsNone_IsRefused(string version) => Invalid(new Odd { OwnVersion = version }, "its version");

    [Theory]
    [InlineData("trainer", 0, 1, 0, false)]
    [InlineData("Shrink", 0, 1, 0, false)]
    [InlineData("shrink", 0, 1, 2, false)]
    [InlineData("shrink", 0, 1, double.NaN, false)]
    [InlineData("shrink", 1, 0, 0.5, false)]
    [InlineData("shrink", 0, 1, 0.5, true)]
    [InlineData("shrink", double.NegativeInfinity, 0, double.NegativeInfinity, false)]
    public void Register_HyperparameterThatCannotBe_IsRefused(string name, double minimum, double maximum, double value, bool isInteger) =>
        Invalid(new Odd { Specs = [new(name, minimum, maximum, value, isInteger, "")] }, "hyperparameter");

    [Fact]
    public void Register_HyperparameterTwice_IsRefused() => Invalid(new Odd { Specs = [Spec("a"), Spec("b"), Spec("a")] }, "'a'");

    [Fact]
    public void Version_NotDeclared_IsThatOfTheAssembly() =>
        Assert.Equal(typeof(ClassMeansTrainer).Module.ModuleVersionId.ToString("N"), new ClassMeansTrainer().Version);

    [Fact]
    public void Read_TrainerIsNotRegistered_SaysWhichAndWhatToDo()
    {
        var bytes = ModelBytes.Of(new Odd { OwnName = "elsewhere", OwnVersion = "2.1" }.Fit(TrainingData.Request(Rows)));

        var exception = Assert.Throws<LearningException>(() => Read(bytes));

        Assert.Equal("trainer-not-registered", exception.Code);
        Assert.Contains("'elsewhere' (version 2.1)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Register it", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TrainerIsOneOfTheLibrary_IsNotRegistered()
    {
        var bytes = ModelBytes.Of(new Odd { OwnName = "gradient-boosting" }.Fit(TrainingData.Request(Rows)));
        Assert.Equal("trainer-not-registered", Assert.Throws<LearningException>(() => Read(bytes)).Code);
    }

    [Fact]
    public void Read_StateThatTheTrainerRefuses_IsACorruptFile()
    {
        var random = new SplitMix64(8);
        var right = new ClassMeansTrainer().Fit(TrainingData.Request(Rows));
        for (var i = 0; i < 200; i++)
        {
            var state = Enumerable.Range(0, random.NextInt(60)).Select(_ => (byte)random.NextInt(256)).ToArray();
            if (state.Length == 3 * sizeof(double))
            {
                continue;
            }

            var file = ModelBytes.Of(new TrainedModel(right.Trainer, right.TrainerVersion, right.Features, new CustomScorer(state), right.Threshold));
            var exception = Assert.Throws<LearningException>(() => Read(file));
            Assert.Equal("model-file-corrupt", exception.Code);
            Assert.IsType<FormatException>(exception.InnerException);
        }
    }

    [Fact]
    public void Read_StateBeyondTheLimit_IsACorruptFile()
    {
        var right = new ClassMeansTrainer().Fit(TrainingData.Request(Rows));
        var file = ModelBytes.Of(new TrainedModel(right.Trainer, "1", right.Features, new CustomScorer(new byte[CustomScorer.MaxStateBytes + 1]), 0.5));

        var exception = Assert.Throws<LearningException>(() => Read(file));

        Assert.Equal("model-file-corrupt", exception.Code);
        Assert.Contains("contradicts itself", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_StateBeyondTheLimit_IsRefused() =>
        Fails("model-too-large", new Odd { State = new byte[CustomScorer.MaxStateBytes + 1] });

    [Fact]
    public void Fit_ScorerThatGivesNoNumber_IsRefused()
    {
        var exception = Fails("score-missing", new Odd { Score = double.NaN });
        Assert.Contains("'odd'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(0, 0.5)]
    public void Predict_AnyNumber_IsAProbability(double score, double probability) => Assert.All(
        new Odd { Score = score }.Fit(TrainingData.Request(Rows)).Predict(Rows.Features), given => Assert.Equal(probability, given));

    [Fact]
    public void Fit_ScorerThatReadsAnotherThanItWrote_IsJudgedAsItReads()
    {
        var model = new Odd { Score = 3, ScoreRead = -3 }.Fit(TrainingData.Request(Rows));
        Assert.All(model.Predict(Rows.Features), probability => Assert.True(probability < 0.5));
    }

    [Fact]
    public void Fit_Training_HasFeaturesLabelsValuesAndSeed()
    {
        CustomTraining? seen = null;
        var request = TrainingData.Request(Rows, TrainingData.Logistic(40, 9), ("a", 0.25)) with { Seed = 11 };

        new Odd { Specs = [Spec("a"), Spec("b")], Seen = training => seen = training }.Fit(request);

        Assert.Equal(["x1", "x2", "c = a", "c = b", "c = c"], seen!.FeatureNames.AsEnumerable());
        Assert.Equal((300, 2, 1, 5), (seen.Rows.Rows, seen.Rows.Dense.Length, seen.Rows.Hot.Length, seen.Rows.FeatureCount));
        Assert.Equal(40, seen.ValidationRows.Rows);
        Assert.Equal(Rows.Labels, seen.Labels);
        Assert.Equal(request.Validation.Labels, seen.ValidationLabels);
        Assert.Equal((0.25, 0.5, 11UL), (seen.Hyperparameters["a"], seen.Hyperparameters["b"], seen.Seed));
    }

    private static HyperparameterSpec Spec(string name) => new(name, 0, 1, 0.5, IsInteger: false, "");

    private static void Invalid(CustomTrainer trainer, string what)
    {
        var exception = Assert.Throws<LearningException>(() => Trainers.Register(trainer));
        Assert.Equal("trainer-invalid", exception.Code);
        Assert.Contains(what, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(trainer, Trainers.All);
    }

    private static LearningException Fails(string code, CustomTrainer trainer)
    {
        var exception = Assert.Throws<LearningException>(() => trainer.Fit(TrainingData.Request(Rows)));
        Assert.Equal(code, exception.Code);
        return exception;
    }

    private static TrainedModel Read(byte[] bytes) => TrainedModel.Read(new MemoryStream(bytes));

    /// <summary>Gives every row the same number; whatever is odd about it, a test sets.</summary>
    private sealed class Odd : CustomTrainer
    {
        public string OwnName { get; init; } = "odd";

        public string OwnVersion { get; init; } = "1";

        public IReadOnlyList<HyperparameterSpec> Specs { get; init; } = [];

        public byte[] State { get; init; } = Encoding.UTF8.GetBytes("state");

        public double Score { get; init; }

        public double? ScoreRead { get; init; }

        public Action<CustomTraining>? Seen { get; init; }

        public override string Name => OwnName;

        public override string Version => OwnVersion;

        public override string Description => "Odd.";

        public override IReadOnlyList<HyperparameterSpec> Hyperparameters => Specs;

        protected override ICustomScorer Learn(CustomTraining training, CancellationToken cancellationToken)
        {
            Seen?.Invoke(training);
            return new Constant(Score, State);
        }

        protected internal override ICustomScorer Read(ReadOnlySpan<byte> state, int denseCount, int featureCount) => new Constant(ScoreRead ?? Score, state.ToArray());
    }

    private sealed class Constant(double score, byte[] state) : ICustomScorer
    {
        public double LogOdds(ReadOnlySpan<double> dense, ReadOnlySpan<int> hot) => score;

        public byte[] ToBytes() => state;
    }
}
