using MlDurable.Orchestration.Embedded.Files;

namespace MlDurable.Orchestration.Embedded.Tests;

/// <summary>A directory that tells of every operation before it is done, on the thread that asks for it, which may be held up there.</summary>
internal sealed class ObservedDirectory(IJournalDirectory inner, Action<string> before) : IJournalDirectory
{
    public string Path => inner.Path;

    public IReadOnlyList<string> List() => inner.List();

    public Stream OpenRead(string name)
    {
        before($"read {name}");
        return inner.OpenRead(name);
    }

    public IJournalFile Create(string name)
    {
        before($"create {name}");
        return new ObservedFile(inner.Create(name), before);
    }

    public void Truncate(string name, long length)
    {
        before($"truncate {name}");
        inner.Truncate(name, length);
    }

    public void Flush(string name)
    {
        before($"flush {name}");
        inner.Flush(name);
    }

    public void Rename(string name, string newName)
    {
        before($"rename {name} {newName}");
        inner.Rename(name, newName);
    }

    public void Delete(string name)
    {
        before($"delete {name}");
        inner.Delete(name);
    }

    public void Sync()
    {
        before("sync");
        inner.Sync();
    }

    private sealed class ObservedFile(IJournalFile inner, Action<string> before) : IJournalFile
    {
        public void Append(ReadOnlySpan<byte> bytes)
        {
            before("append");
            inner.Append(bytes);
        }

        public void Reserve(int bytes)
        {
            before("reserve");
            inner.Reserve(bytes);
        }

        public void Seal()
        {
            before("seal");
            inner.Seal();
        }

        public void Flush()
        {
            before("flush");
            inner.Flush();
        }

        public void Dispose()
        {
            before("close");
            inner.Dispose();
        }
    }
}
