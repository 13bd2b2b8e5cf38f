using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Tests.Definition;

/// <summary>The sample and the reference of the pipeline file say what the loader does.</summary>
public sealed class PipelineDocumentsTests
{
    public static TheoryData<string> Snippets =>
        [.. Regex.Matches(Reference + Repository.Read("README.md"), "^```yaml\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, Limit).Select(static match => match.Groups["text"].Value)];

    private static TimeSpan Limit { get; } = TimeSpan.FromSeconds(5);

    private static string Reference => Repository.Read("docs", "pipeline-file.md");

    [Fact]
    public void Sample_IsValid()
    {
        var result = PipelineFile.Load("pipeline.yaml", File.ReadAllBytes(Repository.PathOf("samples", "bird-strikes", "pipeline.yaml")));

        Assert.Empty(result.Problems);
        Assert.Equal(7, result.Definition!.Train.Candidates.Length);
        Assert.Equal(0.02, result.Definition.Promote.VersusChampion.Margin);
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void Reference_Snippet_IsValid(string snippet)
    {
        // A snippet shows some sections; what else a pipeline needs comes from the least one.
        var text = new StringBuilder(snippet);
        foreach (Match section in Regex.Matches(PipelineText.Minimal, @"^(?<key>\w+):.*\n(^ .*\n)*", RegexOptions.Multiline | RegexOptions.ExplicitCapture, Limit))
        {
            if (!snippet.Split('\n').Any(line => line.StartsWith($"{section.Groups["key"].Value}:", StringComparison.Ordinal)))
            {
                text.Append(section.Value);
            }
        }

        var result = PipelineText.Load(text.ToString());

        Assert.Empty(result.Problems.Select(static problem => problem.ToString()));
    }

    [Fact]
    public void Reference_NamesEveryKeyAndChoice()
    {
        var names = new HashSet<string>();
        Collect(JsonNode.Parse(PipelineSchema.Generate()), names);

        Assert.True(names.Count > 90, $"only {names.Count} names");
        Assert.DoesNotContain(names, static name => !Reference.Contains($"`{name}`", StringComparison.Ordinal));
    }

    private static void Collect(JsonNode? node, HashSet<string> names)
    {
        switch (node)
        {
            case JsonObject mapping:
                names.UnionWith(mapping["properties"]?.AsObject().Select(static property => property.Key) ?? []);
                names.UnionWith(mapping["enum"]?.AsArray().Select(static choice => choice!.GetValue<string>()) ?? []);
                foreach (var (_, value) in mapping)
                {
                    Collect(value, names);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    Collect(item, names);
                }

                break;
        }
    }
}
