using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Bench.Learning;

/// <summary>Boosting beside XGBoost and logistic regression beside scikit-learn (number_rows.py): the same rows, one fit in a process of its own.</summary>
internal static class NumbersBench
{
    private const int Columns = 28;
    private const int WarmUpRows = 20_000;
    private const int Predictions = 5;
    private const int SingleRows = 200_000;

    /// <summary>Fits once and writes what it took; the test predictions go beside, with .f64 for .json.</summary>
    /// <param name="args">TRAINER FOLDER JSON_FILE; runs on the processors that the process may use.</param>
    public static void Fit(string[] args)
    {
        var trainer = Trainers.Get(args[0]);
        var hyperparameters = args[0] == "gradient-boosting"
            ? ImmutableSortedDictionary<string, double>.Empty
                .Add("trees", 100).Add("leaves", 31).Add("learning-rate", 0.1).Add("min-rows-per-leaf", 20).Add("l2", 0).Add("early-stopping-rounds", 0)
            : ImmutableSortedDictionary<string, double>.Empty.Add("l2", 1);
        var (training, test) = Load(args[1]);

        // Compiles what the fit needs, as in a process that has trained before.
        var few = Enumerable.Range(0, WarmUpRows).ToArray();
        trainer.Fit(Request(new LabeledRows(training.Features.Take(few), training.Labels[..WarmUpRows]), test, hyperparameters));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Status("VmRSS");
        File.WriteAllText("/proc/self/clear_refs", "5");

        using var process = Process.GetCurrentProcess();
        var processorStart = process.TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        var model = trainer.Fit(Request(training, test, hyperparameters));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        process.Refresh();
        var processorSeconds = (process.TotalProcessorTime - processorStart).TotalSeconds;
        var peak = Status("VmHWM");

        double[] predictions = [];
        var tries = new List<double>();
        for (var i = 0; i <= Predictions; i++)
        {
            started = Stopwatch.GetTimestamp();
            predictions = model.Predict(test.Features);
            tries.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        File.WriteAllBytes(Path.ChangeExtension(args[2], ".f64"), MemoryMarshal.AsBytes(predictions.AsSpan()));
        var bytes = new MemoryStream();
        model.Write(bytes);
        var (nanoseconds, allocated) = MeasureSingleRows(model, test);
        File.WriteAllText(args[2], JsonSerializer.Serialize(new FitFigures(
            args[0], trainer.Version, Environment.ProcessorCount, seconds, processorSeconds, peak - before,
            predictions.Length / tries.Skip(1).Order().ElementAt(Predictions / 2))
        {
            Hash = Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())),
            NanosecondsPerRow = nanoseconds,
            AllocatedPerRow = allocated,
        }));
    }

    /// <summary>Prints the medians of what was measured, ours beside the peer's.</summary>
    /// <param name="args">FOLDER RESULTS_FOLDER [JSON_FILE].</param>
    public static void Report(string[] args)
    {
        var labels = TestLabels(args[0]);
        var fits = Directory.GetFiles(args[1], "*.json")
            .Select(file => (Figures: JsonSerializer.Deserialize<FitFigures>(File.ReadAllText(file), JsonSerializerOptions.Web)!, File: file))
            .ToLookup(fit => (fit.Figures.Name, fit.Figures.Threads));
        var bars = new SortedDictionary<string, object>(StringComparer.Ordinal);
        Console.WriteLine($"load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}, {labels.Length * 10:N0} rows of {Columns} numbers, the last tenth for the test");
        Console.WriteLine(
            $"{"",-20} {"threads",7} {"fit s",6} {"CPU s",6} {"MB",5} {"ROC AUC",8} {"log loss",8} {"rows/s",10}");
        foreach (var (ours, peer) in new[] { ("gradient-boosting", "xgboost"), ("logistic-regression", "scikit-learn") })
        {
            foreach (var threads in fits.Where(fit => fit.Key.Name == ours).Select(fit => fit.Key.Threads).Order())
            {
                var theirs = Median(fits[(peer, threads)]);
                var own = Median(fits[(ours, threads)]);
                var (theirScores, ownScores) = (Scores(fits[(peer, threads)].First().File), Scores(fits[(ours, threads)].First().File));
                Print($"{peer} {theirs.Version}", theirs, labels, theirScores);
                Print(ours, own, labels, ownScores);
                var difference = Bootstrap.Compare(
                    MetricCatalog.Find(ours == "gradient-boosting" ? "roc-auc" : "log-loss")!, labels, new(ownScores, 0.5), new(theirScores, 0.5),
                    new BootstrapOptions { Resamples = 500, Confidence = 0.975 });
                Console.WriteLine(
                    $"{"  ours to the peer's",-20} {"",7} {own.Seconds / theirs.Seconds,6:0.00} {own.ProcessorSeconds / theirs.ProcessorSeconds,6:0.00} {"",5} "
                    + $"gain in {difference.Metric} {difference.Delta:+0.00000;-0.00000} ({difference.Interval.Low:+0.00000;-0.00000} to {difference.Interval.High:+0.00000;-0.00000}), "
                    + $"prediction {own.RowsPerSecond / theirs.RowsPerSecond:0.0} x");
                Bar($"{ours} fit, {threads} threads", own.Seconds / theirs.Seconds, "x the peer's time", 1, atMost: true);
                Bar($"{ours} gain, {threads} threads", difference.Interval.High, difference.Metric, 0, atMost: false);
                if (ours == "gradient-boosting")
                {
                    Bar($"{ours} auc, {threads} threads", BinaryMetrics.RocAuc(labels, ownScores), "ROC AUC", 0.8228, atMost: false);
                    Bar($"{ours} memory, {threads} threads", own.Megabytes / theirs.Megabytes, "x the peer's memory above the data", 1, atMost: true);
                    Bar($"{ours} prediction, {threads} threads", own.RowsPerSecond / theirs.RowsPerSecond, "x the peer's rows/s", 2, atMost: false);
                    Bar($"{ours} one row, {threads} threads", own.NanosecondsPerRow, "ns", 2000, atMost: true);
                    Bar($"{ours} one row allocates, {threads} threads", own.AllocatedPerRow, "bytes", 0, atMost: true);
                }
            }

            var hashes = fits.Where(fit => fit.Key.Name == ours).SelectMany(fit => fit).Select(fit => fit.Figures.Hash).Distinct().ToList();
            Bar($"{ours} models that differ", hashes.Count - 1, "of all fits", 0, atMost: true);
        }

        foreach (var bar in bars)
        {
            Console.WriteLine($"{bar.Key}: {JsonSerializer.Serialize(bar.Value)}");
        }

        if (args.Length > 2)
        {
            BarFile.Write(args[2], bars);
        }

        void Bar(string name, double value, string unit, double bar, bool atMost) =>
            bars[name] = new { value, unit, bar, holds = atMost ? value <= bar : value >= bar };
    }

    private static void Print(string name, FitFigures figures, double[] labels, double[] scores) => Console.WriteLine(
        $"{name,-20} {figures.Threads,7} {figures.Seconds,6:0.00} {figures.ProcessorSeconds,6:0.00} {figures.Megabytes,5:0} "
        + $"{BinaryMetrics.RocAuc(labels, scores),8:0.00000} {BinaryMetrics.LogLoss(labels, scores),8:0.00000} {figures.RowsPerSecond,10:N0}"
        + (figures.NanosecondsPerRow > 0 ? $", one at a time {figures.NanosecondsPerRow:0} ns and {figures.AllocatedPerRow:0.##} bytes" : ""));

    // Of each figure by itself: they are measured beside whatever else the machine does.
    private static FitFigures Median(IEnumerable<(FitFigures Figures, string File)> fits)
    {
        var all = fits.Select(fit => fit.Figures).ToList();
        return all[0] with
        {
            Seconds = Of(figures => figures.Seconds),
            ProcessorSeconds = Of(figures => figures.ProcessorSeconds),
            Megabytes = Of(figures => figures.Megabytes),
            RowsPerSecond = Of(figures => figures.RowsPerSecond),
            NanosecondsPerRow = Of(figures => figures.NanosecondsPerRow),
        };

        double Of(Func<FitFigures, double> figure) => all.Select(figure).Order().ElementAt(all.Count / 2);
    }

    private static TrainingRequest Request(LabeledRows training, LabeledRows test, ImmutableSortedDictionary<string, double> hyperparameters) => new()
    {
        Training = training,

        // They only choose a threshold; the peers choose none.
        Validation = new LabeledRows(test.Features.Take([.. Enumerable.Range(0, 1000)]), test.Labels[..1000]),
        Hyperparameters = hyperparameters,
        Recipe = new FeatureRecipe { Standardize = false },
        Seed = 7,
    };

    private static (double Nanoseconds, double Allocated) MeasureSingleRows(TrainedModel model, LabeledRows test)
    {
        var schema = new TableSchema([.. test.Features.Columns.Select(column => new ColumnSchema(column.Name, ColumnKind.Number))]);
        var row = new RowScorer(model, new RowFeatures { Label = "label" }, schema).NewRow();
        var columns = test.Features.Columns.Select(column => ((NumberColumn)column).Values.ToArray()).ToArray();
        var best = double.MaxValue;
        var allocated = 0L;
        for (var i = 0; i < Predictions; i++)
        {
            var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            for (var scored = 0; scored < SingleRows; scored++)
            {
                row.Clear();
                for (var column = 0; column < Columns; column++)
                {
                    row.SetNumber(column, columns[column][scored % test.Labels.Length]);
                }

                row.Predict();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalNanoseconds / SingleRows);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        }

        return (best, (double)allocated / SingleRows);
    }

    private static (LabeledRows Training, LabeledRows Test) Load(string folder)
    {
        var labels = Labels(folder);
        var columns = Enumerable.Range(0, Columns).Select(_ => new double[labels.Length]).ToArray();
        var row = new float[Columns];
        using var cells = new BufferedStream(File.OpenRead(Path.Combine(folder, "x.f32")), 1 << 20);
        for (var i = 0; i < labels.Length; i++)
        {
            cells.ReadExactly(MemoryMarshal.AsBytes(row.AsSpan()));
            for (var column = 0; column < Columns; column++)
            {
                columns[column][i] = row[column];
            }
        }

        var cut = Cut(labels.Length);
        return (Rows(..cut), Rows(cut..));

        LabeledRows Rows(Range range) => new(
            new Table([.. columns.Select((values, column) => new NumberColumn($"f{column}", values[range]))]), labels[range]);
    }

    private static double[] TestLabels(string folder)
    {
        var labels = Labels(folder);
        return labels[Cut(labels.Length)..];
    }

    private static double[] Labels(string folder) => [.. File.ReadAllBytes(Path.Combine(folder, "y.u8")).Select(label => (double)label)];

    private static int Cut(int rows) => (int)(rows * 9L / 10);

    private static double[] Scores(string file) => MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(Path.ChangeExtension(file, ".f64"))).ToArray();

    private static double Status(string name) =>
        double.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024 / 1e6;

    private sealed record FitFigures(
        string Name, string Version, int Threads, double Seconds, double ProcessorSeconds, double Megabytes, double RowsPerSecond)
    {
        public string? Hash { get; init; }

        public double NanosecondsPerRow { get; init; }

        public double AllocatedPerRow { get; init; }
    }
}
