using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Features;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Models;

public sealed class TrainedModelTests
{
    private const int HeadBytes = 20;

    private static readonly LabeledRows Rows = TrainingData.Awkward(400, 2);

    private static readonly Lazy<TrainedModel[]> Trained = new(() =>
        [.. Trainers.All.SelectMany(trainer => trainer.Tasks.Select(task => (Trainer: trainer, Task: task))).Select(pair => pair.Trainer.Fit(TrainingData.Request(
            TrainingData.For(pair.Trainer, Rows, pair.Task), null, pair.Trainer.Hyperparameters.Any(spec => spec.Name == "trees") ? [("trees", 3), ("leaves", 4)] : []) with
        {
            Transforms = pair.Trainer is CustomTrainer
                ? ImmutableSortedDictionary<string, string>.Empty.Add("x2", DistanceTransform.TransformName)
                : ImmutableSortedDictionary<string, string>.Empty,
        })),
        .. new[] { CalibrationMethod.Platt, CalibrationMethod.Isotonic }.Select(
            method => Trainers.Get("logistic-regression").Fit(TrainingData.Request(Rows, TrainingData.Awkward(300, 3)) with { Calibration = method }))]);

    private static readonly Lazy<TrainedModel[]> Encoded = new(() =>
        [.. new ColumnEncoding[] { new TargetEncoding(), new HashEncoding { Buckets = 8 }, new TextEncoding { InRows = 2 } }.Select(encoding =>
            Trainers.Get("logistic-regression").Fit(TrainingData.Request(Rows) with
            {
                Recipe = new FeatureRecipe
                {
                    Encodings = ImmutableSortedDictionary<string, ColumnEncoding>.Empty.Add("c", encoding),
                    Interactions = [new("x1", "x2")],
                },
            }))]);

