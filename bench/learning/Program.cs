using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using MlDurable.Bench.Learning;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Training;

// Beside bird_strikes.py: the same rows, the same tests, our trainers with the settings of the same meaning. `run` starts both.
// Usage: MlDurable.Bench.Learning DATA_FOLDER SCIKIT_LEARN_JSON [JSON_FILE]
//        MlDurable.Bench.Learning csv CSV_FILE PANDAS_JSON [JSON_FILE]
//        MlDurable.Bench.Learning fit TRAINER FOLDER JSON_FILE
//        MlDurable.Bench.Learning small DATA_FOLDER PEERS_FOLDER [JSON_FILE]
//        MlDurable.Bench.Learning report FOLDER RESULTS_FOLDER [JSON_FILE]
switch (args[0])
{
    case "csv":
        await CsvBench.RunAsync(args[1..]);
        return;
    case "fit":
        NumbersBench.Fit(args[1..]);
        return;
    case "small":
        await SmallBench.RunAsync(args[1..]);
        return;
    case "report":
        NumbersBench.Report(args[1..]);
        return;
}

var data = args[0];
var peers = JsonDocument.Parse(File.ReadAllText(args[1])).RootElement.GetProperty("results").EnumerateArray()
    .ToDictionary(result => (result.GetProperty("trainer").GetString()!, result.GetProperty("test").GetInt32()));
var settings = new (string Trainer, ImmutableSortedDictionary<string, double> Hyperparameters)[]
{
    ("logistic-regression", ImmutableSortedDictionary<string, double>.Empty.Add("l2", 1)),
    ("gradient-boosting", ImmutableSortedDictionary<string, double>.Empty.Add("learning-rate", 0.05).Add("leaves", 8).Add("trees", 100).Add("early-stopping-rounds", 0)),
};

const double tolerance = 0.01;
var bars = new SortedDictionary<string, object>(StringComparer.Ordinal);
Console.WriteLine($"load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
Console.WriteLine($"{"trainer",-20} {"train to",8} {"test",5} {"ROC AUC",8} {"scikit",8} {"log loss",9} {"scikit",8} {"fit s",6} {"scikit",7}");
foreach (var year in new[] { 1999, 2000, 2001 })
{
    var (rows, test) = await BirdStrikes.YearAsync(data, year);
    foreach (var (name, hyperparameters) in settings)
    {
        // Without early stopping, so that both learn from all rows; validation rows only choose a threshold, which no figure here uses.
        var request = new TrainingRequest { Training = rows, Validation = rows, Hyperparameters = hyperparameters, Seed = 7 };
        Trainers.Get(name).Fit(request); // once to compile
        var started = Stopwatch.GetTimestamp();
        var model = Trainers.Get(name).Fit(request);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var scores = model.Predict(test.Features);
        var auc = BinaryMetrics.RocAuc(test.Labels, scores);
        var peer = peers[(name, year)];
        var peerAuc = peer.GetProperty("rocAuc").GetDouble();
        Console.WriteLine(
            $"{name,-20} {year - 1,8} {year,5} {auc,8:0.0000} {peerAuc,8:0.0000} {BinaryMetrics.LogLoss(test.Labels, scores),9:0.0000} "
            + $"{peer.GetProperty("logLoss").GetDouble(),8:0.0000} {seconds,6:0.00} {peer.GetProperty("fitSeconds").GetDouble(),7:0.00}");
        bars[$"auc {name} {year}"] = new { value = auc, unit = "ROC AUC", bar = peerAuc - tolerance, holds = auc >= peerAuc - tolerance };
    }
}

if (args.Length > 2)
{
    BarFile.Write(args[2], bars);
}
