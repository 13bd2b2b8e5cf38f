namespace MlDurable.Storage;

/// <summary>What must hold of a blob for a write or a delete to happen. The default value is <see cref="None"/>.</summary>
public readonly record struct BlobCondition
{
    private BlobCondition(bool mustBeAbsent, string? etag)
    {
        MustBeAbsent = mustBeAbsent;
        ETag = etag;
    }

    /// <summary>Nothing: overwrite whatever is there.</summary>
    public static BlobCondition None => default;

    /// <summary>There must be no such blob.</summary>
    public static BlobCondition IfAbsent => new(mustBeAbsent: true, etag: null);

    /// <summary>Whether the blob must not exist.</summary>
    public bool MustBeAbsent { get; }

    /// <summary>The ETag that the blob must have, or <see langword="null"/> when the condition names none.</summary>
    public string? ETag { get; }

    /// <summary>The blob must exist with this ETag.</summary>
    /// <param name="etag">An ETag that the same store gave for the same blob.</param>
    /// <returns>The condition.</returns>
    /// <exception cref="ArgumentException"><paramref name="etag"/> is empty.</exception>
    public static BlobCondition IfMatch(string etag)
    {
        ArgumentException.ThrowIfNullOrEmpty(etag);
        return new(mustBeAbsent: false, etag);
    }

    internal BlobStoreException Failed(string name, string store)
    {
        var message = MustBeAbsent
            ? $"'{name}' exists already in {store}; it was to be created only if absent."
            : $"'{name}' in {store} no longer has the ETag {ETag}: it was changed or deleted meanwhile. Read it again and decide anew.";
        return new BlobStoreException(BlobStoreErrorCodes.PreconditionFailed, message, name);
    }

    internal void RequireFitForDelete()
    {
        if (MustBeAbsent)
        {
            throw new ArgumentException("A blob that must be absent cannot be deleted; use None or IfMatch.");
        }
    }
}
