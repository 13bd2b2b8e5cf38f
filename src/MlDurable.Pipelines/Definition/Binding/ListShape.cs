using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>The items of a list that could be bound.</summary>
/// <param name="Items">The items, in the order of the file.</param>
/// <param name="IsComplete">False when an item was refused, so that what is not here may not be missing.</param>
internal sealed record BoundList<T>(ImmutableArray<Located<T>> Items, bool IsComplete)
{
    public IEnumerable<T> Values => Items.Select(static item => item.Value);

    public static BoundList<T> Of(params IEnumerable<T> values) => new([.. values.Select(static value => new Located<T>(value, SourceMark.Start))], true);
}

/// <summary>A list of values of one shape.</summary>
/// <param name="item">The shape of an item.</param>
/// <param name="itemName">What an item is, for messages: <c>a column</c>.</param>
/// <param name="minItems">The least number of items.</param>
/// <param name="maxItems">The greatest number of items; null for no limit.</param>
/// <param name="isSet">Whether an item may stand only once.</param>
/// <typeparam name="T">What an item is bound to.</typeparam>
internal sealed class ListShape<T>(Shape<T> item, string itemName, int minItems = 0, int? maxItems = null, bool isSet = false) : Shape<BoundList<T>>
{
    public override string Expected => maxItems == minItems ? $"a list of {minItems} items, each {item.Expected}" : $"a list, each item {item.Expected}";

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = item.Schema() };
        if (minItems > 0)
        {
            schema["minItems"] = minItems;
        }

        if (maxItems is { } most)
        {
            schema["maxItems"] = most;
        }

        if (isSet)
        {
            schema["uniqueItems"] = true;
        }

        return schema;
    }

    public override JsonNode? Json(BoundList<T> value) => new JsonArray([.. value.Values.Select(item.Json)]);

    protected override bool TryBindSequence(YamlSequence sequence, string subject, BindContext context, [MaybeNullWhen(false)] out BoundList<T> value)
    {
        var count = sequence.Items.Length;
        if (count < minItems || count > maxItems)
        {
            var expected = maxItems == minItems ? $"exactly {minItems} items" : count < minItems ? "at least one item" : $"at most {maxItems} items";
            context.Report(sequence.Mark, PipelineProblemCodes.InvalidValue, $"{subject} must have {expected}, not {count}");
            value = null;
            return false;
        }

        var items = ImmutableArray.CreateBuilder<Located<T>>(count);
        var texts = new HashSet<string>();
        foreach (var node in sequence.Items)
        {
            if (!item.TryBind(node, $"{itemName} of {subject}", context, out var bound))
            {
                continue;
            }

            if (isSet && !texts.Add(TextOf(bound)))
            {
                context.Report(node.Mark, PipelineProblemCodes.Conflict, $"{subject} lists '{TextOf(bound)}' twice");
                continue;
            }

            items.Add(new(bound, node.Mark));
        }

        value = new BoundList<T>(items.ToImmutable(), items.Count == count);
        return true;
    }

    private string TextOf(T value) => item.Json(value) switch
    {
        JsonValue scalar => scalar.ToString(),
        var other => other!.ToJsonString(),
    };
}
