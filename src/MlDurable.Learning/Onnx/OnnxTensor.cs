using System.Buffers.Binary;
using Google.Protobuf;

namespace MlDurable.Learning.Onnx;

/// <summary>Constant numbers: ONNX's <c>TensorProto</c>, with the cells as they lie in memory.</summary>
internal sealed class OnnxTensor
{
    private readonly OnnxType type;
    private readonly long[] shape;
    private readonly ByteString cells;

    private OnnxTensor(OnnxType type, long[] shape, ByteString cells)
    {
        this.type = type;
        this.shape = shape;
        this.cells = cells;
    }

    public static OnnxTensor Of(IReadOnlyList<float> values, params long[] shape) =>
        new(OnnxType.Float, shape, Cells(values, sizeof(float), BinaryPrimitives.WriteSingleLittleEndian));

    public static OnnxTensor Of(IReadOnlyList<double> values, params long[] shape) =>
        new(OnnxType.Double, shape, Cells(values, sizeof(double), BinaryPrimitives.WriteDoubleLittleEndian));

    public static OnnxTensor Of(IReadOnlyList<long> values, params long[] shape) =>
        new(OnnxType.Int64, shape, Cells(values, sizeof(long), BinaryPrimitives.WriteInt64LittleEndian));

    public void Write(CodedOutputStream output, string name)
    {
        foreach (var size in shape)
        {
            output.WriteInt64Field(1, size);
        }

        output.WriteInt64Field(2, (long)type);
        output.WriteStringField(8, name);
        output.WriteBytesField(9, cells);
    }

    private static ByteString Cells<T>(IReadOnlyList<T> values, int width, WriteCell<T> write)
    {
        var bytes = new byte[values.Count * width];
        for (var i = 0; i < values.Count; i++)
        {
            write(bytes.AsSpan(i * width), values[i]);
        }

        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    private delegate void WriteCell<T>(Span<byte> destination, T value);
}
