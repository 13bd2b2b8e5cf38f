using System.Text;
using Google.Protobuf;

namespace MlDurable.Learning.Onnx;

/// <summary>A named setting of a node: ONNX's <c>AttributeProto</c>.</summary>
internal sealed class OnnxAttribute
{
    // The numbers of AttributeProto.AttributeType.
    private const int FloatType = 1;
    private const int IntType = 2;
    private const int StringType = 3;
    private const int TensorType = 4;
    private const int FloatsType = 6;
    private const int IntsType = 7;
    private const int StringsType = 8;

    private readonly string name;
    private readonly int type;
    private readonly Action<CodedOutputStream> writeValue;

    private OnnxAttribute(string name, int type, Action<CodedOutputStream> writeValue)
    {
        this.name = name;
        this.type = type;
        this.writeValue = writeValue;
    }

    public static OnnxAttribute Of(string name, float value) => new(name, FloatType, output => output.WriteFloatField(2, value));

    public static OnnxAttribute Of(string name, long value) => new(name, IntType, output => output.WriteInt64Field(3, value));

    public static OnnxAttribute Of(string name, string value) => new(name, StringType, output => output.WriteStringField(4, value));

    public static OnnxAttribute Of(string name, OnnxTensor value) =>
        new(name, TensorType, output => output.WriteMessageField(5, tensor => value.Write(tensor, name)));

    public static OnnxAttribute Of(string name, IReadOnlyCollection<float> values) => new(name, FloatsType, output =>
    {
        foreach (var value in values)
        {
            output.WriteFloatField(7, value);
        }
    });

    public static OnnxAttribute Of(string name, IReadOnlyCollection<long> values) => new(name, IntsType, output =>
    {
        foreach (var value in values)
        {
            output.WriteInt64Field(8, value);
        }
    });

    public static OnnxAttribute Of(string name, IReadOnlyCollection<string> values) => new(name, StringsType, output =>
    {
        foreach (var value in values)
        {
            output.WriteStringField(9, value);
        }
    });

    public void Write(CodedOutputStream output)
    {
        output.WriteStringField(1, name);
        writeValue(output);
        output.WriteInt64Field(20, type);
    }
}
