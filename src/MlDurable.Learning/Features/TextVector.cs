namespace MlDurable.Learning.Features;

/// <summary>The features of one text at a time. Keeps its buffers, so that setting another text allocates nothing unless it is longer. For one caller.</summary>
/// <param name="fitted">What was learned of the column.</param>
/// <param name="offset">The first of its features.</param>
internal sealed class TextVector(FittedText fitted, int offset)
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> placeOf = fitted.PlaceOf.GetAlternateLookup<ReadOnlySpan<char>>();
    private readonly TextTerms terms = new(fitted.Unit, fitted.From, fitted.To);
    private int[] found = [];
    private FeatureValue[] values = [];
    private int count;

    /// <summary>The values that are not 0, in ascending order of the features.</summary>
    public ReadOnlySpan<FeatureValue> Values => values.AsSpan(0, count);

    /// <summary>A missing cell: all values are 0.</summary>
    public void Clear() => count = 0;

    /// <summary>A text.</summary>
    public void Set(ReadOnlySpan<char> text)
    {
        terms.Read(text);
        if (found.Length < terms.Count)
        {
            found = new int[terms.Count];
            values = new FeatureValue[terms.Count];
        }

        var known = 0;
        foreach (var term in terms)
        {
            if (placeOf.TryGetValue(term, out var place))
            {
                found[known++] = place;
            }
        }

        found.AsSpan(0, known).Sort();
        count = 0;
        var squares = 0.0;
        for (var at = 0; at < known;)
        {
            var (place, first) = (found[at], at);
            while (at < known && found[at] == place)
            {
                at++;
            }

            var value = (at - first) * fitted.Weights[place];
            squares += value * value;
            values[count++] = new FeatureValue(offset + place, value);
        }

        var length = Math.Sqrt(squares);
        foreach (ref var value in values.AsSpan(0, count))
        {
            value = value with { Value = value.Value / length };
        }
    }
}
