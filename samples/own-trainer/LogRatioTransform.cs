using System.Buffers.Binary;
using MlDurable.Learning.Features;

namespace OwnTrainer;

/// <summary>The logarithm of how often a number holds the median of the training rows; one below zero counts as zero.</summary>
internal sealed class LogRatioTransform : CustomTransform
{
    public override string Name => "log-ratio";

    protected override ICustomTransform Fit(ReadOnlySpan<double> values) => new LogRatio(Math.Max(values[values.Length / 2], 1));

    protected override ICustomTransform Read(ReadOnlySpan<byte> state) =>
        BinaryPrimitives.ReadDoubleLittleEndian(state) is >= 1 and var median ? new LogRatio(median) : throw new FormatException("This is no median.");

    private sealed class LogRatio(double median) : ICustomTransform
    {
        public double Apply(double value) => Math.Log(1 + (Math.Max(value, 0) / median));

        public byte[] ToBytes()
        {
            var state = new byte[sizeof(double)];
            BinaryPrimitives.WriteDoubleLittleEndian(state, median);
            return state;
        }
    }
}
