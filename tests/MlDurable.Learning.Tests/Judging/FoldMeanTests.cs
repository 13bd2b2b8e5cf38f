using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Judging;

namespace MlDurable.Learning.Tests.Judging;

public sealed class FoldMeanTests
{
    // numpy 1.24: v.mean() and sqrt((1/5 + 0.25) * v.var(ddof=1)); as of independent values it would be 0.0136.
    [Fact]
    public void Of_FiveFolds_WidensTheErrorForTheRowsThatTheyShare()
    {
        var mean = FoldMean.Of([0.71, 0.74, 0.69, 0.77, 0.72], 0.25);

        Assert.Equal(0.726, mean.Mean, 1e-15);
        Assert.Equal(0.020457272545478803, mean.StandardError, 1e-15);
    }

    [Fact]
    public void Of_EqualFolds_HasNoError() => Assert.Equal(new FoldMean(0.5, 0), FoldMean.Of([0.5, 0.5, 0.5, 0.5], 1 / 3.0));

    [Fact]
    public void Of_UndefinedOnAFold_IsUndefined()
    {
        var mean = FoldMean.Of([0.7, double.NaN], 1);

        Assert.Equal((double.NaN, double.NaN), (mean.Mean, mean.StandardError));
    }

    [Fact]
    public void Of_MoreRowsTestedForEachThatIsLearnedFrom_IsLessSure() =>
        Prop.ForAll(Gen.Choose(0, 1000).Select(value => value / 1000.0).ArrayOf().Where(values => values.Length >= 2).ToArbitrary(), values =>
        {
            var (few, many) = (FoldMean.Of(values, 0.1), FoldMean.Of(values, 0.5));
            return few.Mean == many.Mean && few.StandardError <= many.StandardError && few.Mean >= values.Min() - 1e-12 && few.Mean <= values.Max() + 1e-12;
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Of_OneFoldOrNoRows_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FoldMean.Of([0.7], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FoldMean.Of([0.7, 0.8], 0));
    }
}
