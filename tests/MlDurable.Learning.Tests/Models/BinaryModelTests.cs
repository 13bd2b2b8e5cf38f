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

public sealed class BinaryModelTests
{
    private const int HeadBytes = 20;

    private static readonly LabeledRows Rows = TrainingData.Awkward(400, 2);

    private static readonly Lazy<BinaryModel[]> Trained = new(() =>
        [.. Trainers.All.Select(trainer => trainer.Fit(TrainingData.Request(
            Rows, null, trainer.Hyperparameters.Any(spec => spec.Name == "trees") ? [("trees", 3), ("leaves", 4)] : []) with
        {
            Transforms = trainer is CustomTrainer
                ? ImmutableSortedDictionary<string, string>.Empty.Add("x2", DistanceTransform.TransformName)
                : ImmutableSortedDictionary<string, string>.Empty,
        }))]);

    [Fact]
    public void Read_OfAnyWrittenModel_PredictsTheSame()
    {
        var cases =
            from trainer in Gen.Elements(Trainers.All.AsEnumerable())
            from rows in Gen.Choose(20, 120)
            from seed in Gen.Choose(0, 1_000_000)
            select (trainer, rows, seed);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var rows = TrainingData.Awkward(item.rows, (ulong)item.seed);
            rows = rows with { Labels = [1, 0, .. rows.Labels[2..]] };
            var model = item.trainer.Fit(TrainingData.Request(rows));
            var bytes = Bytes(model);
            var read = Read(bytes);
            Assert.Equal(model.PredictProbability(rows.Features), read.PredictProbability(rows.Features));
            Assert.Equal(
                (model.Trainer, model.TrainerVersion, model.Threshold, model.Signature), (read.Trainer, read.TrainerVersion, read.Threshold, read.Signature));
            Assert.Equal(bytes, Bytes(read));
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
    public void PredictProbability_OtherColumns_AreCheckedAgainstTheSignature(string trainer)
    {
        var model = Model(trainer);
        var expected = model.PredictProbability(Rows.Features);
        var reordered = new Table([.. Rows.Features.Columns.Reverse(), new NumberColumn("extra", new double[400])]);
        Assert.Equal(expected, model.PredictProbability(reordered));
        Assert.Equal(expected, model.PredictProbability(Rows.Features.Without("missing number", "missing category")));
        var missing = Assert.Throws<LearningException>(() => model.PredictProbability(Rows.Features.Without("x2")));
        Assert.Equal("signature-mismatch", missing.Code);
        Assert.Contains("'x2'", missing.Message, StringComparison.Ordinal);
        var retyped = new Table([.. Rows.Features.Without("c").Columns, Rows.Features["x1"].Rename("c")]);
        Assert.Equal("signature-mismatch", Assert.Throws<LearningException>(() => model.PredictProbability(retyped)).Code);
    }

    [Fact]
    public void Read_AnyFlippedBit_IsFound()
    {
        foreach (var bytes in Trained.Value.Select(Bytes))
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
    public void Read_CutOrLongerFile_IsFound()
    {
        var bytes = Bytes(Model("baseline"));
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
            AssertCorrupt(i % 2 == 0 ? noise : [.. Bytes(Model("baseline"))[..12], .. noise]);
        }
    }

    [Fact]
    public void Read_FalseLength_AllocatesLittle()
    {
        var bytes = Bytes(Model("baseline"));
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
        foreach (var bytes in Trained.Value.Select(Bytes))
        {
            var content = Encoding.UTF8.GetString(bytes[HeadBytes..]);
            var tokens = string.Concat(content.Select(letter => ",:[]{}".Contains(letter, StringComparison.Ordinal) ? $"\n{letter}\n" : $"{letter}")).Split('\n');
            for (var i = 0; i < 3000; i++)
            {
                var changed = (string[])tokens.Clone();
                changed[random.NextInt(changed.Length)] = pieces[random.NextInt(pieces.Length)];
                try
                {
                    var model = Read(WithContent(string.Concat(changed)));
                    read++;
                    Assert.All(Probe(model), probability => Assert.InRange(probability, 0, 1));
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

    private static BinaryModel Model(string trainer) => Trained.Value.Single(model => model.Trainer == trainer);

    private static double[] Probe(BinaryModel model) => model.PredictProbability(new Table(
    [
        new NumberColumn("x1", [double.NaN, double.MaxValue, double.MinValue]), new NumberColumn("x2", [double.NaN, 1, 1]),
        new NumberColumn("constant", [double.NaN, 7.5, 1]), CategoryColumn.FromTexts("c", [null, "a", "unknown"]),
    ]));

    private static byte[] WithContent(string text)
    {
        var content = Encoding.UTF8.GetBytes(text);
        var bytes = new byte[HeadBytes + content.Length];
        "MLDMODEL"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), 1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), Crc32C.Compute(content));
        content.CopyTo(bytes, HeadBytes);
        return bytes;
    }

    private static byte[] Bytes(BinaryModel model)
    {
        var stream = new MemoryStream();
        model.Write(stream);
        return stream.ToArray();
    }

    private static BinaryModel Read(byte[] bytes) => BinaryModel.Read(new MemoryStream(bytes));

    private static void AssertCorrupt(byte[] bytes) => Assert.Equal("model-file-corrupt", Assert.Throws<LearningException>(() => Read(bytes)).Code);
}
