using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class JournalBatchTests
{
    private readonly JournalBatch _batch = new();
    private readonly List<string> _happened = [];

    [Fact]
    public void IsEmpty_NothingToWriteAndNobodyToTell_IsTrue()
    {
        Assert.True(_batch.IsEmpty);
        _batch.OnFail(() => { });
        Assert.True(_batch.IsEmpty);
    }

    [Fact]
    public void IsEmpty_EntriesOrSomebodyToTell_IsFalse()
    {
        var written = new JournalBatch();
        written.Entries.Add(new InstancePurged("i"));
        var told = new JournalBatch();
        told.OnCommit(() => { });
        var waited = new JournalBatch();
        _ = waited.WaitAsync();
        Assert.All([written, told, waited], batch => Assert.False(batch.IsEmpty));
    }

    [Fact]
    public async Task Commit_ActionsAndWaiters_AreToldInOrder()
    {
        Observe();
        var waiters = new[] { _batch.WaitAsync(), _batch.WaitAsync() };

        _batch.Commit();

        Assert.Equal(["committed 1", "committed 2"], _happened);
        await Task.WhenAll(waiters);
    }

    [Fact]
    public async Task Fail_ActionsAndWaiters_AreToldTheFailure()
    {
        Observe();
        var waiters = new[] { _batch.WaitAsync(), _batch.WaitAsync() };
        var failure = new IOException("no");

        _batch.Fail(failure);

        Assert.Equal(["failed 1", "failed 2"], _happened);
        foreach (var waiter in waiters)
        {
            Assert.Same(failure, await Assert.ThrowsAsync<IOException>(() => waiter));
        }
    }

    [Fact]
    public void CommitAndFail_NobodyWaits_TellTheActionsAlone()
    {
        Observe();
        _batch.Commit();
        _batch.Fail(new IOException("no"));
        Assert.Equal(["committed 1", "committed 2", "failed 1", "failed 2"], _happened);
    }

    /// <summary>What waits must not run on the thread that writes, nor hold it up.</summary>
    [Fact]
    public async Task Commit_WhoWaitsGoesOn_NotOnTheWritersThread()
    {
        var writer = 0;
        var continued = _batch.WaitAsync().ContinueWith(
            _ => Environment.CurrentManagedThreadId, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var thread = new Thread(() =>
        {
            writer = Environment.CurrentManagedThreadId;
            _batch.Commit();
        });
        thread.Start();
        thread.Join();
        Assert.NotEqual(writer, await continued);
    }

    private void Observe()
    {
        for (var number = 1; number <= 2; number++)
        {
            var name = number;
            _batch.OnCommit(() => _happened.Add($"committed {name}"));
            _batch.OnFail(() => _happened.Add($"failed {name}"));
        }
    }
}
