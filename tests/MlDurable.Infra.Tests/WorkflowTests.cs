using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace MlDurable.Infra.Tests;

/// <summary>The workflows of GitHub: pinned, with the least permissions, and without a stored password.</summary>
public sealed partial class WorkflowTests
{
    public static TheoryData<string> Files => [.. RepositoryFiles.Below(".github/workflows", "*.yml")];

    [Theory]
    [MemberData(nameof(Files))]
    public void Actions_ArePinnedToAFullVersion(string file)
    {
        var used = Steps(file).Where(step => step.Children.ContainsKey("uses")).Select(step => Text(step, "uses")).ToList();

        Assert.NotEmpty(used);
        Assert.All(used, action => Assert.Matches(FullVersion(), action));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Permissions_AreReadUnlessAJobSaysOtherwise(string file)
    {
        var workflow = Workflow(file);

        Assert.Equal("read", Text(Map(workflow, "permissions"), "contents"));
        Assert.Single(Map(workflow, "permissions").Children);
        foreach (var job in Jobs(workflow).Where(job => job.Children.ContainsKey("permissions")))
        {
            // A mapping names each permission; "write-all" would be a scalar.
            Assert.IsType<YamlMappingNode>(job["permissions"]);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Checkout_LeavesNoCredentialsBehind(string file)
    {
        var checkouts = Steps(file).Where(step => step.Children.ContainsKey("uses") && Text(step, "uses").StartsWith("actions/checkout@", StringComparison.Ordinal));

        Assert.All(checkouts, step => Assert.Equal("false", Text(Map(step, "with"), "persist-credentials")));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Scripts_TakeValuesFromTheEnvironment(string file)
    {
        // An expression inside a script is put into its text before the shell reads it, whatever it holds.
        var scripts = Steps(file).Where(step => step.Children.ContainsKey("run")).Select(step => Text(step, "run"));

        Assert.All(scripts, script => Assert.DoesNotContain("${{", script, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Secrets_AreNotStored(string file)
    {
        var text = Repository.Read(file);

        Assert.DoesNotContain("secrets.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("pull_request_target", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Scripts_OfTheRepository_AreThere(string file)
    {
        var scripts = Steps(file).Where(step => step.Children.ContainsKey("run")).SelectMany(step => Script().Matches(Text(step, "run")))
            .Select(match => match.Value.Trim());

        Assert.All(scripts, script => Assert.True(File.Exists(Repository.PathOf(script)), script));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Jobs_EndAfterATime(string file) =>
        Assert.All(Jobs(Workflow(file)), job => Assert.InRange(int.Parse(Text(job, "timeout-minutes")), 1, 60));

    [Fact]
    public void Deploy_GivesTheDeploymentEveryVariableThatItReads()
    {
        var read = EnvironmentVariable().Matches(Repository.Read("infra/main.bicepparam")).Select(match => match.Groups["name"].Value).ToList();
        var given = Map(Jobs(Workflow(".github/workflows/deploy.yml")).Single(), "env").Children.Keys.Select(key => key.ToString());
        var documented = RepositoryFiles.Table("docs/deployment.md", "| variable | default | what |").SelectMany(row => row[0].Split(", "));

        Assert.Equal(read.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
        Assert.Subset(given.ToHashSet(), read.ToHashSet());
    }

    [Fact]
    public void Deploy_SignsInWithTheTokenOfTheRun()
    {
        var job = Jobs(Workflow(".github/workflows/deploy.yml")).Single();

        Assert.Equal("write", Text(Map(job, "permissions"), "id-token"));
        Assert.Contains(Steps(".github/workflows/deploy.yml"), step =>
            step.Children.ContainsKey("run") && Text(step, "run").Contains("--federated-credential-provider github", StringComparison.Ordinal));
    }

    private static YamlMappingNode Workflow(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read(file)));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    private static IEnumerable<YamlMappingNode> Jobs(YamlMappingNode workflow) => Map(workflow, "jobs").Children.Values.Cast<YamlMappingNode>();

    private static IEnumerable<YamlMappingNode> Steps(string file) =>
        Jobs(Workflow(file)).SelectMany(job => (YamlSequenceNode)job["steps"]).Cast<YamlMappingNode>();

    private static YamlMappingNode Map(YamlMappingNode node, string key) => Assert.IsType<YamlMappingNode>(node[key]);

    private static string Text(YamlMappingNode node, string key) => ((YamlScalarNode)node[key]).Value!;

    [GeneratedRegex(@"^[\w-]+/[\w./-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FullVersion();

    [GeneratedRegex(@"(?m)^\.{0,1}/?[\w./-]*(test|\.ci/run)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Script();

    [GeneratedRegex(@"readEnvironmentVariable\('(?<name>\w+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EnvironmentVariable();
}
