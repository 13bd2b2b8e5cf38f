using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>The values of one mapping of the file, by key.</summary>
/// <param name="mark">Where the section is: its key, or its first line in a list.</param>
/// <param name="shape">The shape that it was bound with.</param>
internal sealed class Section(SourceMark mark, SectionShape shape)
{
    private readonly Dictionary<Key, (object? Value, SourceMark Mark)> values = [];

    public SourceMark Mark { get; } = mark;

    public SectionShape Shape { get; } = shape;

    public bool Has(Key key) => values.ContainsKey(key);

    /// <summary>Where the key's value is written, or else the section.</summary>
    public SourceMark MarkOf(Key key) => values.TryGetValue(key, out var value) ? value.Mark : Mark;

    /// <summary>The value, or the key's default; false when it was refused, or is not there and has no default.</summary>
    public bool TryGet<T>(Key<T> key, out Located<T> value)
        where T : notnull
    {
        if (values.TryGetValue(key, out var found))
        {
            value = found.Value is T bound ? new(bound, found.Mark) : default;
            return found.Value is not null;
        }

        value = key.Default is { } fallback ? new(fallback.Value, Mark) : default;
        return key.Default is not null;
    }

    /// <summary>The value or the key's default, of a section without problems.</summary>
    public T Get<T>(Key<T> key)
        where T : notnull =>
        TryGet(key, out var value) ? value.Value : throw new InvalidOperationException($"'{key.Name}' has no value and no default.");

    public void Set(Key key, object? value, SourceMark at) => values[key] = (value, at);
}
