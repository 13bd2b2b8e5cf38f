using MlDurable.Learning.Features;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class BirdStrikeQualityTests
{
    // ROC AUC that scikit-learn 1.2.1 reaches on the same rows (HistGradientBoosting with learning rate 0.05 and 8 leaves; one-hot logistic
    // regression; saga with an elastic net; GaussianNB and CategoricalNB): trained on all years before, tested on the year.
    // bench/learning/bird_strikes.py trains the first two.
    [Theory]
    [InlineData("gradient-boosting", 1999, 0.793)]
    [InlineData("gradient-boosting", 2000, 0.798)]
    [InlineData("gradient-boosting", 2001, 0.788)]
    [InlineData("logistic-regression", 1999, 0.780)]
    [InlineData("logistic-regression", 2000, 0.794)]
    [InlineData("logistic-regression", 2001, 0.796)]
    [InlineData("elastic-net", 1999, 0.778)]
    [InlineData("elastic-net", 2000, 0.787)]
    [InlineData("elastic-net", 2001, 0.794)]
    [InlineData("naive-bayes", 1999, 0.767)]
    [InlineData("naive-bayes", 2000, 0.770)]
    [InlineData("naive-bayes", 2001, 0.770)]
    public async Task Fit_DefaultsOnAllEarlierYears_IsAsGoodAsScikitLearn(string trainer, int year, double scikitLearn)
    {
        var training = LabeledRows.From(await BirdStrikes.BuiltAsync(1990, year - 1));
        var test = LabeledRows.From(await BirdStrikes.BuiltAsync(year, year));
        var model = Trainers.Get(trainer).Fit(TrainingData.Request(training));
        Assert.InRange(TestAuc.Of(test.Labels, model.PredictProbability(test.Features)), scikitLearn - 0.01, 1);
    }
}
