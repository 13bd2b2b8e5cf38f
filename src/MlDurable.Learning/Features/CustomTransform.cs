namespace MlDurable.Learning.Features;

/// <summary>
/// A transform of one's own, of number columns: <see cref="Transforms.Register"/> makes it known, and a pipeline file names it with the columns
/// that it is for. It comes before missing numbers are filled and before numbers are standardised.
/// </summary>
/// <remarks>Must keep no state, because several fits go on at once.</remarks>
public abstract class CustomTransform
{
    /// <summary>The name in lower case with hyphens, as in a pipeline file.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Changes whenever the same rows would give other features: fits of another version are not reused. Default: the module version of the
    /// assembly that declares the transform, which changes with every change of its code.
    /// </summary>
    public virtual string Version => GetType().Module.ModuleVersionId.ToString("N");

    /// <summary>Learns from the training rows. The same values must give the same bytes.</summary>
    /// <param name="values">The numbers of the column in the training rows, in ascending order, without the missing ones; at least one.</param>
    protected internal abstract ICustomTransform Fit(ReadOnlySpan<double> values);

    /// <summary>Reads what <see cref="ICustomTransform.ToBytes"/> wrote, in this version or an earlier one.</summary>
    /// <remarks>The bytes come from a file: whatever is wrong with them must be an exception, of any kind.</remarks>
    /// <param name="state">The bytes.</param>
    /// <returns>What gives the same numbers as that which was written, to the last bit.</returns>
    protected internal abstract ICustomTransform Read(ReadOnlySpan<byte> state);
}

/// <summary>What a <see cref="CustomTransform"/> learned of one column. Must be immutable, because several threads use it at once.</summary>
public interface ICustomTransform
{
    /// <summary>The number that stands for one of the column.</summary>
    /// <param name="value">A finite number; missing ones stay missing.</param>
    /// <returns>The number; what is not finite is missing.</returns>
    double Apply(double value);

    /// <summary>What <see cref="CustomTransform.Read"/> makes an equal one from: at most 1 MiB, the same bytes every time.</summary>
    byte[] ToBytes();
}
