using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Triggers;

/// <summary>A blob that waits to be given to a run.</summary>
/// <param name="Name">Without the <c>data/</c> container.</param>
/// <param name="ETag">The content's ETag; with the name it is the identity.</param>
/// <param name="Length">Bytes.</param>
/// <param name="FirstSeen">When this content was first seen, by the clock of the host that saw it.</param>
/// <param name="Complete">Whether its writer is known to have finished; otherwise it must have stayed the same for a while.</param>
internal sealed record WaitingBlob(string Name, string ETag, long Length, DateTimeOffset FirstSeen, bool Complete)
{
    /// <summary>About what an entry takes in a document.</summary>
    [JsonIgnore]
    public int Weight => 150 + Name.Length;

    /// <summary>128 bits of SHA-256: for a million blobs a collision is less likely than 1 in 10^26.</summary>
    public static UInt128 IdentityOf(string name, string etag) =>
        UInt128.Parse(ContentHash.OfParts(name, etag).AsSpan(0, 32), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public UInt128 Identity() => IdentityOf(Name, ETag);
}

/// <summary>Blobs that are being given to a run: from here on the run's identity is settled, whatever crashes.</summary>
internal sealed record DataBatch(string RunId, RunStage Stage, DateTimeOffset FormedAt, ImmutableArray<WaitingBlob> Markers, ImmutableArray<TriggerBlob> Blobs);

/// <summary>A listing that goes over several calls.</summary>
/// <param name="StartedAt">When its first page began.</param>
/// <param name="Ledger">The ledger when it began: only what that one holds can be pruned at the end.</param>
/// <param name="Prefix">What is listed; a deployment with another pattern begins a listing of its own.</param>
/// <param name="Cursor">The last name that was listed: where the next page goes on.</param>
/// <param name="Seen">The blob of identities that the earlier pages found in the ledger; null for none.</param>
/// <param name="Blobs">How many matching blobs the earlier pages found.</param>
internal sealed record ListingCycle(DateTimeOffset StartedAt, string? Ledger, string Prefix, string Cursor, string? Seen, long Blobs);

/// <summary>
/// What is known about the arriving data of one pipeline, changed by compare-and-swap only: <c>triggers/state/data/&lt;pipeline&gt;/head.json</c>.
/// </summary>
/// <remarks>
/// An identity moves from waiting to batch to given, each time by one swap, so that it is in one of them and goes one way. The many identities that were
/// given lie in an immutable ledger beside this document (16 bytes each), which names it: a swap writes the ledger anew only once in
/// thousands of blobs. Notifications come as small blobs of their own (the inbox) and are folded in by the next tick: the document, which
/// may hold thousands of waiting blobs, is not written once for each of them.
/// </remarks>
internal sealed record DataWatchHead
{
    /// <summary>The number of the swap that wrote this document.</summary>
    public long Generation { get; init; }

    public ImmutableArray<WaitingBlob> Waiting { get => field.IsDefault ? [] : field; init; }

    /// <summary>Markers that have arrived and completed no folder yet.</summary>
    public ImmutableArray<WaitingBlob> Markers { get => field.IsDefault ? [] : field; init; }

    public DataBatch? Batch { get; init; }

    /// <summary>Identities given to runs since the ledger was written.</summary>
    public ImmutableArray<UInt128> Recent { get => field.IsDefault ? [] : field; init; }

    /// <summary>The blob that holds the identities given before; null for none.</summary>
    public string? Ledger { get; init; }

    /// <summary>The listing that is under way; null between two.</summary>
    public ListingCycle? Cycle { get; init; }

    /// <summary>When the last whole listing ended; null before the first has.</summary>
    public DateTimeOffset? ListedAt { get; init; }

    /// <summary>How many matching blobs the last whole listing found.</summary>
    public long ListedBlobs { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DataWatchHead))]
[JsonSerializable(typeof(ImmutableArray<WaitingBlob>))]
internal sealed partial class DataWatchJson : JsonSerializerContext;
