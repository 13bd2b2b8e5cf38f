using System.Runtime.CompilerServices;
using MlDurable.Learning.Features;

namespace MlDurable.Pipelines.Tests.Training;

/// <summary>A transform of the tests' own, registered before any of them: how far a number lies from the middle of the training rows.</summary>
internal sealed class CenterTransform : CustomTransform
{
    public const string Registered = "test-center";

    private static volatile string version = "1";

    /// <summary>The version; a test that changes it puts it back.</summary>
    public static string CurrentVersion
    {
        get => version;
        set => version = value;
    }

    public override string Name => Registered;

    public override string Version => version;

    [ModuleInitializer]
    internal static void Register() => Transforms.Register(new CenterTransform());

    protected override ICustomTransform Fit(ReadOnlySpan<double> values) => new Center(values[values.Length / 2]);

    protected override ICustomTransform Read(ReadOnlySpan<byte> state) => new Center(BitConverter.ToDouble(state));

    private sealed class Center(double middle) : ICustomTransform
    {
        public double Apply(double value) => Math.Abs(value - middle);

        public byte[] ToBytes() => BitConverter.GetBytes(middle);
    }
}
