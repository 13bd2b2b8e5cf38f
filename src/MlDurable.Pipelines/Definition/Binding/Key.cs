using System.Text.Json.Nodes;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>A key of a section.</summary>
/// <param name="name">The key as the file has it.</param>
/// <param name="description">What it means, for editors.</param>
/// <param name="isRequired">Whether the section needs it.</param>
internal abstract class Key(string name, string description, bool isRequired)
{
    public string Name { get; } = name;

    public bool IsRequired { get; } = isRequired;

    protected string Description { get; } = description;

    public abstract JsonObject Schema();

    /// <summary>The bound value, or null when it was refused.</summary>
    public abstract object? Bind(YamlNode node, BindContext context);
}

/// <typeparam name="T">What the value is bound to.</typeparam>
/// <inheritdoc cref="Key"/>
internal sealed class Key<T>(string name, Shape<T> shape, string description, bool isRequired = false) : Key(name, description, isRequired)
    where T : notnull
{
    /// <summary>The value when the section has none; null when nothing stands in for it.</summary>
    public Box? Default { get; private init; }

    public Key<T> Or(T value) => new(Name, shape, Description) { Default = new Box(value) };

    public override JsonObject Schema()
    {
        var schema = shape.Schema();
        schema.Insert(0, "description", Description);
        if (Default is { } value && shape.Json(value.Value) is { } json)
        {
            schema["default"] = json;
        }

        return schema;
    }

    public override object? Bind(YamlNode node, BindContext context) => shape.TryBind(node, $"'{Name}'", context, out var value) ? value : null;

    internal sealed record Box(T Value);
}
