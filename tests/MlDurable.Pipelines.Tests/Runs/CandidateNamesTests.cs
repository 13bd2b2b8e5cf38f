using System.Collections.Immutable;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Runs;

public sealed class CandidateNamesTests
{
    [Fact]
    public void Of_NamesWhatVariesAmongTheCandidatesOfATrainer() =>
        Assert.Equal(
            new[] { "boosting leaves=8", "boosting leaves=31", "linear", "baseline" },
            CandidateNames.Of(
            [
                Candidate(0, "boosting", ("leaves", 8), ("trees", 100)),
                Candidate(1, "boosting", ("leaves", 31), ("trees", 100)),
                Candidate(2, "linear", ("l2", 0.1)),
                Candidate(3, "baseline"),
            ]));

    [Fact]
    public void Of_OpenSearch_NamesWhatItVariesAlsoBeforeItDoes() =>
        Assert.Equal(
            new[] { "boosting leaves=8", "baseline" },
            CandidateNames.Of(
                [Candidate(0, "boosting", ("leaves", 8), ("trees", 100)), Candidate(9, "baseline")],
                new OpenSearch(9, ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("boosting", ["leaves"]))));

    private static CandidatePlan Candidate(int index, string trainer, params (string Name, double Value)[] hyperparameters) =>
        new(index, trainer, hyperparameters.ToImmutableSortedDictionary(pair => pair.Name, pair => pair.Value));
}
