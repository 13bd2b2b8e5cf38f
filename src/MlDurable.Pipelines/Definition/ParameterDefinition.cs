using System.Collections.Immutable;

namespace MlDurable.Pipelines.Definition;

/// <summary>The type of a pipeline parameter.</summary>
public enum ParameterType
{
    /// <summary>A finite number.</summary>
    Number,

    /// <summary>A whole number from -2⁵³ to 2⁵³.</summary>
    Integer,

    /// <summary>Any text.</summary>
    String,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,
}

/// <summary>A value of a pipeline parameter.</summary>
/// <param name="Type">The parameter's type.</param>
/// <param name="Text">
/// The value in its one canonical form: the shortest text that reads back as the same number, <c>true</c> or <c>false</c>, or the text
/// itself.
/// It is what <see cref="PipelineLoadOptions.Parameters"/> takes, so a recorded value gives the same definition again.
/// </param>
public sealed record ParameterValue(ParameterType Type, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>A typed parameter that the file declares and that a caller may set.</summary>
public sealed record ParameterDefinition
{
    /// <summary>The name that <c>${name}</c> and <c>--set name=value</c> use: kebab-case, at most 64 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The type of every value of this parameter.</summary>
    public required ParameterType Type { get; init; }

    /// <summary>What the parameter means; empty when the file does not say.</summary>
    public string Description { get; init; } = "";

    /// <summary>The value that is used when none is set, or null: then the parameter must be set.</summary>
    public ParameterValue? Default { get; init; }

    /// <summary>The least allowed value, inclusive; null for no limit. Only for numbers and integers.</summary>
    public double? Minimum { get; init; }

    /// <summary>The greatest allowed value, inclusive; null for no limit. Only for numbers and integers.</summary>
    public double? Maximum { get; init; }

    /// <summary>The allowed values; empty for no restriction.</summary>
    public ImmutableArray<ParameterValue> Allowed { get; init; } = [];

    /// <summary>The value that this definition was made with: the one that was set, or else <see cref="Default"/>.</summary>
    public required ParameterValue Value { get; init; }
}
