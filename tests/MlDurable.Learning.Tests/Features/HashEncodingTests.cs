using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Features;

public sealed class HashEncodingTests
{
    // sklearn.utils.murmurhash3_32(text, seed=0, positive=True) % 1000, scikit-learn 1.2.1.
    [Fact]
    public void Apply_Categories_GivesTheBucketOfTheirHash()
    {
        string?[] texts = ["a", null, "N12345", "Zürich-Kloten", "日本 🐦"];
        var fitted = Fit(CategoryEncoding.OneHot, "seen", null);

        Assert.Equal([850, 1000, 672, 562, 207], fitted.Apply(Cells(texts)).Hot[0]);
        Assert.Equal(1001, fitted.Apply(Cells(texts)).FeatureCount);
        Assert.Equal(("c in bucket 0", "c = (missing)", 1001), (fitted.OutputNames[0], fitted.OutputNames[^1], fitted.OutputNames.Length));
        Assert.Equal([850, double.NaN, 672, 562, 207], Fit(CategoryEncoding.Ordinal, "seen", null).Apply(Cells(texts)).Dense[0]);
        Assert.Equal([-1], Fit(CategoryEncoding.OneHot, "seen").Apply(Cells([null])).Hot[0]);
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("gradient-boosting")]
    public void Write_ModelOfManyCategories_HasNoListOfThem(string trainer)
    {
        var training = ManyCategories(20_000, 1);
        var fresh = ManyCategories(2000, 2);

        var model = Trainers.Get(trainer).Fit(TrainingData.Request(training) with { Recipe = Recipe(CategoryEncoding.OneHot, 4096) });

        using var file = new MemoryStream();
        model.Write(file);
        Assert.InRange(file.Length, 1, 200_000);
        Assert.InRange(TestAuc.Of(fresh.Labels, model.Predict(fresh.Features)), 0.75, 1);
    }

    [Fact]
    public void Buckets_OutsideTheirRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HashEncoding { Buckets = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new HashEncoding { Buckets = 262_145 });
    }

    private static FittedFeatures Fit(CategoryEncoding encoding, params string?[] texts) => FittedFeatures.Fit(Cells(texts), Recipe(encoding, 1000));

    private static FeatureRecipe Recipe(CategoryEncoding encoding, int buckets) => new()
    {
        Encoding = encoding,
        Encodings = ImmutableSortedDictionary<string, ColumnEncoding>.Empty.Add("c", new HashEncoding { Buckets = buckets }),
    };

    private static Table Cells(params string?[] texts) => new(CategoryColumn.FromTexts("c", texts));

    /// <summary>Half of the rows have one of ten categories that settle most of the label, the others one that occurs once.</summary>
    private static LabeledRows ManyCategories(int rows, ulong seed)
    {
        var random = new SplitMix64(seed);
        int[] categories = [.. Enumerable.Range(0, rows).Select(row => random.NextInt(2) == 0 ? random.NextInt(10) : 10 + (int)(seed * 1_000_000) + row)];
        return new LabeledRows(
            Cells([.. categories.Select(category => $"category {category}")]),
            [.. categories.Select(category => random.NextUniform() < (category >= 10 ? 0.5 : category < 5 ? 0.97 : 0.03) ? 1.0 : 0)]);
    }
}