    [Fact]
    public void Read_OfAnyWrittenModel_PredictsTheSame()
    {
        var cases =
            from trainer in Gen.Elements(Trainers.All.AsEnumerable())
            from task in Gen.Elements(trainer.Tasks.AsEnumerable())
            from rows in Gen.Choose(20, 120)
            from seed in Gen.Choose(0, 1_000_000)
            from calibration in Gen.Elements(Enum.GetValues<CalibrationMethod>())
            select (trainer, task, rows, seed, calibration: task == LearningTask.Binary ? calibration : CalibrationMethod.None);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var rows = TrainingData.Awkward(item.rows, (ulong)item.seed);
            rows = TrainingData.For(item.trainer, rows with { Labels = [1, 0, .. rows.Labels[2..]] }, item.task);
            var validation = TrainingData.For(item.trainer, TrainingData.Awkward(400, (ulong)item.seed + 1), item.task);
            var model = item.trainer.Fit(TrainingData.Request(rows, validation) with { Calibration = item.calibration });
            var bytes = ModelBytes.Of(model);
            var read = Read(bytes);
            Assert.Equal(model.Predict(rows.Features), read.Predict(rows.Features));
            Assert.Equal(
                (model.Trainer, model.TrainerVersion, model.Threshold, model.Signature, model.Calibration),
                (read.Trainer, read.TrainerVersion, read.Threshold, read.Signature, read.Calibration));
            Assert.Equal(bytes, ModelBytes.Of(read));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Signature_OfTrainedModel_NamesTheColumnsWithValues()
    {
        var expected = new TableSchema(
        [
            new ColumnSchema("constant", ColumnKind.Number), new ColumnSchema("x1", ColumnKind.Number),
            new ColumnSchema("x2", ColumnKind.Number), new ColumnSchema("c", ColumnKind.Category),
        ]);
        Assert.Equal(expected, Model("logistic-regression").Signature.Inputs);
        Assert.Equal(expected, Model("gradient-boosting").Signature.Inputs);
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("gradient-boosting")]
    [InlineData("random-forest")]
    public void Predict_OtherColumns_AreCheckedAgainstTheSignature(string trainer)
    {
        var model = Model(trainer);
        var expected = model.Predict(Rows.Features);
        var reordered = new Table([.. Rows.Features.Columns.Reverse(), new NumberColumn("extra", new double[400])]);
        Assert.Equal(expected, model.Predict(reordered));
        Assert.Equal(expected, model.Predict(Rows.Features.Without("missing number", "missing category")));
        var missing = Assert.Throws<LearningException>(() => model.Predict(Rows.Features.Without("x2")));
        Assert.Equal("signature-mismatch", missing.Code);
        Assert.Contains("'x2'", missing.Message, StringComparison.Ordinal);
        var retyped = new Table([.. Rows.Features.Without("c").Columns, Rows.Features["x1"].Rename("c")]);
        Assert.Equal("signature-mismatch", Assert.Throws<LearningException>(() => model.Predict(retyped)).Code);
    }

    [Fact]
    public void Read_AnyFlippedBit_IsFound()
    {
        foreach (var bytes in Trained.Value.Select(ModelBytes.Of))
        {
            var random = new SplitMix64(3);
            for (var i = 0; i < 3000; i++)
            {
                var bit = i < HeadBytes * 8 ? i : random.NextInt(bytes.Length * 8);
                var damaged = (byte[])bytes.Clone();
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                AssertCorrupt(damaged);
            }
        }
    }

    [Fact]
    public void Write_WithoutCalibration_IsTheFileOfVersionsBeforeThereWasAny()
    {
        var model = Trainers.Get("baseline").Fit(TrainingData.Request(TrainingData.Take(Rows, [Array.IndexOf(Rows.Labels, 0), Array.IndexOf(Rows.Labels, 1)])));
        const string Content =
            """{"trainer":"baseline","trainerVersion":"1","threshold":0.5,"numbers":[],"categories":[],"scorer":{"kind":"prior","score":0}}""";
        Assert.Equal(WithContent(Content), ModelBytes.Of(model));
        Assert.Equal((CalibrationMethod.None, 0.5), (Read(WithContent(Content)).Calibration, Read(WithContent(Content)).Predict(Rows.Features)[0]));
    }

    [Theory]
    [InlineData("""{"kind":"platt","a":-2,"b":1}""", 2, true)]
    [InlineData("""{"kind":"isotonic","scores":[-1,2],"probabilities":[0.25,0.5]}""", 2, true)]
    [InlineData("""{"kind":"platt","a":-2,"b":1}""", 1, false)]
    [InlineData("null", 2, false)]
    [InlineData("""{"kind":"platt","a":2,"b":1}""", 2, false)]
    [InlineData("""{"kind":"platt","a":-1e101,"b":1}""", 2, false)]
    [InlineData("""{"kind":"platt","a":-1,"b":1e101}""", 2, false)]
    [InlineData("""{"kind":"other"}""", 2, false)]
    [InlineData("""{"kind":"isotonic","scores":[],"probabilities":[]}""", 2, false)]
    [InlineData("""{"kind":"isotonic","scores":[1],"probabilities":[0.5,0.5]}""", 2, false)]
    [InlineData("""{"kind":"isotonic","scores":[1,1],"probabilities":[0.5,0.5]}""", 2, false)]
    [InlineData("""{"kind":"isotonic","scores":[0,1],"probabilities":[0.5,0.4]}""", 2, false)]
    [InlineData("""{"kind":"isotonic","scores":[0,1],"probabilities":[-0.1,0.4]}""", 2, false)]
    [InlineData("""{"kind":"isotonic","scores":[0,1],"probabilities":[0.5,1.5]}""", 2, false)]
    [InlineData("""{"kind":"isotonic","scores":[0,1001],"probabilities":[0.5,1]}""", 2, false)]
    public void Read_Calibration_IsChecked(string calibration, int version, bool isSound)
    {
        var bytes = WithContent(
            $$"""{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[],"categories":[],"scorer":{"kind":"prior","score":0.5},"calibration":{{calibration}}}""",
            version);
        if (isSound)
        {
            // Half of the way from -1 to 2; and 1 / (1 + exp(-2 * 0.5 + 1)).
            Assert.Equal(calibration.Contains("platt", StringComparison.Ordinal) ? 0.5 : 0.375, Read(bytes).Predict(Rows.Features)[0], 1e-15);
        }
        else
        {
            AssertCorrupt(bytes);
        }
    }

    [Fact]
    public void Read_CutOrLongerFile_IsFound()
    {
        var bytes = ModelBytes.Of(Model("baseline"));
        for (var length = 0; length < bytes.Length; length++)
        {
            AssertCorrupt(bytes[..length]);
        }

        AssertCorrupt([.. bytes, 0]);
    }

    [Fact]
    public void Read_RandomBytes_AreRefused()
    {
        var random = new SplitMix64(5);
        for (var i = 0; i < 5000; i++)
        {
            var noise = Enumerable.Range(0, random.NextInt(200)).Select(_ => (byte)random.NextInt(256)).ToArray();
            AssertCorrupt(i % 2 == 0 ? noise : [.. ModelBytes.Of(Model("baseline"))[..12], .. noise]);
        }
    }

    [Fact]
    public void Read_FalseLength_AllocatesLittle()
    {
        var bytes = ModelBytes.Of(Model("baseline"));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), 200 << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertCorrupt(bytes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Read_ChangedContentUnderARightChecksum_IsRefusedOrSafe()
    {
        var random = new SplitMix64(99);
        var pieces = new[] { "null", "-1", "0", "1e300", "999", "[]", "{}", "\"x\"", "true", ",", "]", "NaN" };
        var (refused, read) = (0, 0);
        foreach (var bytes in Trained.Value.Concat(Encoded.Value).Select(ModelBytes.Of))
        {
            var content = Encoding.UTF8.GetString(bytes[HeadBytes..]);
            var tokens = string.Concat(content.Select(letter => ",:[]{}".Contains(letter, StringComparison.Ordinal) ? $"\n{letter}\n" : $"{letter}")).Split('\n');
            for (var i = 0; i < 3000; i++)
            {
                var changed = (string[])tokens.Clone();
                changed[random.NextInt(changed.Length)] = pieces[random.NextInt(pieces.Length)];
                try
                {
                    var model = Read(WithContent(string.Concat(changed), bytes[8]));
                    read++;
                    Assert.All(Probe(model), value => Assert.True(model.Target.Task == LearningTask.Regression ? double.IsFinite(value) : value is >= 0 and <= 1, $"{value}"));
                }
                catch (LearningException exception)
                {
                    // A changed column name or kind is found only when predicting.
                    Assert.Contains(exception.Code, new[] { "model-file-corrupt", "signature-mismatch", "trainer-not-registered", "transform-not-registered", "score-missing" });
                    refused++;
                }
            }
        }

        Assert.True(refused > 1000 && read > 100, $"{refused} refused, {read} read");
    }

    [Fact]
    public void Read_FileOfBeforeThereWereEncodings_PredictsAsEverAndIsWrittenTheSame()
    {
        // Written by a version of before, of a pipeline with one number and one category.
        var bytes = WithContent("""
            {"trainer":"logistic-regression","trainerVersion":"3","threshold":0.3246556925184413,"numbers":[{"name":"x","fill":0.08,"mean":0.010332103321033211,"scale":1.1036054132512982}],"categories":[{"name":"c","ordinal":false,"levels":["a","b","c d"],"hasOther":true,"hasMissing":true,"levelCount":5,"outputNames":["c = a","c = b","c = c d","c = (other)","c = (missing)"],"unknownLevel":3}],"scorer":{"kind":"linear","intercept":0.04970308415714084,"weights":[0.2896081442164471,0.12532950319142602,-0.3202141478433976,0.5312540374334548,-0.2793623832307251,-0.057007072830081655],"means":[-3.322659580335558E-17,0.16974169741697417,0.4095940959409594,0.17343173431734318,0.033210332103321034,0.2140221402214022]}}
            """);
        var model = Read(bytes);
        var rows = new Table(new NumberColumn("x", [double.NaN, 1.5, -3]), CategoryColumn.FromTexts("c", ["a", "never seen", null]));

        Assert.Equal([0.548178763536456, 0.5402277039016604, 0.3106086448927801], model.Predict(rows), new Within(1e-15));
        Assert.Equal(bytes, ModelBytes.Of(model));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("")]
    [InlineData("""{"trainer":"t","trainerVersion":"1","threshold":2,"numbers":[],"categories":[],"scorer":{"kind":"prior","score":1}}""")]
    [InlineData("""{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[null],"categories":[],"scorer":{"kind":"prior","score":1}}""")]
    [InlineData("""{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[],"categories":[],"scorer":{"kind":"other","score":1}}""")]
    [InlineData("""{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[],"categories":[],"scorer":{"score":1}}""")]
    [InlineData("""{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[],"categories":[],"scorer":{"kind":"linear","intercept":0,"weights":[1]}}""")]
    [InlineData("""{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[{"name":"n","fill":null,"mean":0,"scale":1}],"categories":[],"scorer":{"kind":"linear","intercept":0,"weights":[1]}}""")]
    [InlineData("""{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[{"name":"n","fill":0,"mean":0,"scale":0}],"categories":[],"scorer":{"kind":"prior","score":1}}""")]
    [InlineData("""{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[{"name":"n","fill":0,"mean":0,"scale":1}],"categories":[],"scorer":{"kind":"trees","start":0,"trees":[{"feature":[0],"threshold":[0],"missingLeft":[true],"left":[0],"right":[0],"value":[0]}]}}""")]
    [InlineData("""{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[],"categories":[{"name":"c","ordinal":false,"levels":["a","a"],"hasOther":false,"hasMissing":false}],"scorer":{"kind":"prior","score":1}}""")]
    public void Read_ContentThatIsNoModel_IsRefused(string content) => AssertCorrupt(WithContent(content));

    [Theory]
    [InlineData("null")]
    [InlineData("""{"kind":"other"}""")]
    [InlineData("""{"kind":"target","number":{"name":"c","fill":null,"mean":0,"scale":1},"levels":["a"],"shares":[],"unseen":0,"missing":0}""")]
    [InlineData("""{"kind":"target","number":{"name":"c","fill":null,"mean":0,"scale":1},"levels":["a"],"shares":[2],"unseen":0,"missing":0}""")]
    [InlineData("""{"kind":"target","number":{"name":"c","fill":null,"mean":0,"scale":0},"levels":["a"],"shares":[1],"unseen":0,"missing":0}""")]
    [InlineData("""{"kind":"target","number":{"name":"c","fill":null,"mean":0,"scale":1},"levels":["a","a"],"shares":[1,1],"unseen":0,"missing":0}""")]
    [InlineData("""{"kind":"hash","name":"c","ordinal":true,"buckets":1,"hasMissing":false}""")]
    [InlineData("""{"kind":"hash","name":"c","ordinal":true,"buckets":8,"hasMissing":true}""")]
    [InlineData("""{"kind":"text","name":"c","unit":"Word","from":2,"to":1,"terms":[],"weights":[]}""")]
    [InlineData("""{"kind":"text","name":"c","unit":"Word","from":1,"to":2,"terms":["a"],"weights":[0]}""")]
    [InlineData("""{"kind":"text","name":"c","unit":"Word","from":1,"to":2,"terms":["a"],"weights":[1]}""")] // the scorer takes no text
    public void Read_EncodingThatCannotBe_IsRefused(string encoding) => AssertCorrupt(WithContent(
        """{"trainer":"t","trainerVersion":"1","threshold":0.5,"numbers":[],"categories":[],"scorer":{"kind":"prior","score":1},"encodings":["""
        + encoding + "]}",
        version: 3));

    private static TrainedModel Model(string trainer) => Trained.Value.First(model => model.Trainer == trainer);

    private static double[] Probe(TrainedModel model) => model.Predict(new Table(
    [
        new NumberColumn("x1", [double.NaN, double.MaxValue, double.MinValue]), new NumberColumn("x2", [double.NaN, 1, 1]),
        new NumberColumn("constant", [double.NaN, 7.5, 1]), CategoryColumn.FromTexts("c", [null, "a", "unknown"]),
    ]));

    private static byte[] WithContent(string text, int version = 1)
    {
        var content = Encoding.UTF8.GetBytes(text);
        var bytes = new byte[HeadBytes + content.Length];
        "MLDMODEL"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), Crc32C.Compute(content));
        content.CopyTo(bytes, HeadBytes);
        return bytes;
    }

    private static TrainedModel Read(byte[] bytes) => TrainedModel.Read(new MemoryStream(bytes));

    private static void AssertCorrupt(byte[] bytes) => Assert.Equal("model-file-corrupt", Assert.Throws<LearningException>(() => Read(bytes)).Code);
}
