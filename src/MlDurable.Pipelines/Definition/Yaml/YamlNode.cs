using System.Collections.Immutable;

namespace MlDurable.Pipelines.Definition.Yaml;

/// <summary>A node of a YAML document with its place.</summary>
/// <param name="mark">Where the node starts.</param>
internal abstract class YamlNode(SourceMark mark)
{
    public SourceMark Mark { get; } = mark;

    /// <summary>How many nodes this one stands for once its aliases are followed.</summary>
    public long Size { get; protected init; } = 1;
}

/// <summary>Text, before it is known to be a number, a truth value or nothing.</summary>
internal sealed class YamlScalar(SourceMark mark, string text, bool isPlain) : YamlNode(mark)
{
    public string Text { get; } = text;

    /// <summary>Without quotes and not a block: only then can the text be a number, a truth value or nothing.</summary>
    public bool IsPlain { get; } = isPlain;
}

internal sealed class YamlSequence : YamlNode
{
    public YamlSequence(SourceMark mark, ImmutableArray<YamlNode> items)
        : base(mark)
    {
        Items = items;
        Size = 1 + items.Sum(static item => item.Size);
    }

    public ImmutableArray<YamlNode> Items { get; }
}

/// <param name="Key">The key's text.</param>
/// <param name="Mark">Where the key starts.</param>
/// <param name="Value">The value.</param>
internal sealed record YamlEntry(string Key, SourceMark Mark, YamlNode Value);

internal sealed class YamlMapping : YamlNode
{
    public YamlMapping(SourceMark mark, SourceMark owner, ImmutableArray<YamlEntry> entries, bool isComplete)
        : base(mark)
    {
        Owner = owner;
        Entries = entries;
        IsComplete = isComplete;
        Size = 1 + entries.Sum(static entry => entry.Value.Size);
    }

    /// <summary>The key that the mapping belongs to, or else its own start: where a missing key is reported.</summary>
    public SourceMark Owner { get; }

    /// <summary>The entries in the order of the file, no key twice.</summary>
    public ImmutableArray<YamlEntry> Entries { get; }

    /// <summary>False when an entry was refused, so that a key which is not here may not be missing.</summary>
    public bool IsComplete { get; }
}

/// <summary>A node that was refused and reported: whatever was expected in its place, nothing more is said about it.</summary>
internal sealed class YamlRefused(SourceMark mark) : YamlNode(mark);
