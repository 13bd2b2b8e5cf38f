using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>What a <see cref="CustomTransform"/> learned of one column. A file holds only its state, and <see cref="Open"/> has the transform read it.</summary>
internal sealed record FittedTransform(string Name, string Version, byte[] State)
{
    /// <summary>The most bytes of state.</summary>
    public const int MaxStateBytes = 1 << 20;

    private ICustomTransform Inner
    {
        get => field ?? throw new InvalidOperationException("The state has not been read.");
        init;
    }

    public bool IsSound => State.Length <= MaxStateBytes;

    public static FittedTransform Fit(CustomTransform transform, string column, double[] ascending)
    {
        var state = transform.Fit(ascending).ToBytes();
        return state.Length <= MaxStateBytes
            ? new FittedTransform(transform.Name, transform.Version, state).Open(transform)
            : throw new LearningException(
                "model-too-large",
                $"The state of the transform '{transform.Name}' of the column '{column}' has {state.Length:N0} bytes; a model file takes {MaxStateBytes:N0}. "
                + "Have the transform keep less.");
    }

    /// <summary>The same state, read by its transform, whatever that throws.</summary>
    public FittedTransform Open(CustomTransform transform) => new(Name, Version, State) { Inner = transform.Read(State) };

    /// <summary>The number that stands for a cell; <see cref="double.NaN"/> is a missing one.</summary>
    public double Apply(double cell)
    {
        var value = double.IsNaN(cell) ? double.NaN : Inner.Apply(cell);
        return double.IsFinite(value) ? value : double.NaN;
    }

    public NumberColumn Apply(NumberColumn column) => new(column.Name, [.. column.Values.ToArray().Select(Apply)]);
}
