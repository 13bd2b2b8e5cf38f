using System.Net.Sockets;

namespace MlDurable.Orchestration.Embedded.Tests;

[Trait("Speed", "Slow")]
public sealed class WorkspaceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private EmbeddedEngineOptions Options => new() { Directory = _directory.Path };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Kill_AgainAndAgainUnderLoad_EveryInstanceEndsAndNoEffectIsMissing(int seed)
    {
        var kills = await ChildProcess.WorkUnderKillsAsync(_directory.Path, new Random(seed));

        Assert.True(kills >= 3, $"{kills} kills are no test.");
        var effects = await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "effects"));
        var keys = Enumerable.Range(0, ChildProcess.Loaded).SelectMany(
            number => Enumerable.Range(1, ChildProcess.EffectsOfEach).Select(step => $"{number}/0/{step}"));
        Assert.Equal(keys.Order(StringComparer.Ordinal), effects.Distinct().Order(StringComparer.Ordinal));

        // Only what was under way at a kill is done again: at most one effect for each slot.
        Assert.InRange(effects.Length - effects.Distinct().Count(), 0, kills * Environment.ProcessorCount);
        Assert.All(
            JournalInspection.Read(_directory.Path).Instances,
            state => Assert.Equal("\"12345\"", state.Output));
    }

    [Fact]
    public async Task Kill_OfTheOwner_FreesTheWorkspaceAndTheNextOneContinues()
    {
        using var child = await ChildProcess.StartUntilBlockedAsync(_directory.Path);

        var refused = await Assert.ThrowsAsync<OrchestrationException>(
            () => EmbeddedEngine.OpenAsync(ChildProcess.Catalog(_directory.Path), Options));
        Assert.Equal(EmbeddedErrorCodes.WorkspaceOwned, refused.Code);
        Assert.Contains($"process {child.Id} on {Environment.MachineName}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(child.Id, WorkspaceLock.Owner(_directory.Path)!.ProcessId);
        var answer = await ControlClient.SendAsync(_directory.Path, new("cancel", null));
        Assert.Equal("\"cancel\"", answer.Result);

        await child.KillAsync();

        Assert.Null(WorkspaceLock.Owner(_directory.Path));
        await using var engine = await EmbeddedEngine.OpenAsync(ChildProcess.Catalog(_directory.Path), Options);
        var state = await engine.Client.WaitForCompletionAsync("i").WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("\"123\"", state.Output);
        Assert.Equal(
            ["i/0/1 1", "i/0/2 1", "i/0/2 2", "i/0/3 1"], await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "effects")));

        // The socket of the dead owner is still there, and is replaced.
        await Assert.ThrowsAsync<OrchestrationException>(() => ControlClient.SendAsync(_directory.Path, new("cancel", null)));
        await using var server = ControlServer.Start(
            _directory.Path, (_, _) => Task.FromResult(new ControlResponse(true, null, null, null)));
        Assert.True((await ControlClient.SendAsync(_directory.Path, new("cancel", null))).Ok);
    }

    [Fact]
    public void Acquire_Twice_IsRefusedUntilTheFirstGivesUp()
    {
        Assert.Null(WorkspaceLock.Owner(_directory.Path));
        using (WorkspaceLock.Acquire(_directory.Path))
        {
            Assert.Equal(
                EmbeddedErrorCodes.WorkspaceOwned,
                Assert.Throws<OrchestrationException>(() => WorkspaceLock.Acquire(_directory.Path)).Code);
            Assert.Equal(Environment.ProcessId, WorkspaceLock.Owner(_directory.Path)!.ProcessId);
        }

        using var again = WorkspaceLock.Acquire(_directory.Path);
    }

    [Fact]
    public void Acquire_DirectoryIsAFile_IsUnusable()
    {
        var path = Path.Combine(_directory.Path, "file");
        File.WriteAllText(path, "");
        Assert.Equal(
            EmbeddedErrorCodes.WorkspaceUnusable, Assert.Throws<OrchestrationException>(() => WorkspaceLock.Acquire(path)).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(150)]
    public async Task Control_ManyClients_EachGetsItsAnswer(int extraPathLength)
    {
        // A long path does not fit into a socket's address.
        var directory = Path.Combine(_directory.Path, new('d', extraPathLength));
        Directory.CreateDirectory(directory);
        await using var server = ControlServer.Start(directory, (request, _) => request.Command switch
        {
            "fail" => throw new OrchestrationException("no-such-run", "There is no such run."),
            "bug" => throw new InvalidOperationException("a bug"),
            _ => Task.FromResult(new ControlResponse(true, request.Arguments, null, null)),
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            number => ControlClient.SendAsync(directory, new("echo", $"{number}"))));
        Assert.Equal(Enumerable.Range(0, 200).Select(number => $"{number}"), answers.Select(answer => answer.Result!));
        Assert.Equal(
            new ControlResponse(false, null, "no-such-run", "There is no such run."),
            await ControlClient.SendAsync(directory, new("fail", null)));
        Assert.Equal(EmbeddedErrorCodes.ControlRequestFailed, (await ControlClient.SendAsync(directory, new("bug", null))).ErrorCode);
    }

    [Fact]
    public async Task Control_TooLargeARequest_IsRefused()
    {
        await using var server = ControlServer.Start(
            _directory.Path, (_, _) => Task.FromResult(new ControlResponse(true, null, null, null)));
        Assert.Equal(EmbeddedErrorCodes.ControlMessageInvalid, (await Assert.ThrowsAsync<OrchestrationException>(
            () => ControlClient.SendAsync(_directory.Path, new("big", new('x', 2_000_000))))).Code);
    }

    [Fact]
    public async Task Control_Socket_IsForItsOwnerOnlyAndGoesWithTheServer()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var socket = Path.Combine(_directory.Path, "control.sock");
        await using (ControlServer.Start(_directory.Path, (_, _) => Task.FromResult(new ControlResponse(true, null, null, null))))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        }

        Assert.False(File.Exists(socket));
        Assert.Equal(EmbeddedErrorCodes.OwnerUnreachable, (await Assert.ThrowsAsync<OrchestrationException>(
            () => ControlClient.SendAsync(_directory.Path, new("x", null)))).Code);
    }

    [Fact]
    public async Task Control_OwnerEndsWhileItCarriesARequestOut_StillAnswers()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ControlServer.Start(_directory.Path, async (_, token) =>
        {
            entered.SetResult();
            await release.Task;
            token.ThrowIfCancellationRequested();
            return new ControlResponse(true, "done", null, null);
        });
        var sending = ControlClient.SendAsync(_directory.Path, new("cancel", null));
        await entered.Task;

        var disposing = server.DisposeAsync().AsTask();
        release.SetResult();

        Assert.Equal(new ControlResponse(true, "done", null, null), await sending);
        await disposing;
    }

    [Fact]
    public async Task Control_DirectoryDeletedUnderItsOwner_EndsQuietly()
    {
        var directory = Path.Combine(_directory.Path, "workspace");
        Directory.CreateDirectory(directory);
        var server = ControlServer.Start(directory, (_, _) => Task.FromResult(new ControlResponse(true, null, null, null)));
        Directory.Delete(directory, recursive: true);

        await server.DisposeAsync();

        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task Acquire_WhileOthersLookForTheOwner_IsNeverRefused()
    {
        using (WorkspaceLock.Acquire(_directory.Path))
        {
        }

        using var stop = new CancellationTokenSource();
        var looking = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                WorkspaceLock.Owner(_directory.Path);
            }
        });
        for (var number = 0; number < 200; number++)
        {
            WorkspaceLock.Acquire(_directory.Path).Dispose();
        }

        await stop.CancelAsync();
        await looking;
    }

    [Fact]
    public async Task Control_AcceptingFails_TheNextClientIsServed()
    {
        var failures = 3;
        await using var server = ControlServer.Start(
            _directory.Path, (request, _) => Task.FromResult(new ControlResponse(true, request.Arguments, null, null)),
            listener => token => Interlocked.Decrement(ref failures) >= 0 ? throw new SocketException((int)SocketError.TooManyOpenSockets) : listener.AcceptAsync(token));

        Assert.Equal("1", (await ControlClient.SendAsync(_directory.Path, new("echo", "1"))).Result);
        Assert.True(failures < 0);
    }

    [Fact]
    public async Task Control_AnyBytes_AreRefusedAndTheNextClientIsServed()
    {
        var carriedOut = 0;
        await using var server = ControlServer.Start(_directory.Path, (request, _) =>
        {
            Interlocked.Increment(ref carriedOut);
            return Task.FromResult(new ControlResponse(true, request.Arguments, null, null));
        });
        var chance = new Random(3);
        var valid = "{\"command\":\"echo\",\"arguments\":\"1\"}\n"u8.ToArray();
        for (var number = 0; number < 300; number++)
        {
            var bytes = (number % 4) switch
            {
                0 => valid[..chance.Next(valid.Length)],
                1 => [.. valid[..^1].Select(next => chance.Next(20) == 0 ? (byte)chance.Next(256) : next), (byte)'\n'],
                2 => [.. new byte[chance.Next(3000)].Select(_ => (byte)chance.Next(256)), (byte)'\n'],
                _ => [.. "{\"command\":"u8, .. Enumerable.Repeat((byte)'[', chance.Next(200_000)), (byte)'\n'],
            };
            await using var stream = await ControlEndpoint.ConnectAsync(ControlEndpoint.Find(_directory.Path)!, CancellationToken.None);
            await stream.WriteAsync(bytes);
            if (bytes is [.., (byte)'\n'])
            {
                var answer = await ControlMessage.ReadAsync(stream, WorkspaceJson.Default.ControlResponse, CancellationToken.None);
                Assert.True(answer.Ok || answer.ErrorCode == EmbeddedErrorCodes.ControlMessageInvalid, answer.ErrorMessage);
            }
        }

        carriedOut = 0;
        Assert.Equal("last", (await ControlClient.SendAsync(_directory.Path, new("echo", "last"))).Result);
        Assert.Equal(1, carriedOut);
    }
}
