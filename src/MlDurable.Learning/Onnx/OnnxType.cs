namespace MlDurable.Learning.Onnx;

/// <summary>The element types of tensors that exported models use, with the numbers of ONNX's <c>TensorProto.DataType</c>.</summary>
internal enum OnnxType
{
    Float = 1,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Double = 11,
}
