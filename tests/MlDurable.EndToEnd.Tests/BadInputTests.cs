using System.Diagnostics;

namespace MlDurable.EndToEnd.Tests;

/// <summary>What a person can get wrong, and what can go wrong with files: a clear message and the documented exit code.</summary>
public sealed class BadInputTests(TrainedWorkspace trained) : IClassFixture<TrainedWorkspace>
{
    [Fact]
    public async Task TenMistakes_AreTenLocatedErrors()
    {
        using var directory = new TestDirectory(
            """
            pipelin: Bad Name
            seed: minus
            data:
              files: 3
              label: { column: x, positiv: { not: None } }
            quality:
              - rows: { at-least: many }
            features:
              dates: [month, wekday]
            split: { by: time, validation: 1.5 }
            train:
              candidates:
                - trainer: logistic-regresion
                - trainer: gradient-boosting
                  tress: 100
            evaluate:
              primary: roc-auk
            retention: {}
            """);
        var result = (await directory.RunAsync("validate", "pipeline.yaml")).ShouldExitWith(2);
        var located = result.Output.Split('\n').Where(line => line.StartsWith("pipeline.yaml:", StringComparison.Ordinal)).ToList();
        Assert.True(located.Count >= 10, result.Output);
        Assert.Contains(located, line => line.StartsWith("pipeline.yaml:15:", StringComparison.Ordinal) && line.Contains("trees", StringComparison.Ordinal));
    }

