using System.Globalization;
using System.Text;

namespace MlDurable.Pipelines.Runs;

/// <summary>A run's leaderboard as CSV: one candidate a line, best first.</summary>
public static class LeaderboardCsv
{
    /// <summary>Writes the leaderboard: rank, trainer, one column for each hyperparameter and validation metric, the fit's seconds, whether it was reused, and the model's hash.</summary>
    public static string Write(RunRecord run)
    {
        var hyperparameters = run.Leaderboard.SelectMany(candidate => candidate.Hyperparameters.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var metrics = run.Leaderboard.SelectMany(candidate => candidate.Validation.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var csv = new StringBuilder();
        csv.AppendJoin(',', ["rank", "trainer", .. hyperparameters, .. metrics, "fit-seconds", "reused", "model"]).Append('\n');
        for (var index = 0; index < run.Leaderboard.Length; index++)
        {
            var candidate = run.Leaderboard[index];
            csv.AppendJoin(
                ',',
                [
                    Number(index + 1),
                    candidate.Trainer,
                    .. hyperparameters.Select(name => candidate.Hyperparameters.TryGetValue(name, out var value) ? Number(value) : ""),
                    .. metrics.Select(name => candidate.Validation.TryGetValue(name, out var value) && double.IsFinite(value) ? Number(value) : ""),
                    candidate.FitSeconds.ToString("0.000", CultureInfo.InvariantCulture),
                    candidate.Reused ? "true" : "false",
                    candidate.ModelHash,
                ]).Append('\n');
        }

        return csv.ToString();
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
