using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using MlDurable.Testing.Node;

namespace MlDurable.Testing.Azurite;

/// <summary>
/// A running Azurite blob service for the tests of one collection: an empty account of its own, on a free port of the loopback interface, in memory.
/// </summary>
/// <remarks>A test that needs Azurite fails when it cannot run; it is never skipped. The process ends with the fixture, and with the test host if that dies.</remarks>
public sealed partial class AzuriteFixture : IAsyncLifetime
{
    private const string Account = "mldurabletests";
    private const int AccountKeyBytes = 32;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(AccountKeyBytes));
    private readonly List<string> _output = [];
    private Process? _process;
    private string? _address;

    /// <summary>The account's connection string, valid for as long as the fixture lives.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={_key};BlobEndpoint={_address ?? throw new InvalidOperationException("Azurite is not running.")}/{Account};";

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var folder = await NodePackages.EnsureAsync("azurite");
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["AZURITE_ACCOUNTS"] = $"{Account}:{_key}" },
        };
        foreach (var argument in new[] { "start.js", "--blobPort", "0", "--inMemoryPersistence", "--silent", "--disableTelemetry" })
        {
            start.ArgumentList.Add(argument);
        }

        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Hear(line.Data, listening);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data, listening);
        _process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException($"Azurite ended before it listened.{Output()}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        try
        {
            _address = await listening.Task.WaitAsync(StartTimeout);
        }
        catch (TimeoutException exception)
        {
            throw new InvalidOperationException($"Azurite did not listen within {StartTimeout.TotalSeconds:f0} s.{Output()}", exception);
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_process is null)
        {
            return;
        }

        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line, TaskCompletionSource<string> listening)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Add(line);
        }

        if (Listening().Match(line) is { Success: true } match)
        {
            listening.TrySetResult(match.Groups["address"].Value);
        }
    }

    private string Output()
    {
        lock (_output)
        {
            return string.Concat(_output.Select(line => $"{Environment.NewLine}  {line}"));
        }
    }

    [GeneratedRegex("successfully listens on (?<address>http://\\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Listening();
}
