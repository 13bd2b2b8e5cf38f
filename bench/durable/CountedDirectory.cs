using MlDurable.Orchestration.Embedded.Files;

namespace MlDurable.Bench.Durable;

/// <summary>A journal's directory that counts what is appended to its files, and their flushes.</summary>
internal sealed class CountedDirectory(string path) : IJournalDirectory
{
    private readonly DiskJournalDirectory directory = new(path);
    private long flushes;
    private long bytes;

    public long Flushes => Interlocked.Read(ref flushes);

    public long Bytes => Interlocked.Read(ref bytes);

    public string Path => directory.Path;

    public IReadOnlyList<string> List() => directory.List();

    public Stream OpenRead(string name) => directory.OpenRead(name);

    public IJournalFile Create(string name) => new File(this, directory.Create(name));

    public void Truncate(string name, long length) => directory.Truncate(name, length);

    public void Flush(string name) => directory.Flush(name);

    public void Rename(string name, string newName) => directory.Rename(name, newName);

    public void Delete(string name) => directory.Delete(name);

    public void Sync() => directory.Sync();

    private sealed class File(CountedDirectory owner, IJournalFile file) : IJournalFile
    {
        public void Append(ReadOnlySpan<byte> bytes)
        {
            Interlocked.Add(ref owner.bytes, bytes.Length);
            file.Append(bytes);
        }

        public void Reserve(int bytes) => file.Reserve(bytes);

        public void Seal() => file.Seal();

        public void Flush()
        {
            Interlocked.Increment(ref owner.flushes);
            file.Flush();
        }

        public void Dispose() => file.Dispose();
    }
}
