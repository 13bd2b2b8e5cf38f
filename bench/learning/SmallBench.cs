using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Bench.Learning;

/// <summary>Our gradient boosting beside the peers' (small_data.py) on small data: the same rows and settings, compared by the paired bootstrap.</summary>
internal static class SmallBench
{
    private static readonly (string Name, LabelRule Rule, string[] Metrics)[] Sets =
    [
        ("breast-cancer", LabelRule.Boolean, ["roc-auc", "log-loss"]),
        ("digits", LabelRule.Class, ["log-loss", "accuracy"]),
        ("diabetes", LabelRule.Number, ["rmse"]),
        ("bird-strikes", LabelRule.Boolean, ["roc-auc", "log-loss"]),
    ];

    private static readonly string[] Peers = ["scikit-learn", "xgboost"];

    private static readonly ImmutableSortedDictionary<string, double> Settings = ImmutableSortedDictionary<string, double>.Empty
        .Add("trees", 100).Add("leaves", 31).Add("learning-rate", 0.1).Add("min-rows-per-leaf", 20).Add("l2", 0).Add("early-stopping-rounds", 0);

    /// <summary>Trains, compares and prints.</summary>
    /// <param name="args">BIRD_STRIKES_FOLDER PEERS_FOLDER [JSON_FILE].</param>
    public static async Task RunAsync(string[] args)
    {
        var bars = new SortedDictionary<string, object>(StringComparer.Ordinal);
        Console.WriteLine($"{"",-14} {"metric",-9} {"ours",9} {string.Concat(Peers.Select(peer => $"{peer,13}"))}   gain over the best (95 % interval)");
        foreach (var (name, rule, metrics) in Sets)
        {
            var (training, test) = name == "bird-strikes"
                ? await BirdStrikes.YearAsync(args[0], 2001)
                : (await ReadAsync(args[1], name, "train", rule), await ReadAsync(args[1], name, "test", rule));
            var model = Trainers.Get("gradient-boosting").Fit(new TrainingRequest
            {
                Training = training,
                Validation = training.Take([]),
                Hyperparameters = Settings,
                Seed = 7,
            });
            var ours = new ScoredModel(model.Target.Align(model.Predict(test.Features), test.Target), 0.5);
            var theirs = Peers.Select(peer => new ScoredModel(
                MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(Path.Combine(args[1], $"{name}-{peer}.f64"))).ToArray(), 0.5)).ToArray();
            foreach (var metric in metrics.Select(metric => MetricCatalog.Find(test.Target.Task, metric)!))
            {
                var values = Array.ConvertAll(theirs, peer => metric.Evaluate(test.Labels, peer.Scores, peer.Threshold));
                var best = theirs[Array.IndexOf(values, metric.HigherIsBetter ? values.Max() : values.Min())];
                var gain = Bootstrap.Compare(metric, test.Labels, ours, best, new BootstrapOptions { Confidence = 0.975 });
                Console.WriteLine(
                    $"{name,-14} {metric.Name,-9} {gain.Candidate,9:0.00000} {string.Concat(values.Select(value => $"{value,13:0.00000}"))}   "
                    + $"{gain.Delta:+0.00000;-0.00000} ({gain.Interval.Low:+0.00000;-0.00000} to {gain.Interval.High:+0.00000;-0.00000})");
                bars[$"{name} {metric.Name}"] = new { value = gain.Interval.High, unit = $"upper end of the gain in {metric.Name}", bar = 0, holds = gain.Interval.High >= 0 };
            }
        }

        if (args.Length > 2)
        {
            BarFile.Write(args[2], bars);
        }
    }

    private static async Task<LabeledRows> ReadAsync(string folder, string name, string part, LabelRule rule)
    {
        await using var file = File.OpenRead(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{part}.csv")));
        var features = new RowFeatures { Label = "label", Rule = rule };
        return LabeledRows.From(features.Build((await CsvTable.ReadAsync(file, new CsvOptions())).Table), rule.Task);
    }
}
