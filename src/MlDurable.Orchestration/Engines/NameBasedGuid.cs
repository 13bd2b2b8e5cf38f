using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MlDurable.Orchestration.Engines;

internal static class NameBasedGuid
{
    private static readonly Guid s_space = new("6f9619ff-8b86-5d11-b42d-00c04fc964ff");

    /// <summary>The GUID of a name: RFC 9562, section 5.5, in a name space of our own.</summary>
    public static Guid Create(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        Span<byte> hashed = stackalloc byte[16 + bytes.Length];
        s_space.TryWriteBytes(hashed, bigEndian: true, out _);
        bytes.CopyTo(hashed[16..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // the RFC prescribes SHA-1; nothing here is a secret
        SHA1.HashData(hashed, hash);
#pragma warning restore CA5350
        var versioned = (ushort)((BinaryPrimitives.ReadUInt16BigEndian(hash[6..]) & 0x0fff) | 0x5000);
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], versioned);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new(hash[..16], bigEndian: true);
    }
}
