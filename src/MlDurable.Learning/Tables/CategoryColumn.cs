using System.Globalization;

namespace MlDurable.Learning.Tables;

/// <summary>A column of texts, each stored once in a dictionary.</summary>
public sealed class CategoryColumn : Column
{
    /// <summary>The code of a missing cell.</summary>
    public const int MissingCode = -1;

    private readonly int[] codes;
    private readonly string[] categories;

    /// <summary>Makes a column from codes and their dictionary.</summary>
    /// <param name="name">The name; not empty.</param>
    /// <param name="codes">One index into <paramref name="categories"/> per row, or <see cref="MissingCode"/>; not copied: do not change
    /// the array afterwards.</param>
    /// <param name="categories">The different texts; some may occur in no row. Copied.</param>
    /// <exception cref="LearningException"><c>invalid-categories</c>: a code is outside the dictionary, or a text is in it
    /// twice.</exception>
    public CategoryColumn(string name, int[] codes, IReadOnlyList<string> categories)
        : this(name, codes, [.. categories], CountMissing(name, codes, categories))
    {
        var seen = new HashSet<string>(categories.Count, StringComparer.Ordinal);
        foreach (var category in this.categories)
        {
            if (!seen.Add(category))
            {
                throw new LearningException(
                    "invalid-categories",
                    $"Column '{name}' has the category '{category}' twice in its dictionary.");
            }
        }
    }

    private CategoryColumn(string name, int[] codes, string[] categories, int missingCount)
        : base(name, codes.Length, missingCount)
    {
        this.codes = codes;
        this.categories = categories;
    }

    /// <inheritdoc/>
    public override ColumnKind Kind => ColumnKind.Category;

    /// <summary>One index into <see cref="Categories"/> per row; <see cref="MissingCode"/> where missing.</summary>
    public ReadOnlySpan<int> Codes => codes;

    /// <summary>The dictionary: different texts, in the order in which they were first seen. Some may occur in no row.</summary>
    public IReadOnlyList<string> Categories => categories;

    /// <summary>Makes a column from one text per row.</summary>
    /// <param name="name">The name; not empty.</param>
    /// <param name="texts">The text of each row; <see langword="null"/> where missing.</param>
    /// <returns>A column whose dictionary is in first-seen order.</returns>
    public static CategoryColumn FromTexts(string name, IEnumerable<string?> texts)
    {
        var lookup = new Dictionary<string, int>(StringComparer.Ordinal);
        var cells = new List<int>();
        var dictionary = new List<string>();
        foreach (var text in texts)
        {
            if (text is null)
            {
                cells.Add(MissingCode);
                continue;
            }

            if (!lookup.TryGetValue(text, out var code))
            {
                code = dictionary.Count;
                lookup.Add(text, code);
                dictionary.Add(text);
            }

            cells.Add(code);
        }

        return new CategoryColumn(name, [.. cells], dictionary);
    }

    /// <summary>Makes a column of the values of another: numbers as texts that read back as the same number, times as dates.</summary>
    /// <param name="column">The other column.</param>
    /// <param name="name">The name; not empty.</param>
    public static CategoryColumn FromValues(Column column, string name) => column switch
    {
        CategoryColumn categories => categories.Rename(name),
        NumberColumn numbers => FromTexts(
            name, numbers.Values.ToArray().Select(value => double.IsNaN(value) ? null : value.ToString("R", CultureInfo.InvariantCulture))),
        TimeColumn times => FromTexts(
            name, Enumerable.Range(0, times.Count).Select(row => times.At(row)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Kind, "Unknown kind of column."),
    };

    /// <summary>The text of a row.</summary>
    /// <param name="row">The row, in [0, <see cref="Column.Count"/>).</param>
    /// <returns>The text, or <see langword="null"/> where missing.</returns>
    public string? TextAt(int row) => codes[row] == MissingCode ? null : categories[codes[row]];

    /// <inheritdoc/>
    public override CategoryColumn Take(ReadOnlySpan<int> rows)
    {
        var taken = new int[rows.Length];
        var missing = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            taken[i] = codes[rows[i]];
            missing += taken[i] == MissingCode ? 1 : 0;
        }

        return new CategoryColumn(Name, taken, categories, missing);
    }

    /// <inheritdoc/>
    public override CategoryColumn Rename(string name) => new(name, codes, categories, MissingCount);

    private static int CountMissing(string name, int[] codes, IReadOnlyList<string> categories)
    {
        var missing = 0;
        foreach (var code in codes)
        {
            if (code == MissingCode)
            {
                missing++;
            }
            else if ((uint)code >= (uint)categories.Count)
            {
                throw new LearningException(
                    "invalid-categories",
                    $"Column '{name}' has the code {code}, outside its dictionary of {categories.Count}.");
            }
        }

        return missing;
    }
}
