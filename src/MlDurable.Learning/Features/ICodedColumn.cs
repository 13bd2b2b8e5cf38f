using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>A category column that becomes a block of one-hot features, one for each level, or one dense feature with the number of the level.</summary>
internal interface ICodedColumn
{
    /// <summary>The column.</summary>
    string Name { get; }

    /// <summary>Whether it becomes one dense feature instead of a block of one-hot ones.</summary>
    bool Ordinal { get; }

    /// <summary>The number of levels.</summary>
    int LevelCount { get; }

    /// <summary>The level of a missing cell, or -1 for none.</summary>
    int MissingLevel { get; }

    /// <summary>The names of the features of a block.</summary>
    IEnumerable<string> OutputNames { get; }

    /// <summary>The level of each of different texts, -1 for none.</summary>
    int[] LevelOfEach(IReadOnlyList<string> texts);

    /// <summary>What finds the level of one text at a time, without allocating.</summary>
    LevelFinder Finder();
}

/// <summary>The level of a text, -1 for none.</summary>
internal delegate int LevelFinder(ReadOnlySpan<char> text);

/// <summary>The features of <see cref="ICodedColumn"/>.</summary>
internal static class CodedColumns
{
    /// <summary>For each row the feature of a block that is 1, or -1.</summary>
    /// <param name="coded">What was learned.</param>
    /// <param name="column">The cells.</param>
    /// <param name="offset">The first feature of the block.</param>
    public static int[] ApplyOneHot(this ICodedColumn coded, CategoryColumn column, int offset)
    {
        var levelOf = coded.LevelOfEach(column.Categories);
        var missing = coded.MissingLevel;
        var features = new int[column.Count];
        for (var row = 0; row < features.Length; row++)
        {
            var code = column.Codes[row];
            var level = code == CategoryColumn.MissingCode ? missing : levelOf[code];
            features[row] = level < 0 ? -1 : offset + level;
        }

        return features;
    }

    /// <summary>For each row the number of the level, missing where there is none.</summary>
    public static double[] ApplyOrdinal(this ICodedColumn coded, CategoryColumn column)
    {
        var levelOf = coded.LevelOfEach(column.Categories);
        var features = new double[column.Count];
        for (var row = 0; row < features.Length; row++)
        {
            var code = column.Codes[row];
            features[row] = code == CategoryColumn.MissingCode || levelOf[code] < 0 ? double.NaN : levelOf[code];
        }

        return features;
    }
}
