using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tests.Training;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests;

/// <summary>This assembly as a process of its own, which trains models and prints their hashes: the runtime takes processors and vectors from its environment.</summary>
internal static class ModelProcess
{
    /// <summary>What the process has, then a line for each model: its settings, and the hash of its file and of its predictions.</summary>
    public static IEnumerable<string> Lines()
    {
        yield return Machine();
        foreach (var (name, fit) in Fits())
        {
            var rows = TrainingData.Awkward(20_000, 14);
            var model = fit();
            var predictions = MemoryMarshal.AsBytes(model.Predict(rows.Features).AsSpan());
            yield return $"{name}: {Convert.ToHexStringLower(SHA256.HashData([.. ModelBytes.Of(model), .. predictions]))}";
        }
    }

    public static string Machine() =>
        $"{Environment.ProcessorCount} processors, 256 bits {Vector256.IsHardwareAccelerated}, 512 bits {Vector512.IsHardwareAccelerated}, {Vector<double>.Count} doubles";

    /// <summary>The lines of a process with some variables of the runtime.</summary>
    public static async Task<string[]> RunAsync(params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(ModelProcess).Assembly.Location])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    private static IEnumerable<(string Name, Func<TrainedModel> Fit)> Fits()
    {
        var many = TrainingData.Awkward(60_000, 12);
        var rows = TrainingData.Awkward(20_000, 12);
        foreach (var trainer in new[] { "baseline", "elastic-net", "logistic-regression", "naive-bayes" })
        {
            yield return (trainer, () => Trainers.Get(trainer).Fit(TrainingData.Request(rows)));
        }

        foreach (var (rowShare, featureShare, gossTop) in new[] { (1.0, 1.0, 1.0), (0.7, 0.7, 0.3) })
        {
            yield return ($"gradient-boosting {rowShare} {featureShare} {gossTop}", () => Trainers.Get("gradient-boosting").Fit(TrainingData.Request(
                many, null, ("trees", 10), ("leaves", 31), ("row-share", rowShare), ("feature-share", featureShare), ("goss-top", gossTop))));
        }

        foreach (var trainer in new[] { "random-forest", "extra-trees" })
        {
            yield return (trainer, () => Trainers.Get(trainer).Fit(TrainingData.Request(TrainingData.Awkward(5000, 12), null, ("trees", 23))));
        }

        foreach (var trainer in new[] { "logistic-regression", "gradient-boosting" })
        {
            foreach (var method in new[] { CalibrationMethod.Platt, CalibrationMethod.Isotonic })
            {
                yield return ($"{trainer} {method}", () => Trainers.Get(trainer).Fit(
                    TrainingData.Request(TrainingData.Awkward(3000, 12), TrainingData.Awkward(3000, 13)) with { Calibration = method }));
            }
        }

        foreach (var row in Features.ColumnEncodingTests.Encodings)
        {
            var (trainer, encoding) = ((string)row[0], (ColumnEncoding)row[1]);
            yield return ($"{trainer} {encoding}", () => Features.ColumnEncodingTests.Fit(trainer, encoding));
        }
    }
}
