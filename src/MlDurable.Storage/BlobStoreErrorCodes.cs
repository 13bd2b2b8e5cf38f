namespace MlDurable.Storage;

/// <summary>The values of <see cref="BlobStoreException.Code"/>. They are stable: scripts and exit codes depend on them.</summary>
public static class BlobStoreErrorCodes
{
    /// <summary>There is no such blob.</summary>
    public const string BlobNotFound = "blob-not-found";

    /// <summary>The blob is there, with another content than the one asked for.</summary>
    public const string BlobChanged = "blob-changed";

    /// <summary>The condition of a write or delete does not hold: another writer was first.</summary>
    public const string PreconditionFailed = "precondition-failed";

    /// <summary>The name is not one that every store can keep; the message says why.</summary>
    public const string InvalidBlobName = "invalid-blob-name";

    /// <summary>The blob is larger than the caller or the store allows.</summary>
    public const string BlobTooLarge = "blob-too-large";

    /// <summary>The blob was read, and is not what the caller expects (JSON of the asked-for shape).</summary>
    public const string BlobCorrupt = "blob-corrupt";

    /// <summary>The text given for a store names none: a mistyped connection string, an unsupported address, a file.</summary>
    public const string InvalidStore = "invalid-store";

    /// <summary>The store is mounted read-only.</summary>
    public const string StoreReadOnly = "store-read-only";

    /// <summary>No space, or no quota, is left.</summary>
    public const string StoreFull = "store-full";

    /// <summary>The store cannot be reached, or its device fails.</summary>
    public const string StoreUnavailable = "store-unavailable";

    /// <summary>The store is there and refuses this user.</summary>
    public const string StoreDenied = "store-denied";
}