    [Fact]
    public async Task MissingDataFile_ExitsWith4()
    {
        var result = (await trained.Directory.RunAsync("run", "pipeline.yaml", "--data", "nowhere.csv")).ShouldExitWith(4);
        Assert.Contains("'nowhere.csv'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DataFileWithAnotherEnding_ExitsWith2()
    {
        using var directory = trained.Copy();
        directory.Write("data.txt", "a,b\n1,2\n");
        var result = (await directory.RunAsync("run", "pipeline.yaml", "--data", "data.txt")).ShouldExitWith(2);
        Assert.Contains("bird-strikes/*.csv", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("empty", "")]
    [InlineData("ragged", "a,b\n1,2\n3\n")]
    [InlineData("quote", "a,b\n1,\"2\n")]
    public async Task UnreadableCsv_IsQuarantinedOrRefused(string name, string content)
    {
        using var directory = trained.Copy();
        directory.Write($"{name}.csv", content);
        var validated = await directory.RunAsync("validate", "pipeline.yaml", "--data", $"{name}.csv");
        validated.ShouldExitWith(3);
        (await directory.RunAsync("predict", BirdStrikes.Model, "--input", $"{name}.csv")).ShouldExitWith(2);
    }

    [Fact]
    public async Task RaggedPartition_IsQuarantinedWithItsLine()
    {
        using var directory = trained.Copy();
        var lines = (await File.ReadAllLinesAsync(BirdStrikes.File(1994))).ToList();
        lines[10] = "only,three,cells";
        directory.Write("ragged.csv", string.Join('\n', lines));
        var result = (await directory.RunAsync("run", "pipeline.yaml", "--data", "ragged.csv")).ShouldExitWith(3);
        Assert.Contains("Line 11", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NotUtf8_IsQuarantinedWithItsLine()
    {
        using var directory = trained.Copy();
        var bytes = await File.ReadAllBytesAsync(BirdStrikes.File(1994));
        bytes[^20] = 0xFF;
        directory.Write("latin.csv", bytes);
        var result = (await directory.RunAsync("run", "pipeline.yaml", "--data", "latin.csv")).ShouldExitWith(3);
        Assert.Contains("UTF-8", result.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task UnknownColumn_ExitsWith2AndNamesTheNearest()
    {
        using var directory = trained.Copy();
        directory.Write("pipeline.yaml", BirdStrikes.Pipeline().Replace("Wildlife Size", "Wildlife Sise", StringComparison.Ordinal));
        var result = (await directory.RunAsync("run", "pipeline.yaml")).ShouldExitWith(2);
        Assert.Contains("'Wildlife Sise'", result.Error, StringComparison.Ordinal);
        Assert.Contains("'Wildlife Size'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LabelOfOneClass_FailsClearly()
    {
        using var directory = new TestDirectory();
        var lines = await File.ReadAllLinesAsync(BirdStrikes.File(1994));
        directory.Write("birdstrikes.csv", string.Join('\n', lines.Where((line, index) => index == 0 || line.Contains(",None,", StringComparison.Ordinal))));
        var result = (await directory.RunAsync("run", "pipeline.yaml", "--data", "birdstrikes.csv")).ShouldExitWith(1);
        Assert.Contains("training rows are negative", result.Error, StringComparison.Ordinal);
        var run = (await directory.RunAsync("runs", "--json")).Json.GetProperty("runs")[0];
        Assert.Equal("Failed", run.GetProperty("status").GetString());
        Assert.Equal("one-class", run.GetProperty("failure").GetProperty("code").GetString());
        Assert.Contains("one class", (await directory.RunAsync("validate", "pipeline.yaml")).ShouldExitWith(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ColumnsWithoutAnyValue_DoNotStopTheRun()
    {
        using var directory = new TestDirectory();
        foreach (var year in new[] { 1992, 1993, 1994 })
        {
            var lines = await File.ReadAllLinesAsync(BirdStrikes.File(year));
            directory.Write($"data/birdstrikes-{year}.csv", string.Join('\n', lines.Select((line, index) => line + (index == 0 ? ",Nothing" : ",NaN"))));
        }

        var result = await directory.RunAsync("run", "pipeline.yaml", "--data", "data", "--json");
        Assert.Contains(result.ExitCode, (int[])[0, 3]);
        Assert.Equal("Completed", result.Run.GetProperty("status").GetString());
    }

    [Fact]
    public async Task LineOfAGigabyte_IsRefusedWithoutReadingIt()
    {
        using var directory = trained.Copy();
        await using (var file = File.Create(directory.At("long.csv")))
        {
            await file.WriteAsync("a,b\n"u8.ToArray());

            // Sparse: it takes no room, and reads as one endless line of NUL bytes.
            file.SetLength(1L << 30);
        }

        var watch = Stopwatch.StartNew();
        var result = (await directory.RunAsync("validate", "pipeline.yaml", "--data", "long.csv")).ShouldExitWith(3);
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), result.Output);
        (await directory.RunAsync("predict", BirdStrikes.Model, "--input", "long.csv")).ShouldExitWith(2);
    }

    [Fact]
    public async Task CorruptJournal_SaysWhere()
    {
        using var directory = trained.Copy();
        var journal = Directory.EnumerateFiles(directory.At(".mldurable", "journal")).Where(file => new FileInfo(file).Length > 1000).OrderBy(file => file, StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(journal);
        bytes.AsSpan(200, 8).Fill(0x5A);
        await File.WriteAllBytesAsync(journal, bytes);
        var result = (await directory.RunAsync("run", "pipeline.yaml")).ShouldExitWith(1);
        Assert.Contains(Path.GetFileName(journal), result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CorruptModelFile_IsFoundBeforeItPredicts()
    {
        using var directory = trained.Copy();
        var model = directory.At(".mldurable", "models", BirdStrikes.Model, "versions", "1", "model");
        var bytes = await File.ReadAllBytesAsync(model);
        bytes[bytes.Length / 2] ^= 0x10;
        await File.WriteAllBytesAsync(model, bytes);
        var result = (await directory.RunAsync("predict", BirdStrikes.Model, "--input", BirdStrikes.File(1995))).ShouldExitWith(1);
        Assert.Contains("not the one that was registered", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task CorruptRegistry_SaysWhichFile()
    {
        using var directory = trained.Copy();
        directory.Write($".mldurable/models/{BirdStrikes.Model}/registry.json", "{ not json");
        var result = (await directory.RunAsync("models", BirdStrikes.Model)).ShouldExitWith(1);
        Assert.Contains("registry.json", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StoreBelowAFile_CannotBeWritten()
    {
        using var directory = new TestDirectory();
        directory.Write("file", "not a directory");
        var result = await directory.RunAsync("run", "pipeline.yaml", "--store", "file/store", "--data", BirdStrikes.File(1994));
        Assert.Contains(result.ExitCode, (int[])[1, 2]);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("should not happen", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadOnlyStore_SaysSo()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var directory = trained.Copy();

        // A user without rights is stopped by the mode; root is not, but the kernel's own files stop everybody.
        var store = Environment.IsPrivilegedProcess ? "/proc/self" : directory.At(".mldurable");
        if (!Environment.IsPrivilegedProcess)
        {
            foreach (var path in Directory.EnumerateDirectories(store, "*", SearchOption.AllDirectories).Prepend(store))
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            }
        }

        try
        {
            var result = (await directory.RunAsync("run", "pipeline.yaml", "--store", store, "--data", BirdStrikes.File(1994))).ShouldExitWith(1);
            Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("should not happen", result.Error, StringComparison.Ordinal);
        }
        finally
        {
            if (!Environment.IsPrivilegedProcess)
            {
                foreach (var path in Directory.EnumerateDirectories(store, "*", SearchOption.AllDirectories).Prepend(store))
                {
                    File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                }
            }
        }
    }
}
