using System.Runtime.CompilerServices;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Tests.Features;

/// <summary>A transform of the tests' own, registered before any of them: how far a number lies from the median.</summary>
internal sealed class DistanceTransform : CustomTransform
{
    public const string TransformName = "test-distance";

    public override string Name => TransformName;

    public override string Version => "1";

    [ModuleInitializer]
    internal static void Register() => Transforms.Register(new DistanceTransform());

    protected internal override ICustomTransform Fit(ReadOnlySpan<double> values) => new Distance(values[values.Length / 2]);

    protected internal override ICustomTransform Read(ReadOnlySpan<byte> state) => new Distance(BitConverter.ToDouble(state));

    private sealed class Distance(double median) : ICustomTransform
    {
        public double Apply(double value) => Math.Abs(value - median);

        public byte[] ToBytes() => BitConverter.GetBytes(median);
    }
}
