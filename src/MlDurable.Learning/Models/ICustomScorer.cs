using MlDurable.Learning.Training;

namespace MlDurable.Learning.Models;

/// <summary>What a <see cref="CustomTrainer"/> learned. Must be immutable, because several threads score with it at once.</summary>
public interface ICustomScorer
{
    /// <summary>The log-odds of one row: ln(p / (1 - p)) for the probability p that it is positive.</summary>
    /// <param name="dense">The dense features; <see cref="double.NaN"/> where missing, which the recipe's imputation prevents.</param>
    /// <param name="hot">For each block of one-hot features the one that is 1, counted among all features, or -1 where all of it are 0.</param>
    /// <returns>Any number but <see cref="double.NaN"/>; the same for the same row every time.</returns>
    double LogOdds(ReadOnlySpan<double> dense, ReadOnlySpan<int> hot);

    /// <summary>What <see cref="CustomTrainer.Read"/> makes an equal scorer from: at most 64 MiB, the same bytes every time.</summary>
    byte[] ToBytes();
}
