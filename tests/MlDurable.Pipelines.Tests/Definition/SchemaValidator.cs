using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MlDurable.Pipelines.Tests.Definition;

/// <summary>The part of JSON Schema 2020-12 that the pipeline's schema uses, over YAML read by another path than the product's.</summary>
internal sealed class SchemaValidator(string schema)
{
    private static readonly HashSet<string> Known =
    [
        "$schema", "$defs", "title", "description", "default", "type", "properties", "required", "additionalProperties", "propertyNames", "items",
        "minItems", "maxItems", "uniqueItems", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern",
        "anyOf", "oneOf", "not", "$ref",
    ];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly JsonObject root = JsonNode.Parse(schema)!.AsObject();

    public bool IsValid(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return IsValid(ToJson(stream.Documents[0].RootNode), root);
    }

    private static JsonNode? ToJson(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                var properties = new JsonObject();
                foreach (var (key, value) in mapping.Children)
                {
                    properties[((YamlScalarNode)key).Value!] = ToJson(value);
                }

                return properties;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Children.Select(ToJson)]);
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "null" or "~" }:
                return null;
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } scalar:
                return JsonValue.Create(scalar.Value == "true");
            case YamlScalarNode { Style: ScalarStyle.Plain } scalar when Regex.IsMatch(scalar.Value!, @"^-?(0|[1-9][0-9]*)(\.[0-9]+)?(e[-+]?[0-9]+)?$", RegexOptions.ExplicitCapture, Limit):
                return JsonValue.Create(double.Parse(scalar.Value!));
            case YamlScalarNode scalar:
                return JsonValue.Create(scalar.Value);
            default:
                throw new NotSupportedException(node.NodeType.ToString());
        }
    }

    private bool IsValid(JsonNode? value, JsonNode schema)
    {
        if (schema is JsonValue everything)
        {
            return everything.GetValue<bool>();
        }

        var rules = schema.AsObject();
        Assert.Empty(rules.Select(static rule => rule.Key).Except(Known));
        return rules.All(rule => IsValid(value, rules, rule.Key, rule.Value!));
    }

    private bool IsValid(JsonNode? value, JsonObject rules, string name, JsonNode rule) => (name, value) switch
    {
        ("$ref", _) => IsValid(value, root["$defs"]![rule.GetValue<string>()["#/$defs/".Length..]]!),
        ("anyOf", _) => rule.AsArray().Any(option => IsValid(value, option!)),
        ("oneOf", _) => rule.AsArray().Count(option => IsValid(value, option!)) == 1,
        ("not", _) => !IsValid(value, rule),
        ("type", _) => (rule is JsonArray types ? types.Select(static type => type!.GetValue<string>()) : [rule.GetValue<string>()]).Any(type => HasType(value, type)),
        ("enum", _) => rule.AsArray().Any(option => JsonNode.DeepEquals(option, value)),
        ("required", JsonObject mapping) => rule.AsArray().All(key => mapping.ContainsKey(key!.GetValue<string>())),
        ("properties", JsonObject mapping) => mapping.All(entry => rule[entry.Key] is not { } property || IsValid(entry.Value, property)),
        ("additionalProperties", JsonObject mapping) =>
            mapping.All(entry => rules["properties"]?[entry.Key] is not null || IsValid(entry.Value, rule)),
        ("propertyNames", JsonObject mapping) => mapping.All(entry => IsValid(JsonValue.Create(entry.Key), rule)),
        ("items", JsonArray items) => items.All(item => IsValid(item, rule)),
        ("minItems", JsonArray items) => items.Count >= rule.GetValue<int>(),
        ("maxItems", JsonArray items) => items.Count <= rule.GetValue<int>(),
        ("uniqueItems", JsonArray items) => items.Select(static item => item?.ToJsonString()).Distinct().Count() == items.Count,
        ("minimum", JsonValue) when IsNumber(value) => value!.GetValue<double>() >= Number(rule),
        ("maximum", JsonValue) when IsNumber(value) => value!.GetValue<double>() <= Number(rule),
        ("exclusiveMinimum", JsonValue) when IsNumber(value) => value!.GetValue<double>() > Number(rule),
        ("exclusiveMaximum", JsonValue) when IsNumber(value) => value!.GetValue<double>() < Number(rule),
        ("minLength", JsonValue) when HasType(value, "string") => value!.GetValue<string>().Length >= rule.GetValue<int>(),
        ("maxLength", JsonValue) when HasType(value, "string") => value!.GetValue<string>().Length <= rule.GetValue<int>(),
        ("pattern", JsonValue) when HasType(value, "string") => Regex.IsMatch(value!.GetValue<string>(), rule.GetValue<string>(), RegexOptions.ECMAScript, Limit),
        _ => true,
    };

    private static bool HasType(JsonNode? value, string type) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value is JsonValue text && text.TryGetValue<string>(out _),
        "boolean" => value is JsonValue truth && truth.TryGetValue<bool>(out _),
        "integer" => IsNumber(value) && double.IsInteger(value!.GetValue<double>()),
        _ => IsNumber(value),
    };

    private static bool IsNumber(JsonNode? value) => value is JsonValue number && number.TryGetValue<double>(out _);

    private static double Number(JsonNode rule) => double.Parse(rule.ToJsonString());
}
