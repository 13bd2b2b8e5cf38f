namespace MlDurable.Storage;

/// <summary>The properties of a blob that is a file: the ETag is made of its length and modification time.</summary>
internal static class FileProperties
{
    public static BlobProperties Of(string name, FileStream file) => Of(name, file.Length, File.GetLastWriteTimeUtc(file.SafeFileHandle));

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static BlobProperties Of(string name, FileInfo file) => Of(name, file.Length, file.LastWriteTimeUtc);

    private static BlobProperties Of(string name, long length, DateTime modified) =>
        new(name, length, $"{length:x}-{modified.Ticks:x}", new DateTimeOffset(modified, TimeSpan.Zero));
}
