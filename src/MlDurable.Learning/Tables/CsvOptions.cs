using System.Collections.Immutable;

namespace MlDurable.Learning.Tables;

/// <summary>How a CSV file is read, and where reading stops.</summary>
public sealed record CsvOptions
{
    /// <summary>The columns that are expected, or <see langword="null"/> (the default) to infer them from the cells.</summary>
    public TableSchema? Schema { get; init; }

    /// <summary>The most bytes that one record (a row with its line breaks inside quotes) may have. Default 1 MiB.</summary>
    public int MaxRecordBytes { get; init; } = 1 << 20;

    /// <summary>The most columns that a file may have. Default 4,096.</summary>
    public int MaxColumns { get; init; } = 4096;

    /// <summary>The most different texts that a category column may have. Default 1,000,000.</summary>
    public int MaxCategories { get; init; } = 1_000_000;

    /// <summary>The most bytes that a file may have, counted after decompression. Default 1 GiB; at most 2,000,000,000.</summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>
    /// The most threads of the pool that parse at the same time, at least 1. What is read does not depend on it. Default: as many as the
    /// machine has processors.
    /// </summary>
    public int MaxThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// The texts that mean "no value", compared exactly after leaving out spaces and tabs around the cell. Default: the empty text, NA,
    /// N/A, NaN, nan, null, NULL; not None, which is a value in real data.
    /// </summary>
    public ImmutableArray<string> MissingTexts { get; init; } = ["", "NA", "N/A", "NaN", "nan", "null", "NULL"];

    /// <summary>The bytes of a block, unless a record needs more. As many as stay in a processor's cache beside what is made of them; tests
    /// take fewer.</summary>
    internal int BlockBytes { get; init; } = 1 << 18;
}
