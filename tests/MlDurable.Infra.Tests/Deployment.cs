using System.Collections.Immutable;
using System.Text.Json;

namespace MlDurable.Infra.Tests;

/// <summary>What a deployment of <c>infra/main.bicepparam</c> would make: the compiler's own evaluation, without Azure.</summary>
/// <remarks>What only Azure knows, such as addresses, stays an expression in the text (<c>[reference(…)]</c>).</remarks>
internal sealed class Deployment
{
    public const string OperatorId = "33333333-3333-3333-3333-333333333333";
    private const string SubscriptionId = "11111111-1111-1111-1111-111111111111";
    private const string TenantId = "22222222-2222-2222-2222-222222222222";

    private static readonly ImmutableDictionary<string, Lazy<Task<Deployment>>> s_deployments = new[]
    {
        Variant("dev", []),
        Variant("test", [
            new("MLDURABLE_ALERT_EMAILS", "ada@example.org,grace@example.org"),
            new("MLDURABLE_OPERATOR_ID", OperatorId),
            new("MLDURABLE_VAULT_SETTINGS", """{"SIGNING_KEY":"signing-key"}"""),
        ]),
        Variant("prod", [new("MLDURABLE_OPERATOR_ID", OperatorId), new("MLDURABLE_OPERATOR_TYPE", "Group")]),
        Variant("dev", [new("MLDURABLE_PRIVATE_NETWORK", "true")], "dev-private"),
    }.ToImmutableDictionary();

    private readonly string _subscription = $"/subscriptions/{SubscriptionId}";

    private Deployment(JsonElement snapshot)
    {
        Outputs = snapshot.GetProperty("outputs").EnumerateObject().ToImmutableSortedDictionary(item => item.Name, item => item.Value.ToString());
        Diagnostics = [.. snapshot.GetProperty("diagnostics").EnumerateArray().Select(item => item.ToString())];
        Resources = [.. snapshot.GetProperty("predictedResources").EnumerateArray()];
        IsPrivate = Outputs["MLDURABLE_DATA_DELIVERY"] == "queue";
    }

    public static IEnumerable<string> Variants => s_deployments.Keys.Order(StringComparer.Ordinal);

    public bool IsPrivate { get; }

    public ImmutableSortedDictionary<string, string> Outputs { get; }

    public ImmutableArray<string> Diagnostics { get; }

    public ImmutableArray<JsonElement> Resources { get; }

    /// <summary>The deployment of one of <see cref="Variants"/>, evaluated once.</summary>
    public static Task<Deployment> OfAsync(string variant) => s_deployments[variant].Value;

    public ImmutableArray<JsonElement> Of(string type) => [.. Resources.Where(resource => resource.Text("type") == type)];

    public JsonElement One(string type, string namePrefix = "") =>
        Assert.Single(Of(type), resource => resource.Text("name").StartsWith(namePrefix, StringComparison.Ordinal));

    /// <summary>The containers of the store, without those of the host's account.</summary>
    public IEnumerable<string> StoreContainers => Of("Microsoft.Storage/storageAccounts/blobServices/containers")
        .Select(container => container.Text("name").Split('/'))
        .Where(name => name[0].StartsWith("stml", StringComparison.Ordinal))
        .Select(name => name[2]);

    /// <summary>A resource's id without the subscription.</summary>
    public string Local(string id) => id.StartsWith(_subscription, StringComparison.Ordinal) ? id[_subscription.Length..] : id;

    private static KeyValuePair<string, Lazy<Task<Deployment>>> Variant(
        string profile, KeyValuePair<string, string>[] settings, string? name = null) =>
        new(name ?? profile, new Lazy<Task<Deployment>>(() => EvaluateAsync(profile, settings)));

    private static async Task<Deployment> EvaluateAsync(string profile, KeyValuePair<string, string>[] settings)
    {
        using var copy = new InfraCopy();
        var environment = new Dictionary<string, string>(settings)
        {
            ["AZURE_ENV_NAME"] = "factory",
            ["AZURE_LOCATION"] = "northeurope",
            ["MLDURABLE_PROFILE"] = profile,
        };
        var result = await Bicep.RunAsync(
            environment,
            ["snapshot", copy.PathOf("infra/main.bicepparam"), "--subscription-id", SubscriptionId, "--tenant-id", TenantId,
                "--location", "northeurope", "--deployment-name", "factory"]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        return new Deployment(JsonElement.Parse(await File.ReadAllTextAsync(copy.PathOf("infra/main.snapshot.json"))));
    }
}
