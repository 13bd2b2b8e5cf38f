using MlDurable.Learning.Models;

namespace MlDurable.Learning.Tests;

/// <summary>The file of a model.</summary>
internal static class ModelBytes
{
    public static byte[] Of(TrainedModel model)
    {
        using var stream = new MemoryStream();
        model.Write(stream);
        return stream.ToArray();
    }
}
