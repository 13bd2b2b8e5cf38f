using System.Globalization;
using System.Text;

namespace MlDurable.Pipelines.Runs;

/// <summary>A run's leaderboard as CSV: one candidate a line, best first.</summary>
public static class LeaderboardCsv
{
    /// <summary>
    /// Writes the leaderboard: rank, trainer, one column for each hyperparameter and validation metric, of a cross-validation each metric's mean over the folds
    /// (<c>folds-roc-auc</c>) and its standard error (<c>folds-roc-auc-se</c>), the fit's seconds, whether it was reused, of a successive halving the share of the
    /// training rows that it was fitted on last (<c>rows-share</c>), and the model's hash.
    /// </summary>
    public static string Write(RunRecord run)
    {
        var hyperparameters = run.Leaderboard.SelectMany(candidate => candidate.Hyperparameters.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var metrics = run.Leaderboard.SelectMany(candidate => candidate.Validation.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var means = run.Leaderboard.SelectMany(candidate => candidate.CrossValidation?.Metrics.Keys ?? []).Distinct().Order(StringComparer.Ordinal).ToList();
        var hasShares = run.Leaderboard.Any(candidate => candidate.Halving is not null);
        var csv = new StringBuilder();
        csv.AppendJoin(
            ',',
            [
                "rank",
                "trainer",
                .. hyperparameters,
                .. metrics,
                .. means.SelectMany(name => new[] { $"folds-{name}", $"folds-{name}-se" }),
                "fit-seconds",
                "reused",
                .. hasShares ? ["rows-share"] : Array.Empty<string>(),
                "model",
            ]).Append('\n');
        for (var index = 0; index < run.Leaderboard.Length; index++)
        {
            var candidate = run.Leaderboard[index];
            csv.AppendJoin(
                ',',
                [
                    Number(index + 1),
                    candidate.Trainer,
                    .. hyperparameters.Select(name => candidate.Hyperparameters.TryGetValue(name, out var value) ? Number(value) : ""),
                    .. metrics.Select(name => Finite(candidate.Validation.GetValueOrDefault(name, double.NaN))),
                    .. means.SelectMany(name => candidate.CrossValidation?.Metrics.GetValueOrDefault(name) is { } mean
                        ? new[] { Finite(mean.Mean), Finite(mean.StandardError) }
                        : ["", ""]),
                    candidate.FitSeconds.ToString("0.000", CultureInfo.InvariantCulture),
                    candidate.Reused ? "true" : "false",
                    .. hasShares ? [Number(1.0 / (candidate.Halving?.Rungs[^1].Divisor ?? 1))] : Array.Empty<string>(),
                    candidate.ModelHash,
                ]).Append('\n');
        }

        return csv.ToString();
    }

    private static string Finite(double value) => double.IsFinite(value) ? Number(value) : "";

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
