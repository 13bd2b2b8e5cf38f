using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Models;

/// <summary>Turns the cells of one raw column into the features that a model makes of them.</summary>
internal abstract class RowInput
{
    /// <summary>Sets the features of a missing cell.</summary>
    public abstract void SetMissing(double[] dense, int[] hot);

    /// <summary>Sets the features of a text that is no missing value; false when it is not of the column's kind.</summary>
    public abstract bool TrySet(ReadOnlySpan<byte> cell, double[] dense, int[] hot);
}

/// <summary>A number column.</summary>
internal sealed class NumberInput(FittedNumber fitted, int feature) : RowInput
{
    public override void SetMissing(double[] dense, int[] hot) => dense[feature] = fitted.Apply(double.NaN);

    public override bool TrySet(ReadOnlySpan<byte> cell, double[] dense, int[] hot) =>
        CellText.TryParseNumber(cell, out var value) && Set(value, dense);

    public bool Set(double value, double[] dense)
    {
        dense[feature] = fitted.Apply(value);
        return true;
    }
}

/// <summary>A time column.</summary>
internal sealed class TimeInput(ImmutableArray<(DateFeature Date, FittedNumber Fitted, int Feature)> parts) : RowInput
{
    public override void SetMissing(double[] dense, int[] hot) => Set(TimeColumn.MissingTicks, dense);

    public override bool TrySet(ReadOnlySpan<byte> cell, double[] dense, int[] hot) =>
        CellText.TryParseTime(cell, out var ticks) && Set(ticks, dense);

    public bool Set(long ticks, double[] dense)
    {
        foreach (var (date, fitted, feature) in parts)
        {
            dense[feature] = fitted.Apply(date.At(ticks));
        }

        return true;
    }
}

/// <summary>A category column.</summary>
internal abstract class TextInput : RowInput
{
    public override bool TrySet(ReadOnlySpan<byte> cell, double[] dense, int[] hot)
    {
        char[]? rented = null;
        var buffer = cell.Length <= 256 ? stackalloc char[256] : rented = ArrayPool<char>.Shared.Rent(cell.Length);
        Set(buffer[..Encoding.UTF8.GetChars(cell, buffer)], dense, hot);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return true;
    }

    /// <summary>Sets the features of a text that is no missing value.</summary>
    public abstract void Set(ReadOnlySpan<char> text, double[] dense, int[] hot);
}

/// <summary>A category column encoded by its labels.</summary>
internal sealed class TargetInput(FittedTarget fitted, int feature) : TextInput
{
    private readonly double missing = fitted.MissingFeature;
    private readonly double unseen = fitted.UnseenFeature;
    private readonly Dictionary<string, double>.AlternateLookup<ReadOnlySpan<char>> features = fitted.FeatureLookup().GetAlternateLookup<ReadOnlySpan<char>>();

    public override void SetMissing(double[] dense, int[] hot) => dense[feature] = missing;

    public override void Set(ReadOnlySpan<char> text, double[] dense, int[] hot) =>
        dense[feature] = features.TryGetValue(text, out var known) ? known : unseen;
}

/// <summary>A category column of levels, with a dense feature for the number of the level.</summary>
internal sealed class CodeInput(ICodedColumn coded, int feature) : TextInput
{
    private readonly LevelFinder levelOf = coded.Finder();

    public override void SetMissing(double[] dense, int[] hot) => dense[feature] = double.NaN;

    public override void Set(ReadOnlySpan<char> text, double[] dense, int[] hot)
    {
        var level = levelOf(text);
        dense[feature] = level < 0 ? double.NaN : level;
    }
}

/// <summary>A category column of levels, with a block of one-hot features.</summary>
/// <param name="coded">What was learned.</param>
/// <param name="block">The place of the block.</param>
/// <param name="offset">The first feature of the block.</param>
internal sealed class BlockInput(ICodedColumn coded, int block, int offset) : TextInput
{
    private readonly LevelFinder levelOf = coded.Finder();
    private readonly int missing = coded.MissingLevel;

    public override void SetMissing(double[] dense, int[] hot) => Set(missing, hot);

    public override void Set(ReadOnlySpan<char> text, double[] dense, int[] hot) => Set(levelOf(text), hot);

    private void Set(int level, int[] hot) => hot[block] = level < 0 ? -1 : offset + level;
}
