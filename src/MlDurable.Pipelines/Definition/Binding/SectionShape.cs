using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using MlDurable.Learning;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>How many of a group of keys a section needs.</summary>
internal enum GroupRule
{
    AtLeastOne,
    ExactlyOne,
}

/// <summary>Keys of which a section needs some.</summary>
internal sealed record KeyGroup(GroupRule Rule, params ImmutableArray<Key> Keys)
{
    public string Words => Keys.Length == 1
        ? $"'{Keys[0].Name}'"
        : $"{(Rule == GroupRule.ExactlyOne ? "exactly" : "at least")} one of {string.Join(", ", Keys.Select(static key => key.Name))}";
}

/// <summary>A mapping with known keys.</summary>
/// <param name="keys">The keys, in the order in which editors propose them.</param>
internal sealed class SectionShape(params ImmutableArray<Key> keys) : Shape<Section>
{
    /// <summary>What the section is, for editors; null when its key says it.</summary>
    public string? Description { get; init; }

    /// <summary>Keys of a later version.</summary>
    public ImmutableArray<string> Later { get; init; } = [];

    /// <summary>Keys of which some are needed, or null.</summary>
    public KeyGroup? Group { get; init; }

    public ImmutableArray<Key> Keys { get; } = keys;

    public override string Expected => Keys.IsEmpty
        ? "an empty mapping: {}"
        : $"a mapping with {Group?.Words ?? $"the keys {string.Join(", ", Keys.Select(static key => key.Name))}"}";

    public override JsonObject Schema()
    {
        var properties = new JsonObject();
        foreach (var key in Keys)
        {
            properties[key.Name] = key.Schema();
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (Keys.Any(static key => key.IsRequired))
        {
            schema["required"] = Names(Keys.Where(static key => key.IsRequired));
        }

        if (Group is { } group)
        {
            schema[group.Rule == GroupRule.ExactlyOne ? "oneOf" : "anyOf"] =
                new JsonArray([.. group.Keys.Select(static key => new JsonObject { ["required"] = Names([key]) })]);
        }

        if (Description is not null)
        {
            schema.Insert(0, "description", Description);
        }

        schema["additionalProperties"] = false;
        return schema;
    }

    // A section's default is that of its keys.
    public override JsonNode? Json(Section value) => null;

    /// <summary>A section that the file does not have: every key has its default.</summary>
    public Section Empty() => new(SourceMark.Start, this);

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out Section value)
    {
        value = new Section(mapping.Owner, this);
        var hasUnknown = !mapping.IsComplete;
        foreach (var entry in mapping.Entries)
        {
            if (Keys.FirstOrDefault(key => key.Name == entry.Key) is { } key)
            {
                value.Set(key, key.Bind(entry.Value, context), entry.Value.Mark);
            }
            else
            {
                hasUnknown |= !TryBindMisspelled(entry, mapping, value, context);
            }
        }

        RequireKeys(mapping, value, subject, hasUnknown, context);
        return true;
    }

    /// <summary>
    /// Reports an unknown key. When it is close to a key that is not there, its value is bound as that key's: one slip is one problem, and
    /// the
    /// problems inside are found too.
    /// </summary>
    private bool TryBindMisspelled(YamlEntry entry, YamlMapping mapping, Section section, BindContext context)
    {
        if (Later.Contains(entry.Key))
        {
            context.Report(entry.Mark, PipelineProblemCodes.NotYetSupported, $"'{entry.Key}' is not yet supported; remove it");
            return true;
        }

        var nearest = NearestName.Of(entry.Key, Keys.Select(static key => key.Name));
        var hint = Keys.IsEmpty ? "; there are no keys here"
            : nearest is null ? $"; the keys here are {string.Join(", ", Keys.Select(static key => key.Name))}"
            : $"; did you mean '{nearest}'?";
        context.Report(entry.Mark, PipelineProblemCodes.UnknownKey, $"unknown key '{entry.Key}'{hint}");
        if (nearest is null || mapping.Entries.Any(other => other.Key == nearest))
        {
            return false;
        }

        var meant = Keys.First(key => key.Name == nearest);
        section.Set(meant, meant.Bind(entry.Value, context), entry.Value.Mark);
        return true;
    }

    private void RequireKeys(YamlMapping mapping, Section section, string subject, bool hasUnknown, BindContext context)
    {
        if (mapping.IsComplete)
        {
            foreach (var missing in Keys.Where(key => key.IsRequired && !section.Has(key)))
            {
                context.Report(section.Mark, PipelineProblemCodes.MissingKey, $"{subject} needs the key '{missing.Name}'");
            }
        }

        if (Group is not { } group)
        {
            return;
        }

        var present = group.Keys.Where(section.Has).ToArray();
        if (present.Length == 0 && !hasUnknown)
        {
            context.Report(section.Mark, PipelineProblemCodes.MissingKey, $"{subject} needs {group.Words}");
        }
        else if (present.Length > 1 && group.Rule == GroupRule.ExactlyOne)
        {
            context.Report(
                section.Mark, PipelineProblemCodes.Conflict,
                $"{subject} needs {group.Words}, not {string.Join(" and ", present.Select(static key => key.Name))}");
        }
    }

    private static JsonArray Names(IEnumerable<Key> keys) => new([.. keys.Select(static key => (JsonNode)key.Name)]);
}
