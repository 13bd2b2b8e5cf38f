using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>What was learned for one column with a <see cref="TextEncoding"/>.</summary>
/// <param name="Name">The column.</param>
/// <param name="Unit">What terms are made of.</param>
/// <param name="From">The least number of units of a term.</param>
/// <param name="To">The greatest number of units of a term.</param>
/// <param name="Terms">The terms with a feature of their own, in ordinal order.</param>
/// <param name="Weights">The inverse document frequency of each term.</param>
internal sealed record FittedText(
    string Name,
    [property: JsonConverter(typeof(JsonStringEnumConverter<TextUnit>))] TextUnit Unit,
    int From,
    int To,
    ImmutableArray<string> Terms,
    ImmutableArray<double> Weights) : FittedEncoding
{
    private const double MaxWeight = 1e6;

    /// <inheritdoc/>
    public override string Name { get; } = Name;

    /// <summary>The place of each term. Not changed.</summary>
    [JsonIgnore]
    public Dictionary<string, int> PlaceOf => field ??= Lookup();

    [JsonIgnore]
    public IEnumerable<string> OutputNames => Terms.Select(term => $"{Name} has '{term}'");

    /// <summary>Counts in how many rows each term is, and keeps the most frequent ones.</summary>
    public static FittedText Fit(CategoryColumn column, TextEncoding encoding)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(encoding.From, encoding.To);
        var rowsOf = new int[column.Categories.Count];
        foreach (var code in column.Codes)
        {
            if (code != CategoryColumn.MissingCode)
            {
                rowsOf[code]++;
            }
        }

        var rows = new Dictionary<string, int>(StringComparer.Ordinal);
        var terms = new TextTerms(encoding.Unit, encoding.From, encoding.To);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var code = 0; code < rowsOf.Length; code++)
        {
            if (rowsOf[code] > 0)
            {
                seen.Clear();
                terms.Read(column.Categories[code]);
                terms.AddTo(seen);
                foreach (var term in seen)
                {
                    rows[term] = rows.GetValueOrDefault(term) + rowsOf[code];
                }
            }
        }

        var kept = rows.Where(term => term.Value >= encoding.InRows)
            .OrderByDescending(term => term.Value)
            .ThenBy(term => term.Key, StringComparer.Ordinal)
            .Take(encoding.MostTerms)
            .OrderBy(term => term.Key, StringComparer.Ordinal)
            .ToArray();
        return new FittedText(
            column.Name,
            encoding.Unit,
            encoding.From,
            encoding.To,
            [.. kept.Select(term => term.Key)],
            [.. kept.Select(term => Math.Log((1.0 + column.Count) / (1 + term.Value)) + 1)]);
    }

    /// <param name="column">The cells.</param>
    /// <param name="offset">The first of the features.</param>
    public SparseBlock Apply(CategoryColumn column, int offset)
    {
        const int BlockTexts = 1024;
        var used = new bool[column.Categories.Count];
        foreach (var code in column.Codes)
        {
            if (code != CategoryColumn.MissingCode)
            {
                used[code] = true;
            }
        }

        var values = new FeatureValue[used.Length][];
        Parallel.For(0, (used.Length + BlockTexts - 1) / BlockTexts, block =>
        {
            var vector = new TextVector(this, offset);
            for (var code = block * BlockTexts; code < Math.Min(used.Length, (block + 1) * BlockTexts); code++)
            {
                if (used[code])
                {
                    vector.Set(column.Categories[code]);
                    values[code] = vector.Values.ToArray();
                }
            }
        });
        return new SparseBlock([.. column.Codes], values);
    }

    public override bool IsSound() =>
        !string.IsNullOrEmpty(Name)
        && Enum.IsDefined(Unit)
        && From >= 1 && From <= To && To <= TextEncoding.MaxUnits
        && IsSet(Terms)
        && !Weights.IsDefault
        && Weights.Length == Terms.Length
        && Weights.All(weight => weight is > 0 and <= MaxWeight);

    private Dictionary<string, int> Lookup()
    {
        var lookup = new Dictionary<string, int>(Terms.Length, StringComparer.Ordinal);
        for (var term = 0; term < Terms.Length; term++)
        {
            lookup.Add(Terms[term], term);
        }

        return lookup;
    }
}
