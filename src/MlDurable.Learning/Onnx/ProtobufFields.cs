using Google.Protobuf;

namespace MlDurable.Learning.Onnx;

/// <summary>Fields with their tags, as protocol buffers write them.</summary>
internal static class ProtobufFields
{
    public static void WriteInt64Field(this CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    public static void WriteFloatField(this CodedOutputStream output, int field, float value)
    {
        output.WriteTag(field, WireFormat.WireType.Fixed32);
        output.WriteFloat(value);
    }

    public static void WriteStringField(this CodedOutputStream output, int field, string value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    public static void WriteBytesField(this CodedOutputStream output, int field, ByteString value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(value);
    }

    /// <summary>A message inside a message.</summary>
    public static void WriteMessageField(this CodedOutputStream output, int field, Action<CodedOutputStream> write) =>
        output.WriteBytesField(field, Message(write));

    public static ByteString Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(output);
        }

        return ByteString.CopyFrom(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }
}
