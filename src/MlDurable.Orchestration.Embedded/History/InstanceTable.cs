using System.Runtime.InteropServices;

namespace MlDurable.Orchestration.Embedded.History;

/// <summary>The fold of the whole journal.</summary>
internal sealed class InstanceTable
{
    private static readonly Comparer<InstanceKey> s_order = Comparer<InstanceKey>.Create(static (x, y) =>
        x.CreatedAt.CompareTo(y.CreatedAt) is var byTime && byTime != 0 ? byTime : string.CompareOrdinal(x.Id, y.Id));

    private readonly Dictionary<string, Instance> _instances = [];
    private readonly SortedSet<InstanceKey> _ordered = new(s_order);
    private readonly Dictionary<string, Instance> _singletons = [];
    private readonly Dictionary<string, HashSet<Instance>> _children = [];

    public IReadOnlyCollection<Instance> Instances => _instances.Values;

    public Instance? Find(string id) => _instances.GetValueOrDefault(id);

    /// <summary>The unfinished instance that has a singleton key.</summary>
    public Instance? FindSingleton(string key) => _singletons.GetValueOrDefault(key);

    /// <summary>All instances that one started, by itself or by another that it started.</summary>
    public IReadOnlyCollection<Instance> ChildrenOf(string rootId) => _children.GetValueOrDefault(rootId) ?? [];

    /// <summary>The instances behind a key, in the order of creation, then of ids. The table must not change meanwhile.</summary>
    public IEnumerable<Instance> After(InstanceKey? key) =>
        (key is { } after ? Behind(after) : _ordered).Select(found => _instances[found.Id]);

    /// <summary>Adds a fact. Throws <see cref="InvalidDataException"/> for one that cannot follow those before it.</summary>
    public void Apply(JournalEntry entry)
    {
        switch (entry)
        {
            case InstanceRecorded record:
                var started = new Instance(record);
                if (!_instances.TryAdd(record.InstanceId, started))
                {
                    throw new InvalidDataException($"instance '{record.InstanceId}' starts twice");
                }

                _ordered.Add(InstanceKey.Of(started));
                if (record.Root is { } root)
                {
                    (CollectionsMarshal.GetValueRefOrAddDefault(_children, root, out _) ??= []).Add(started);
                }

                Hold(started);
                break;
            case InstancePurged:
                if (!_instances.Remove(entry.InstanceId, out var purged))
                {
                    throw new InvalidDataException($"instance '{entry.InstanceId}' is purged but not there");
                }

                _ordered.Remove(InstanceKey.Of(purged));
                if (purged.Facts.Root is { } rootOfPurged && _children.GetValueOrDefault(rootOfPurged) is { } children
                    && children.Remove(purged) && children.Count == 0)
                {
                    _children.Remove(rootOfPurged);
                }

                break;
            default:
                var instance = Find(entry.InstanceId)
                    ?? throw new InvalidDataException($"{entry.GetType().Name} for the unknown instance '{entry.InstanceId}'");
                instance.Apply(entry);
                Hold(instance);
                break;
        }
    }

    private IEnumerable<InstanceKey> Behind(InstanceKey after) =>
        s_order.Compare(after, _ordered.Max) < 0 ? _ordered.GetViewBetween(after, _ordered.Max).SkipWhile(key => key == after) : [];

    // The key is free in the entry that ends its holder, and taken again by one that is rewound.
    private void Hold(Instance instance)
    {
        if (instance.Facts.Tags.TryGetValue(StartOptions.SingletonTag, out var key))
        {
            if (instance.Ended is null)
            {
                _singletons[key] = instance;
            }
            else if (FindSingleton(key) == instance)
            {
                _singletons.Remove(key);
            }
        }
    }
}

/// <summary>The place of an instance in a listing.</summary>
internal readonly record struct InstanceKey(DateTimeOffset CreatedAt, string Id)
{
    public static InstanceKey Of(Instance instance) => new(instance.Facts.CreatedAt, instance.Id);
}
