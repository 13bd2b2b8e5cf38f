using System.Reflection;
using MlDurable.Pipelines;

namespace MlDurable.Infra.Tests;

/// <summary>The storage accounts: no keys, nothing public, and the containers that the code writes to.</summary>
public sealed class StorageTests
{
    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Accounts_AreReachedWithIdentitiesOnly(string variant)
    {
        var accounts = (await Deployment.OfAsync(variant)).Of("Microsoft.Storage/storageAccounts");

        Assert.Equal(2, accounts.Length);
        Assert.All(accounts, account =>
        {
            Assert.False(account.At("properties.allowSharedKeyAccess").GetBoolean());
            Assert.False(account.At("properties.allowBlobPublicAccess").GetBoolean());
            Assert.False(account.At("properties.allowCrossTenantReplication").GetBoolean());
            Assert.True(account.At("properties.supportsHttpsTrafficOnly").GetBoolean());
            Assert.Equal("TLS1_2", account.Text("properties.minimumTlsVersion"));
        });
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Containers_ArePrivate(string variant)
    {
        var containers = (await Deployment.OfAsync(variant)).Of("Microsoft.Storage/storageAccounts/blobServices/containers");

        Assert.All(containers, container => Assert.Equal("None", container.Text("properties.publicAccess")));
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Containers_AreThoseThatTheCodeNames(string variant)
    {
        var deployment = await Deployment.OfAsync(variant);

        Assert.Superset(ContainersOfTheCode().ToHashSet(), deployment.StoreContainers.ToHashSet());
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Containers_AreThoseThatTheDocumentNames(string variant)
    {
        var deployment = await Deployment.OfAsync(variant);

        var documented = RepositoryFiles.Table("docs/storage.md", "| name | what |").Select(row => row[0].Split('/')[0]);
        Assert.Superset(documented.ToHashSet(), deployment.StoreContainers.ToHashSet());
    }

    [Fact]
    public async Task Lifecycle_DeletesNothingButTheCacheAndOldVersions()
    {
        var deployment = await Deployment.OfAsync("prod");
        var rules = deployment.One("Microsoft.Storage/storageAccounts/managementPolicies").At("properties.policy.rules").EnumerateArray().ToList();

        var deleting = rules.Where(rule => rule.At("definition.actions").TryGetProperty("baseBlob", out var blob) && blob.TryGetProperty("delete", out _));
        var prefixes = Assert.Single(deleting).At("definition.filters.prefixMatch").EnumerateArray().Select(prefix => prefix.GetString());
        Assert.Equal(["cache/"], prefixes);

        // The prefix of a rule begins with the container.
        Assert.All(
            rules.Where(rule => rule.At("definition.filters").TryGetProperty("prefixMatch", out _))
                .SelectMany(rule => rule.At("definition.filters.prefixMatch").EnumerateArray()),
            prefix => Assert.Contains(prefix.GetString()!.TrimEnd('/'), deployment.StoreContainers));
    }

    [Fact]
    public async Task Lifecycle_RuleOnReading_HasTheTrackingOfReads()
    {
        var deployment = await Deployment.OfAsync("prod");
        var policy = deployment.One("Microsoft.Storage/storageAccounts/managementPolicies").ToString();
        var service = deployment.One("Microsoft.Storage/storageAccounts/blobServices", "stml");

        Assert.Contains("daysAfterLastAccessTimeGreaterThan", policy, StringComparison.Ordinal);
        Assert.True(service.At("properties.lastAccessTimeTrackingPolicy.enable").GetBoolean());
    }

    /// <remarks>The names are made by one internal class; whatever it will name, its container must be there.</remarks>
    private static IEnumerable<string> ContainersOfTheCode()
    {
        var names = typeof(PipelineException).Assembly.GetType("MlDurable.Pipelines.BlobNames", throwOnError: true)!;
        var made = names.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Where(method => method.ReturnType == typeof(string) && !method.IsSpecialName)
            .Select(method => (string)method.Invoke(null, [.. method.GetParameters().Select(parameter => Sample(parameter.ParameterType))])!);
        var constant = names.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(field => field.IsLiteral && field.FieldType == typeof(string))
            .Select(field => (string)field.GetRawConstantValue()!);
        var containers = made.Concat(constant).Where(name => name.IndexOf('/') > 0).Select(name => name[..name.IndexOf('/')]).ToHashSet();
        Assert.Contains("runs", containers);
        return containers;
    }

    private static object? Sample(Type type) => type == typeof(string) ? "x" : Activator.CreateInstance(type);
}
