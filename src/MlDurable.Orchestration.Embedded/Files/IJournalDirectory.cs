namespace MlDurable.Orchestration.Embedded.Files;

/// <summary>The directory of the journal: the seam at which tests lose power, fill the disk and tear writes.</summary>
internal interface IJournalDirectory
{
    /// <summary>For messages.</summary>
    string Path { get; }

    IReadOnlyList<string> List();

    Stream OpenRead(string name);

    /// <summary>Makes an empty file, in place of one that is there.</summary>
    IJournalFile Create(string name);

    void Truncate(string name, long length);

    /// <summary>Returns when the content of a file survives a power loss, whoever wrote it.</summary>
    void Flush(string name);

    /// <summary>Atomically gives a file another name, in place of one that has it.</summary>
    void Rename(string name, string newName);

    void Delete(string name);

    /// <summary>Makes what was created, renamed and deleted survive a power loss.</summary>
    void Sync();
}

/// <summary>A file that is written from its beginning to its end. After a failed call nothing further may be asked of it.</summary>
internal interface IJournalFile : IDisposable
{
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Makes the file longer by zeroes, which what is appended next replaces: a flush that need not change the length of the file is cheaper.
    /// </summary>
    void Reserve(int bytes);

    /// <summary>Cuts off what was reserved and not used.</summary>
    void Seal();

    /// <summary>Returns when everything that was done to the file survives a power loss.</summary>
    void Flush();
}
