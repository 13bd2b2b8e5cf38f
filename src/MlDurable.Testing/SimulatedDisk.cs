using MlDurable.Orchestration.Embedded.Files;

namespace MlDurable.Testing;

/// <summary>
/// A disk in memory that loses what was not flushed. It can fail at the n-th changing operation, and after a power loss show any state that
/// a real disk may: unflushed bytes kept, cut or zeroed; names as of any moment since the directory was flushed. Safe for use from several threads.
/// </summary>
public sealed class SimulatedDisk
{
    private readonly Lock _gate = new();
    private readonly List<Dictionary<string, Content>> _possibleNames = [[]];
    private Dictionary<string, Content> _names = [];
    private int _power;

    /// <summary>How many changing operations there were.</summary>
    public int Operations { get; private set; }

    /// <summary>The number of the operation that fails.</summary>
    public int? FailAt { get; set; }

    /// <summary>
    /// Whether the disk works on after the operation that failed, as one does that was full for a moment. Default: nothing works until
    /// <see cref="PowerOn"/>, as after a power loss.
    /// </summary>
    public bool FailsOnce { get; set; }

    /// <summary>What the failing operation throws, from the path of the file or directory.</summary>
    public Func<string, Exception> Failure { get; set; } = path => new IOException($"No space left on device : '{path}'");

    internal IJournalDirectory Mount() => new View(this, _power);

    /// <summary>The content of the files, flushed or not.</summary>
    public IReadOnlyDictionary<string, byte[]> Files
    {
        get
        {
            lock (_gate)
            {
                return _names.ToDictionary(pair => pair.Key, pair => pair.Value.Bytes.ToArray());
            }
        }
    }

    /// <summary>Replaces a file's content, as damage does.</summary>
    /// <param name="name">The file.</param>
    /// <param name="bytes">What it holds from now on.</param>
    public void Overwrite(string name, byte[] bytes)
    {
        lock (_gate)
        {
            _names[name] = new() { Bytes = [.. bytes], Durable = [.. bytes] };
        }
    }

    /// <summary>Removes a file, as damage does.</summary>
    /// <param name="name">The file.</param>
    public void Remove(string name)
    {
        lock (_gate)
        {
            _names.Remove(name);
        }
    }

    /// <summary>Nothing works any more for whoever has the disk mounted.</summary>
    public void PowerOff()
    {
        lock (_gate)
        {
            _power++;
        }
    }

    /// <summary>Shows what may be there after a power loss, and works again.</summary>
    /// <param name="chance">Decides what of the unflushed writes was kept. Default: only what certainly was.</param>
    public void PowerOn(Random? chance = null)
    {
        lock (_gate)
        {
            _power++;
            FailAt = null;
            _names = new(_possibleNames[chance?.Next(_possibleNames.Count) ?? 0]);
            foreach (var content in _names.Values)
            {
                content.LosePower(chance);
            }

            _possibleNames.Clear();
            _possibleNames.Add(new(_names));
        }
    }

    private void Change(int power, string path, Action change, Action? partial = null)
    {
        lock (_gate)
        {
            EnsurePower(power);
            Operations++;
            if (Operations == FailAt)
            {
                partial?.Invoke();
                _power += FailsOnce ? 0 : 1;
                throw Failure(path);
            }

            change();
        }
    }

    private void EnsurePower(int power)
    {
        if (power != _power)
        {
            throw new IOException("The power is off.");
        }
    }

    private void ChangeNames(int power, string path, Action change) => Change(power, path, () =>
    {
        change();
        _possibleNames.Add(new(_names));
    });

    private sealed class Content
    {
        private const int Sector = 512;

        public List<byte> Bytes { get; set; } = [];

        public byte[] Durable { get; set; } = [];

        public void Flush() => Durable = [.. Bytes];

        public void LosePower(Random? chance)
        {
            var unflushed = Bytes.ToArray();
            var from = unflushed.AsSpan().CommonPrefixLength(Durable);
            var until = from + (chance?.Next(unflushed.Length - from + 1) ?? 0);
            Bytes = [.. unflushed[..until], .. Durable.Skip(until)];
            if (chance?.Next(2) == 1 && until > from)
            {
                // The length reached the disk, the data of some sector did not.
                var lost = chance.Next(from, until);
                for (var index = lost; index < Math.Min(lost + Sector, until); index++)
                {
                    Bytes[index] = index < Durable.Length ? Durable[index] : (byte)0;
                }
            }

            Flush();
        }
    }

    private sealed class View(SimulatedDisk disk, int power) : IJournalDirectory
    {
        public string Path => "/simulated";

        public IReadOnlyList<string> List()
        {
            lock (disk._gate)
            {
                disk.EnsurePower(power);
                return [.. disk._names.Keys];
            }
        }

        public Stream OpenRead(string name)
        {
            lock (disk._gate)
            {
                disk.EnsurePower(power);
                return new MemoryStream(Find(name).Bytes.ToArray(), writable: false);
            }
        }

        public IJournalFile Create(string name)
        {
            var content = new Content();
            disk.ChangeNames(power, Full(name), () => disk._names[name] = content);
            return new OpenFile(disk, power, Full(name), content);
        }

        public void Truncate(string name, long length) => disk.Change(power, Full(name), () =>
        {
            var content = Find(name);
            content.Bytes.RemoveRange((int)length, content.Bytes.Count - (int)length);
        });

        public void Flush(string name) => disk.Change(power, Full(name), () => Find(name).Flush());

        public void Rename(string name, string newName) => disk.ChangeNames(power, Full(name), () =>
        {
            disk._names[newName] = Find(name);
            disk._names.Remove(name);
        });

        public void Delete(string name) => disk.ChangeNames(power, Full(name), () => disk._names.Remove(name));

        public void Sync() => disk.Change(power, Path, () =>
        {
            disk._possibleNames.Clear();
            disk._possibleNames.Add(new(disk._names));
        });

        private string Full(string name) => $"{Path}/{name}";

        private Content Find(string name) =>
            disk._names.TryGetValue(name, out var content) ? content : throw new FileNotFoundException($"There is no file '{name}'.");
    }

    private sealed class OpenFile(SimulatedDisk disk, int power, string path, Content content) : IJournalFile
    {
        private int _length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            var copy = bytes.ToArray();
            disk.Change(power, path, () => _length = Write(copy), () => Write(copy.AsSpan(0, copy.Length / 2)));
        }

        public void Reserve(int bytes) => disk.Change(power, path, () => Write(new byte[bytes]));

        public void Seal() => disk.Change(power, path, () => content.Bytes.RemoveRange(_length, content.Bytes.Count - _length));

        public void Flush() => disk.Change(power, path, content.Flush);

        public void Dispose()
        {
        }

        private int Write(ReadOnlySpan<byte> bytes)
        {
            content.Bytes.RemoveRange(_length, Math.Min(bytes.Length, content.Bytes.Count - _length));
            content.Bytes.InsertRange(_length, bytes);
            return _length + bytes.Length;
        }
    }
}
