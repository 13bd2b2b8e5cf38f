using System.Collections.Immutable;
using System.Text.Json;

namespace MlDurable.Infra.Tests;

/// <summary>Who may do what: exactly the table of docs/deployment.md.</summary>
public sealed class AccessTests
{
    /// <summary>Built-in roles of Azure, from its documentation.</summary>
    private static readonly ImmutableDictionary<string, string> s_builtIn = new Dictionary<string, string>
    {
        ["0ad04412-c4d5-4796-b79c-f76d14c8d402"] = "Durable Task Data Contributor",
        ["4633458b-17de-408a-b874-0445c86b69e6"] = "Key Vault Secrets User",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
        ["ba92f5b4-2d11-453d-a403-e96b0029c9fe"] = "Storage Blob Data Contributor",
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"] = "Storage Blob Data Reader",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"] = "Storage Queue Data Message Sender",
    }.ToImmutableDictionary();

    [Theory]
    [InlineData("dev", "app")]
    [InlineData("test", "app,operator")]
    [InlineData("prod", "app,operator,Event Grid topic")]
    [InlineData("dev-private", "app,Event Grid topic")]
    public async Task Assignments_AreThoseOfTheDocument(string variant, string identities)
    {
        var deployment = await Deployment.OfAsync(variant);
        var documented = RepositoryFiles.Table("docs/deployment.md", "| identity | role | on |")
            .Where(row => identities.Split(',').Contains(row[0]))
            .Select(row => $"{row[0]}: {row[1]} on {row[2]}");

        var assigned = deployment.Of("Microsoft.Authorization/roleAssignments")
            .Select(assignment => $"{Identity(assignment)}: {Role(assignment)} on {Scope(deployment, assignment)}");

        Assert.Equal(documented.Order(StringComparer.Ordinal), assigned.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Assignments_InFilesAndSnapshots_AreEqualInNumber()
    {
        var folders = RepositoryFiles.Below("infra", "*.bicep").Where(file =>
            Repository.Read(file).Contains("Microsoft.Authorization/roleAssignments@", StringComparison.Ordinal));

        Assert.Equal(["infra/modules/access.bicep"], folders);
        var deployment = await Deployment.OfAsync("prod");
        var ids = deployment.Of("Microsoft.Authorization/roleAssignments").Select(assignment => assignment.Text("id")).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task Operator_OfAGroup_IsAssignedAsAGroup()
    {
        var deployment = await Deployment.OfAsync("prod");
        var assignments = deployment.Of("Microsoft.Authorization/roleAssignments").Where(assignment => Identity(assignment) == "operator").ToList();

        Assert.NotEmpty(assignments);
        Assert.All(assignments, assignment => Assert.Equal("Group", assignment.Text("properties.principalType")));
    }

    private static string Identity(JsonElement assignment) => assignment.Text("properties.principalId") switch
    {
        Deployment.OperatorId => "operator",
        var id when id.Contains("Microsoft.ManagedIdentity/userAssignedIdentities", StringComparison.Ordinal) => "app",
        var id when id.Contains("Microsoft.EventGrid/systemTopics", StringComparison.Ordinal) => "Event Grid topic",
        var id => id,
    };

    private static string Role(JsonElement assignment)
    {
        var id = assignment.Text("properties.roleDefinitionId").Split('/')[^1];
        Assert.True(s_builtIn.TryGetValue(id, out var role), $"{id} is not a role that this test knows.");
        return role;
    }

    private static string Scope(Deployment deployment, JsonElement assignment)
    {
        var id = deployment.Local(assignment.Text("id"));
        var scope = id[..id.LastIndexOf("/providers/Microsoft.Authorization", StringComparison.Ordinal)];
        var parts = scope.Split('/');
        var name = parts[^1];
        return parts[^2] switch
        {
            "storageAccounts" => name.StartsWith("sthost", StringComparison.Ordinal) ? "host storage" : "store",
            "containers" => $"container {name}",
            "queues" => $"queue {name}",
            "taskHubs" => "task hub",
            "vaults" => "vault",
            "components" => "Application Insights",
            _ => scope,
        };
    }
}
