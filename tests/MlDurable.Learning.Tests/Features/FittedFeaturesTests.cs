using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Features;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Tests.Tables;

namespace MlDurable.Learning.Tests.Features;

public sealed class FittedFeaturesTests
{
    private static readonly FeatureRecipe Plain = new() { Standardize = false, FoldRarerThan = 0 };

    [Theory]
    [InlineData(NumberImputation.Median, 2.5)]
    [InlineData(NumberImputation.Mean, 4)]
    [InlineData(NumberImputation.None, double.NaN)]
    public void Apply_MissingNumber_IsFilledAsTheRecipeSays(NumberImputation imputation, double expected)
    {
        var training = new Table(new NumberColumn("n", [10, 1, 2, double.NaN, 3]));
        var fitted = FittedFeatures.Fit(training, Plain with { Imputation = imputation });
        Assert.Equal([expected, 7], fitted.Apply(new Table(new NumberColumn("n", [double.NaN, 7]))).Dense[0]);
    }

    [Fact]
    public void Apply_Standardized_UsesMeanAndDeviationOfTheTrainingRows()
    {
        var fitted = FittedFeatures.Fit(new Table(new NumberColumn("n", [1, 3, 5, 7])), new FeatureRecipe());
        Assert.Equal([0, 2 / Math.Sqrt(5), 0], fitted.Apply(new Table(new NumberColumn("n", [4, 6, double.NaN]))).Dense[0], new Within(1e-15));
    }

    [Fact]
    public void Apply_ConstantColumn_IsZero()
    {
        var table = new Table(new NumberColumn("n", [0.1, 0.1, 0.1, double.NaN]));
        Assert.Equal([0, 0, 0, 0], FittedFeatures.Fit(table, new FeatureRecipe()).Apply(table).Dense[0], new Within(1e-15));
    }

    [Theory]
    [InlineData(new[] { double.MaxValue, double.MinValue, double.MaxValue, 1 })]
    [InlineData(new[] { double.Epsilon, -double.Epsilon, 0, 0 })]
    [InlineData(new[] { 1e308, 1e308, 1e308, 1.1e308 })]
    public void Apply_ExtremeNumbers_AreFinite(double[] values)
    {
        foreach (var imputation in Enum.GetValues<NumberImputation>())
        {
            foreach (var standardize in new[] { true, false })
            {
                var fitted = FittedFeatures.Fit(new Table(new NumberColumn("n", values)), Plain with { Imputation = imputation, Standardize = standardize });
                var probe = new Table(new NumberColumn("n", [.. values, double.MaxValue, double.MinValue, 0]));
                Assert.All(fitted.Apply(probe).Dense[0], value => Assert.InRange(value, -1e100, 1e100));
            }
        }
    }

    [Fact]
    public void Apply_OneHot_FoldsRareAndUnknownCategoriesAndKeepsMissingApart()
    {
        var training = new Table(CategoryColumn.FromTexts("c", ["b", "b", "a", "a", "rare", "rarer", null]));
        var fitted = FittedFeatures.Fit(training, new FeatureRecipe { FoldRarerThan = 2 });
        Assert.Equal("c = a|c = b|c = (other)|c = (missing)", string.Join('|', fitted.OutputNames));
        var applied = fitted.Apply(new Table(CategoryColumn.FromTexts("c", ["b", "rare", "unknown", null, "a"])));
        Assert.Equal([1, 2, 2, 3, 0], applied.Hot[0]);
        Assert.Equal(4, applied.FeatureCount);
    }

    [Fact]
    public void Apply_OneHotWithoutRareOrMissingInTraining_GivesNoFeatureForThem()
    {
        var fitted = FittedFeatures.Fit(new Table(new NumberColumn("n", [1, 2]), CategoryColumn.FromTexts("c", ["a", "b"])), Plain);
        Assert.Equal("n|c = a|c = b", string.Join('|', fitted.OutputNames));
        var applied = fitted.Apply(new Table(new NumberColumn("n", [1, 1, 1]), CategoryColumn.FromTexts("c", ["unknown", null, "b"])));
        Assert.Equal([-1, -1, 2], applied.Hot[0]);
    }

