using MlDurable.Orchestration.Embedded.History;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class InstanceTableTests
{
    private static readonly DateTimeOffset s_time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TaskFailureDetails s_failure = new("T", "m", null, null, null);

    private readonly InstanceTable _table = new();

    [Fact]
    public void Apply_WhatCannotFollow_IsRefusedWithItsCause()
    {
        _table.Apply(Start("i"));
        AssertRefused(Start("i"), "'i' starts twice");
        AssertRefused(new InstancePurged("j"), "'j' is purged but not there");
        AssertRefused(new ActivityStarted("j", 1), "ActivityStarted for the unknown instance 'j'");

        void AssertRefused(JournalEntry entry, string problem) =>
            Assert.Contains(problem, Assert.Throws<InvalidDataException>(() => _table.Apply(entry)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void After_AnyKey_GivesWhatIsBehindItByCreationThenById()
    {
        Assert.Empty(_table.After(null));
        Assert.Empty(_table.After(new(s_time, "a")));
        _table.Apply(Start("b") with { CreatedAt = s_time });
        _table.Apply(Start("a") with { CreatedAt = s_time.AddHours(1) });
        _table.Apply(Start("a2") with { CreatedAt = s_time });
        _table.Apply(Start("B") with { CreatedAt = s_time });

        Assert.Equal(["B", "a2", "b", "a"], Ids(null));
        Assert.Equal(["b", "a"], Ids(new(s_time, "a2")));
        Assert.Equal(["a2", "b", "a"], Ids(new(s_time, "a")));
        Assert.Equal(["a"], Ids(new(s_time, "b")));
        Assert.Empty(Ids(new(s_time.AddHours(1), "a")));
        Assert.Empty(Ids(new(s_time.AddHours(2), "")));

        _table.Apply(new InstancePurged("b"));
        Assert.Equal(["a"], Ids(new(s_time, "b")));
        Assert.Equal(["B", "a2", "a"], Ids(null));

        IEnumerable<string> Ids(InstanceKey? key) => _table.After(key).Select(instance => instance.Id);
    }

    [Fact]
    public void FindSingleton_HolderEndsAndIsRewound_IsTheOneThatHasNotEnded()
    {
        var tags = new Dictionary<string, string> { [StartOptions.SingletonTag] = "key" };
        _table.Apply(Start("other"));
        Assert.Null(_table.FindSingleton("key"));
        _table.Apply(Start("first") with { Tags = tags });
        Assert.Equal("first", _table.FindSingleton("key")?.Id);
        _table.Apply(new InstanceSuspended("first", s_time, ""));
        Assert.Equal("first", _table.FindSingleton("key")?.Id);
        Fail("first");
        Assert.Null(_table.FindSingleton("key"));
        _table.Apply(new InstanceRewound("first", s_time, 0, 1, ""));
        Assert.Equal("first", _table.FindSingleton("key")?.Id);

        Fail("first");
        _table.Apply(Start("second") with { Tags = tags });
        Assert.Equal("second", _table.FindSingleton("key")?.Id);

        // As compaction keeps one that has ended.
        _table.Apply(Start("third") with { Tags = tags, Ended = OrchestrationRuntimeStatus.Completed });
        Assert.Equal("second", _table.FindSingleton("key")?.Id);

        void Fail(string id) => _table.Apply(new TurnCompleted(id, s_time, 0, [new InstanceFailed(s_failure)]));
    }

    [Fact]
    public void ChildrenOf_StartedAndPurged_AreThoseThatAreThere()
    {
        Assert.Empty(_table.ChildrenOf("root"));
        _table.Apply(Start("root"));
        _table.Apply(Start("one") with { Root = "root" });
        _table.Apply(Start("two") with { Root = "root" });
        _table.Apply(Start("of another") with { Root = "another" });
        Assert.Equal(["one", "two"], _table.ChildrenOf("root").Select(child => child.Id).Order());
        _table.Apply(new InstancePurged("one"));
        Assert.Equal(["two"], _table.ChildrenOf("root").Select(child => child.Id));
        _table.Apply(new InstancePurged("root"));
        Assert.Single(_table.ChildrenOf("root"));
        _table.Apply(new InstancePurged("two"));
        Assert.Empty(_table.ChildrenOf("root"));
        Assert.Single(_table.ChildrenOf("another"));
    }
}
