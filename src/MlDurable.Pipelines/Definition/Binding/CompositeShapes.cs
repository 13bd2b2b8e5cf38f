using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using MlDurable.Learning;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>A shape whose value is turned into something else.</summary>
/// <param name="inner">The shape.</param>
/// <param name="convert">Turns the value; null when a part of it was refused.</param>
/// <param name="json">Gives the form that the file has; null when the value is not of this shape. Without it no value is shown.</param>
internal sealed class ConvertedShape<TInner, T>(Shape<TInner> inner, Func<TInner, T?> convert, Func<T, JsonNode?>? json = null) : Shape<T>
    where T : class
{
    public override string Expected => inner.Expected;

    public override JsonObject Schema() => inner.Schema();

    public override JsonNode? Json(T value) => json?.Invoke(value);

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out T value) =>
        TryConvert(scalar, subject, context, out value);

    protected override bool TryBindSequence(YamlSequence sequence, string subject, BindContext context, [MaybeNullWhen(false)] out T value) =>
        TryConvert(sequence, subject, context, out value);

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out T value) =>
        TryConvert(mapping, subject, context, out value);

    private bool TryConvert(YamlNode node, string subject, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        value = inner.TryBind(node, subject, context, out var bound) ? convert(bound) : null;
        return value is not null;
    }
}

/// <summary>A scalar, or a list or mapping: whichever the file has.</summary>
/// <param name="scalar">What a scalar must be.</param>
/// <param name="collection">What a list or mapping must be.</param>
/// <typeparam name="T">What either is bound to.</typeparam>
internal sealed class EitherShape<T>(Shape<T> scalar, Shape<T> collection) : Shape<T>
{
    public override string Expected => $"{scalar.Expected}, or {collection.Expected}";

    public override JsonObject Schema() => new() { ["anyOf"] = new JsonArray(scalar.Schema(), collection.Schema()) };

    public override JsonNode? Json(T value) => scalar.Json(value) ?? collection.Json(value);

    protected override bool TryBindScalar(YamlScalar node, string subject, BindContext context, [MaybeNullWhen(false)] out T value) =>
        scalar.TryBind(node, subject, context, out value);

    protected override bool TryBindSequence(YamlSequence sequence, string subject, BindContext context, [MaybeNullWhen(false)] out T value) =>
        collection.TryBind(sequence, subject, context, out value);

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out T value) =>
        collection.TryBind(mapping, subject, context, out value);
}

/// <summary>One of several sections, told apart by the first of their keys.</summary>
/// <param name="what">What the sections are, for messages: <c>a quality rule</c>.</param>
/// <param name="variants">The sections; the first key of each is the one that tells.</param>
internal sealed class VariantShape(string what, params IReadOnlyList<SectionShape> variants) : Shape<Section>
{
    public override string Expected => $"{what}: a mapping with exactly one of {string.Join(", ", variants.Select(static variant => variant.Keys[0].Name))}";

    public override JsonObject Schema() => new() { ["oneOf"] = new JsonArray([.. variants.Select(static variant => variant.Schema())]) };

    public override JsonNode? Json(Section value) => null;

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out Section value)
    {
        var told = variants.Where(variant => mapping.Entries.Any(entry => entry.Key == variant.Keys[0].Name)).ToArray();
        if (told.Length > 1)
        {
            var second = mapping.Entries.First(entry => entry.Key == told[1].Keys[0].Name);
            context.Report(second.Mark, PipelineProblemCodes.Conflict, $"{subject} must be {Expected}; make two entries of it");
            value = null;
            return false;
        }

        var meant = told.FirstOrDefault() ?? Misspelled(mapping) ?? HavingKeysOf(mapping);
        if (meant is not null)
        {
            return meant.TryBind(mapping, subject, context, out value);
        }

        if (mapping.IsComplete)
        {
            RefuseType(
                mapping.Mark, subject, mapping.Entries.Length == 0 ? "an empty mapping" : $"one with {mapping.Entries[0].Key}", context);
        }

        value = null;
        return false;
    }

    private SectionShape? Misspelled(YamlMapping mapping) => variants.FirstOrDefault(variant =>
        mapping.Entries.Any(entry => NearestName.Of(entry.Key, variant.Keys.Select(static key => key.Name)) == variant.Keys[0].Name));

    private SectionShape? HavingKeysOf(YamlMapping mapping) => variants.FirstOrDefault(variant =>
        mapping.Entries.Any(entry => variant.Keys.Any(key => key.Name == entry.Key)));
}

/// <summary>The declarations of the parameters: a mapping whose keys are names that the author chooses.</summary>
/// <param name="namePattern">The form of a name.</param>
/// <param name="item">What each name stands for.</param>
internal sealed class NamedSectionsShape(PatternShape namePattern, SectionShape item) : Shape<IReadOnlyList<NamedSection>>
{
    public override string Expected => $"a mapping from names to {item.Expected}";

    public override JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["propertyNames"] = namePattern.Schema(),
        ["additionalProperties"] = item.Schema(),
    };

    public override JsonNode? Json(IReadOnlyList<NamedSection> value) => null;

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out IReadOnlyList<NamedSection> value)
    {
        context.IsDeclaring = true;
        var sections = new List<NamedSection>();
        foreach (var entry in mapping.Entries)
        {
            namePattern.TryBind(new YamlScalar(entry.Mark, entry.Key, isPlain: false), "a parameter's name", context, out _);
            sections.Add(new(entry.Key, entry.Mark, item.TryBind(entry.Value, $"'{entry.Key}'", context, out var section) ? section : null));
        }

        context.IsDeclaring = false;
        value = sections;
        return true;
    }
}

/// <param name="Name">The name.</param>
/// <param name="Mark">Where the name is.</param>
/// <param name="Section">What it stands for; null when that was refused.</param>
internal sealed record NamedSection(string Name, SourceMark Mark, Section? Section);