    [Fact]
    public void Apply_Ordinal_NumbersTheLevelsInOrderOfTheirTexts()
    {
        var ordinal = Plain with { Encoding = CategoryEncoding.Ordinal };
        var training = new Table(CategoryColumn.FromTexts("c", ["b", "b", "c", "a", "a", null]));
        var probe = new Table(CategoryColumn.FromTexts("c", ["a", "b", "c", "unknown", null]));
        Assert.Equal([0, 1, 2, double.NaN, double.NaN], FittedFeatures.Fit(training, ordinal).Apply(probe).Dense[0]);
        Assert.Equal([0, 1, 2, 2, double.NaN], FittedFeatures.Fit(training, ordinal with { FoldRarerThan = 2 }).Apply(probe).Dense[0]);
    }

    [Fact]
    public void Fit_NothingToLearnFrom_IsRefused()
    {
        AssertCode("no-rows", new Table(new NumberColumn("n", [])));
        AssertCode("no-usable-features", new Table(Column.AllMissing("n", ColumnKind.Number, 3), Column.AllMissing("c", ColumnKind.Category, 3)));
        AssertCode("no-usable-features", new Table(new NumberColumn("@label", [1, 0])));
        AssertCode("time-feature", new Table(new TimeColumn("t", [0])));
    }

    [Fact]
    public void Apply_ColumnsThatDoNotFit_AreRefusedByName()
    {
        var fitted = FittedFeatures.Fit(new Table(new NumberColumn("speed", [1, 2]), CategoryColumn.FromTexts("size", ["a", "b"])), Plain);
        var missing = Assert.Throws<LearningException>(() => fitted.Apply(new Table(new NumberColumn("Speed", [1]), CategoryColumn.FromTexts("size", ["a"]))));
        Assert.Equal("signature-mismatch", missing.Code);
        Assert.Contains("'speed' is missing", missing.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'Speed'", missing.Message, StringComparison.Ordinal);
        var retyped = Assert.Throws<LearningException>(
            () => fitted.Apply(new Table(new NumberColumn("speed", [1]), new NumberColumn("size", [1]))));
        Assert.Equal("signature-mismatch", retyped.Code);
        Assert.Contains("'size' is Number", retyped.Message, StringComparison.Ordinal);
        Assert.Equal(1, fitted.Apply(new Table(new NumberColumn("speed", [1]), Column.AllMissing("size", ColumnKind.Number, 1))).Rows);
    }

    [Fact]
    public void Fit_OnReorderedRowsAndColumns_GivesTheSameFeatures()
    {
        var tables = TableGenerators.TableOf(1, ColumnKind.Number, ColumnKind.Category).Where(table => table.Columns.Any(column => !column.IsAllMissing));
        Prop.ForAll(tables.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (table, seed) =>
        {
            var random = new SplitMix64((ulong)seed);
            var rows = Enumerable.Range(0, table.RowCount).ToArray();
            random.Shuffle<int>(rows);
            var columns = table.Columns.ToArray();
            random.Shuffle<Column>(columns);
            var recipe = new FeatureRecipe { FoldRarerThan = seed % 4, Encoding = (CategoryEncoding)(seed % 2), Standardize = seed % 3 == 0 };
            var expected = FittedFeatures.Fit(table, recipe);
            var actual = FittedFeatures.Fit(new Table(columns).Take(rows), recipe);
            Assert.Equal(expected.OutputNames.ToArray(), actual.OutputNames.ToArray());
            Assert.Equal(expected.Inputs, actual.Inputs);
            var left = expected.Apply(table);
            var right = actual.Apply(table);
            Assert.Equal(left.Dense, right.Dense);
            Assert.Equal(left.Hot, right.Hot);
        }).QuickCheckThrowOnFailure();
    }

    private static void AssertCode(string code, Table table) =>
        Assert.Equal(code, Assert.Throws<LearningException>(() => FittedFeatures.Fit(table, new FeatureRecipe())).Code);
}
