using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Features;

/// <summary>Features that are the cells of a table themselves.</summary>
public sealed class FeatureSharingTests
{
    private static readonly FeatureRecipe AsItIs = new() { Imputation = NumberImputation.None, Standardize = false };

    [Fact]
    public void Apply_ForWhoMayWrite_GivesCellsOfItsOwn()
    {
        var table = new Table(new NumberColumn("x", [1, double.NaN, 3]));
        var features = FittedFeatures.Fit(table, AsItIs).Apply(table);
        features.Dense[0][0] = 7;

        Assert.Equal(1, ((NumberColumn)table["x"]).Values[0]);
    }

    [Fact]
    public void Apply_MayShare_CopiesOnlyWhatDiffers()
    {
        var table = new Table(new NumberColumn("far", [1, 1e200, -1e200]), new NumberColumn("near", [1, double.NaN, 1e100]));
        var fitted = FittedFeatures.Fit(table, AsItIs);
        var shared = fitted.Apply(table, mayShare: true);

        Assert.Equal([1, 1e100, -1e100], shared.Dense[0]);
        Assert.Same(((NumberColumn)table["near"]).Cells, shared.Dense[1]);
        Assert.Equal(fitted.Apply(table).Dense, shared.Dense);
        var scaled = FittedFeatures.Fit(table, new FeatureRecipe());
        Assert.Equal(scaled.Apply(table).Dense, scaled.Apply(table, mayShare: true).Dense);
        Assert.NotSame(((NumberColumn)table["near"]).Cells, scaled.Apply(table, mayShare: true).Dense[1]);
    }
}
