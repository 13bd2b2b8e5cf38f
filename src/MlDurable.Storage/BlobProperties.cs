namespace MlDurable.Storage;

/// <summary>What a store knows about a blob without reading it.</summary>
/// <param name="Name">The full name: container, slash, path.</param>
/// <param name="Length">The length of the content in bytes.</param>
/// <param name="ETag">An opaque text that changes whenever the content is written. Compare it only with ETags of the same blob in the same store.</param>
/// <param name="LastModified">When the content was last written, UTC, by the store's own clock. For people: never compare it to decide anything.</param>
public sealed record BlobProperties(string Name, long Length, string ETag, DateTimeOffset LastModified);
