using System.Text.Json.Serialization;

namespace MlDurable.Pipelines.Runs;

/// <summary>How much of a pipeline a run carries out.</summary>
public enum RunStage
{
    /// <summary>The whole flow: validate, featurize, train, evaluate, decide.</summary>
    All,

    /// <summary>Validate and featurize new partitions, so that the next run of the whole flow finds them done.</summary>
    Featurize,

    /// <summary>Write the champion's predictions for partitions that have none.</summary>
    Score,
}

/// <summary>What kind of thing started a run.</summary>
public enum RunTriggerKind
{
    /// <summary>A person, with the command line.</summary>
    Manual,

    /// <summary>A schedule.</summary>
    Schedule,

    /// <summary>Arriving data.</summary>
    Data,

    /// <summary>An HTTP request.</summary>
    Http,

    /// <summary>The end of another pipeline's run.</summary>
    After,

    /// <summary>A backfill.</summary>
    Backfill,

    /// <summary>A person who wanted another run repeated.</summary>
    Restart,
}

/// <summary>What started a run.</summary>
/// <param name="Kind">The kind.</param>
public sealed record RunTrigger(RunTriggerKind Kind)
{
    /// <summary>A person, with the command line.</summary>
    public static readonly RunTrigger Manual = new(RunTriggerKind.Manual);

    /// <summary>The schedule's name, the identity of the run that went before or is repeated, the idempotency key or the backfill's identity; null for the other kinds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>The instant that a schedule names, in UTC; null for the other kinds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Nominal { get; init; }

    /// <summary>Whether a person waits for the run at a terminal, so that another one like it would be in its way.</summary>
    [JsonIgnore]
    public bool IsByHand => Kind is RunTriggerKind.Manual or RunTriggerKind.Restart;

    /// <summary>How many runs lead to this one by following each other; 0 for a run that follows none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Depth { get; init; }
}

/// <summary>A blob that started a run: this content of it, and no other.</summary>
/// <param name="Name">The blob's name, without the <c>data/</c> container.</param>
/// <param name="ETag">The content's ETag.</param>
/// <param name="Length">Bytes.</param>
public sealed record TriggerBlob(string Name, string ETag, long Length);
