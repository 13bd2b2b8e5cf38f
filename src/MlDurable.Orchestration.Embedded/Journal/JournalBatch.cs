using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Journal;

/// <summary>Entries that reach the disk together or not at all, and what is to happen then. Empty, it is a barrier.</summary>
internal sealed class JournalBatch
{
    private readonly List<Action> _committed = [];
    private readonly List<Action> _failed = [];
    private List<TaskCompletionSource>? _waiters;

    public List<JournalEntry> Entries { get; } = [];

    /// <summary>Whether a turn that will append more, or hurry the journal, is queued because of the entries.</summary>
    public bool IsFollowed { get; set; }

    /// <summary>Whether who makes the batch runs a turn itself, the first one that is needed.</summary>
    public bool TakesTurn { get; init; }

    /// <summary>The instance whose turn that is.</summary>
    public Instance? Turn { get; set; }

    public bool IsEmpty => Entries.Count == 0 && _committed.Count == 0 && _waiters is null;

    /// <summary>Runs something, briefly and without throwing, once the entries are on disk.</summary>
    public void OnCommit(Action action) => _committed.Add(action);

    /// <summary>Runs something, briefly and without throwing, once the entries can no longer reach the disk.</summary>
    public void OnFail(Action action) => _failed.Add(action);

    /// <summary>A task that ends when the entries are on disk, or fails when they never will be.</summary>
    public Task WaitAsync()
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (_waiters ??= []).Add(waiter);
        return waiter.Task;
    }

    public void Commit()
    {
        foreach (var action in _committed)
        {
            action();
        }

        foreach (var waiter in _waiters ?? [])
        {
            waiter.SetResult();
        }
    }

    public void Fail(Exception failure)
    {
        foreach (var action in _failed)
        {
            action();
        }

        foreach (var waiter in _waiters ?? [])
        {
            waiter.SetException(failure);
        }
    }
}
