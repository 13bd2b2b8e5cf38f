namespace MlDurable.Orchestration.Embedded.History;

/// <summary>The fold of the whole journal.</summary>
internal sealed class InstanceTable
{
    private readonly Dictionary<string, Instance> _instances = [];

    public IReadOnlyCollection<Instance> Instances => _instances.Values;

    public Instance? Find(string id) => _instances.GetValueOrDefault(id);

    /// <summary>Adds a fact. Throws <see cref="InvalidDataException"/> for one that cannot follow those before it.</summary>
    public void Apply(JournalEntry entry)
    {
        switch (entry)
        {
            case InstanceRecorded record:
                if (!_instances.TryAdd(record.InstanceId, new(record)))
                {
                    throw new InvalidDataException($"instance '{record.InstanceId}' starts twice");
                }

                break;
            case InstancePurged:
                if (!_instances.Remove(entry.InstanceId))
                {
                    throw new InvalidDataException($"instance '{entry.InstanceId}' is purged but not there");
                }

                break;
            default:
                var instance = Find(entry.InstanceId)
                    ?? throw new InvalidDataException($"{entry.GetType().Name} for the unknown instance '{entry.InstanceId}'");
                instance.Apply(entry);
                break;
        }
    }
}
