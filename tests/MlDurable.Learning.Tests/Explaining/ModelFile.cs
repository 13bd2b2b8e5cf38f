using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Explaining;

/// <summary>Model files with another content under a right checksum.</summary>
internal static class ModelFile
{
    private const int HeadBytes = 20;

    /// <summary>Reads the file of a model after a change of its JSON.</summary>
    public static TrainedModel With(TrainedModel model, Action<JsonNode> change)
    {
        var content = JsonNode.Parse(Content(model))!;
        change(content);
        var changed = Encoding.UTF8.GetBytes(content.ToJsonString());
        var bytes = new byte[HeadBytes + changed.Length];
        ModelBytes.Of(model).AsSpan(0, 12).CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), changed.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), Crc32C.Compute(changed));
        changed.CopyTo(bytes, HeadBytes);
        return TrainedModel.Read(new MemoryStream(bytes));
    }

    /// <summary>The JSON of the file of a model.</summary>
    public static string Content(TrainedModel model) => Encoding.UTF8.GetString(ModelBytes.Of(model).AsSpan(HeadBytes));
}
