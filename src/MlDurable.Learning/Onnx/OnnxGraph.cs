using System.Globalization;
using Google.Protobuf;

namespace MlDurable.Learning.Onnx;

/// <summary>
/// Builds an ONNX model node by node and writes it. Field numbers are those of <c>onnx.proto</c> (github.com/onnx/onnx). Every tensor is named by
/// the text that the method which adds it gives back. The same calls give the same bytes.
/// </summary>
internal sealed class OnnxGraph
{
    /// <summary>The file format of ONNX 1.14 and later.</summary>
    private const long IrVersion = 9;

    /// <summary>Operator sets that runtimes have had since 2022 and 2021.</summary>
    private const long OperatorSet = 17;
    private const long MachineLearningOperatorSet = 3;

    private const string MachineLearning = "ai.onnx.ml";

    private readonly List<ByteString> nodes = [];
    private readonly List<ByteString> constants = [];
    private readonly List<ByteString> inputs = [];
    private readonly List<ByteString> outputs = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private int freshNames;

    /// <summary>Keeps the names of the outputs free, before the inputs take theirs.</summary>
    public void ReserveOutputs(params ReadOnlySpan<string> outputNames)
    {
        foreach (var name in outputNames)
        {
            Reserve(name);
        }
    }

    /// <summary>A tensor of one column and any number of rows that the caller gives.</summary>
    public string Input(string name, OnnxType type)
    {
        inputs.Add(Tensor(Reserve(name), type, 1));
        return name;
    }

    /// <summary>Gives a tensor to the caller, by a name of its own.</summary>
    public void Output(string tensor, string name, OnnxType type, int columns)
    {
        Add("Identity", "", [tensor], name, []);
        outputs.Add(Tensor(name, type, columns));
    }

    /// <summary>A tensor that is part of the model.</summary>
    public string Constant(OnnxTensor tensor)
    {
        var name = Reserve(Fresh("constant"));
        constants.Add(ProtobufFields.Message(message => tensor.Write(message, name)));
        return name;
    }

    /// <summary>A node of the standard operators with one result.</summary>
    public string Node(string operation, IReadOnlyList<string> arguments, params OnnxAttribute[] attributes) =>
        Add(operation, "", arguments, Reserve(Fresh(operation)), attributes);

    /// <summary>A node of the operators of machine learning with one result.</summary>
    public string LearningNode(string operation, string argument, params OnnxAttribute[] attributes) =>
        Add(operation, MachineLearning, [argument], Reserve(Fresh(operation)), attributes);

    /// <summary>Writes the model.</summary>
    /// <param name="stream">Where to; not closed.</param>
    /// <param name="name">The name of the graph.</param>
    /// <param name="metadata">What readers see beside the graph.</param>
    public void Write(Stream stream, string name, IReadOnlyDictionary<string, string> metadata)
    {
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        output.WriteInt64Field(1, IrVersion);
        output.WriteStringField(2, "MlDurable");
        output.WriteMessageField(7, graph =>
        {
            Each(graph, 1, nodes);
            graph.WriteStringField(2, name);
            Each(graph, 5, constants);
            Each(graph, 11, inputs);
            Each(graph, 12, outputs);
        });
        WriteOperatorSet(output, "", OperatorSet);
        WriteOperatorSet(output, MachineLearning, MachineLearningOperatorSet);
        foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            output.WriteMessageField(14, entry =>
            {
                entry.WriteStringField(1, key);
                entry.WriteStringField(2, value);
            });
        }
    }

    private static void WriteOperatorSet(CodedOutputStream output, string domain, long version) => output.WriteMessageField(8, set =>
    {
        set.WriteStringField(1, domain);
        set.WriteInt64Field(2, version);
    });

    private static void Each(CodedOutputStream output, int field, List<ByteString> messages)
    {
        foreach (var message in messages)
        {
            output.WriteBytesField(field, message);
        }
    }

    private static ByteString Tensor(string name, OnnxType type, int columns) => ProtobufFields.Message(value =>
    {
        value.WriteStringField(1, name);
        value.WriteMessageField(2, valueType => valueType.WriteMessageField(1, tensor =>
        {
            tensor.WriteInt64Field(1, (long)type);
            tensor.WriteMessageField(2, shape =>
            {
                shape.WriteMessageField(1, rows => rows.WriteStringField(2, "rows"));
                shape.WriteMessageField(1, width => width.WriteInt64Field(1, columns));
            });
        }));
    });

    private string Add(string operation, string domain, IReadOnlyList<string> arguments, string result, OnnxAttribute[] attributes)
    {
        nodes.Add(ProtobufFields.Message(node =>
        {
            foreach (var argument in arguments)
            {
                node.WriteStringField(1, argument);
            }

            node.WriteStringField(2, result);
            node.WriteStringField(3, result);
            node.WriteStringField(4, operation);
            foreach (var attribute in attributes)
            {
                node.WriteMessageField(5, attribute.Write);
            }

            node.WriteStringField(7, domain);
        }));
        return result;
    }

    private string Fresh(string stem)
    {
        string name;
        do
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{stem}:{++freshNames}");
        }
        while (names.Contains(name)); // a column may have any name

        return name;
    }

    private string Reserve(string name) => names.Add(name)
        ? name
        : throw new LearningException("onnx-unsupported", $"The column '{name}' has the name of a result of the exported model. Rename it before training.");
}
