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
    public abstract void SetMissing(FeatureRow row);

    /// <summary>Sets the features of a text that is no missing value; false when it is not of the column's kind.</summary>
    public abstract bool TrySet(ReadOnlySpan<byte> cell, FeatureRow row);
}

/// <summary>A number column.</summary>
internal sealed class NumberInput(FittedNumber fitted, int feature) : RowInput
{
    private readonly bool isIdentity = fitted.IsIdentity;

    public override void SetMissing(FeatureRow row) => row.Dense[feature] = fitted.Apply(double.NaN);

    public override bool TrySet(ReadOnlySpan<byte> cell, FeatureRow row) =>
        CellText.TryParseNumber(cell, out var value) && Set(value, row);

    public bool Set(double value, FeatureRow row)
    {
        row.Dense[feature] = isIdentity ? Math.Clamp(value, -FittedFeatures.MaxMagnitude, FittedFeatures.MaxMagnitude) : fitted.Apply(value);
        return true;
    }
}

/// <summary>A time column.</summary>
internal sealed class TimeInput(ImmutableArray<(DateFeature Date, FittedNumber Fitted, int Feature)> parts) : RowInput
{
    public override void SetMissing(FeatureRow row) => Set(TimeColumn.MissingTicks, row);

    public override bool TrySet(ReadOnlySpan<byte> cell, FeatureRow row) =>
        CellText.TryParseTime(cell, out var ticks) && Set(ticks, row);

    public bool Set(long ticks, FeatureRow row)
    {
        foreach (var (date, fitted, feature) in parts)
        {
            row.Dense[feature] = fitted.Apply(date.At(ticks));
        }

        return true;
    }
}

/// <summary>A category column.</summary>
internal abstract class CategoryInput : RowInput
{
    public override bool TrySet(ReadOnlySpan<byte> cell, FeatureRow row)
    {
        char[]? rented = null;
        var buffer = cell.Length <= 256 ? stackalloc char[256] : rented = ArrayPool<char>.Shared.Rent(cell.Length);
        Set(buffer[..Encoding.UTF8.GetChars(cell, buffer)], row);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return true;
    }

    /// <summary>Sets the features of a text that is no missing value.</summary>
    public abstract void Set(ReadOnlySpan<char> text, FeatureRow row);
}

/// <summary>A category column encoded by its labels.</summary>
internal sealed class TargetInput(FittedTarget fitted, int feature) : CategoryInput
{
    private readonly double missing = fitted.MissingFeature;
    private readonly double unseen = fitted.UnseenFeature;
    private readonly Dictionary<string, double>.AlternateLookup<ReadOnlySpan<char>> features = fitted.FeatureLookup().GetAlternateLookup<ReadOnlySpan<char>>();

    public override void SetMissing(FeatureRow row) => row.Dense[feature] = missing;

    public override void Set(ReadOnlySpan<char> text, FeatureRow row) =>
        row.Dense[feature] = features.TryGetValue(text, out var known) ? known : unseen;
}

/// <summary>A category column of levels, with a dense feature for the number of the level.</summary>
internal sealed class CodeInput(ICodedColumn coded, int feature) : CategoryInput
{
    private readonly LevelFinder levelOf = coded.Finder();

    public override void SetMissing(FeatureRow row) => row.Dense[feature] = double.NaN;

    public override void Set(ReadOnlySpan<char> text, FeatureRow row)
    {
        var level = levelOf(text);
        row.Dense[feature] = level < 0 ? double.NaN : level;
    }
}

/// <summary>A category column of levels, with a block of one-hot features.</summary>
/// <param name="coded">What was learned.</param>
/// <param name="block">The place of the block.</param>
/// <param name="offset">The first feature of the block.</param>
internal sealed class BlockInput(ICodedColumn coded, int block, int offset) : CategoryInput
{
    private readonly LevelFinder levelOf = coded.Finder();
    private readonly int missing = coded.MissingLevel;

    public override void SetMissing(FeatureRow row) => Set(missing, row);

    public override void Set(ReadOnlySpan<char> text, FeatureRow row) => Set(levelOf(text), row);

    private void Set(int level, FeatureRow row) => row.Hot[block] = level < 0 ? -1 : offset + level;
}

/// <summary>A column of text.</summary>
/// <param name="place">Its place among the columns of text.</param>
internal sealed class TextInput(int place) : CategoryInput
{
    public override void SetMissing(FeatureRow row) => row.Texts[place].Clear();

    public override void Set(ReadOnlySpan<char> text, FeatureRow row) => row.Texts[place].Set(text);
}
