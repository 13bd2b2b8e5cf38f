using System.Text.RegularExpressions;

namespace MlDurable.Infra.Tests;

/// <summary>The app, the scheduler and the vault, in every variant of the deployment.</summary>
public sealed partial class DeploymentTests
{
    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Snapshot_OfEveryVariant_IsWholeAndWithoutDiagnostics(string variant)
    {
        var deployment = await Deployment.OfAsync(variant);

        Assert.Empty(deployment.Diagnostics);
        Assert.All(deployment.Resources.Where(resource => resource.TryGetProperty("tags", out _)), resource =>
            Assert.Equal("factory", resource.At("tags").GetProperty("azd-env-name").GetString()));
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task App_IsFlexConsumptionWithNet10(string variant)
    {
        var deployment = await Deployment.OfAsync(variant);
        var app = deployment.One("Microsoft.Web/sites");

        Assert.Equal("FC1", deployment.One("Microsoft.Web/serverfarms").Text("sku.name"));
        Assert.Equal("dotnet-isolated", app.Text("properties.functionAppConfig.runtime.name"));
        Assert.Equal("10.0", app.Text("properties.functionAppConfig.runtime.version"));
        Assert.Equal("UserAssignedIdentity", app.Text("properties.functionAppConfig.deployment.storage.authentication.type"));
        Assert.Equal("UserAssigned", app.Text("identity.type"));
        Assert.True(app.At("properties.httpsOnly").GetBoolean());
        Assert.All(
            deployment.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies"),
            policy => Assert.False(policy.At("properties.allow").GetBoolean()));
        Assert.Equal(2, deployment.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies").Length);
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Settings_AreThoseOfTheDocument(string variant)
    {
        var settings = (await Deployment.OfAsync(variant)).One("Microsoft.Web/sites").At("properties.siteConfig.appSettings").EnumerateArray()
            .Where(setting => !setting.Text("value").StartsWith("@Microsoft.KeyVault(", StringComparison.Ordinal))
            .Select(setting => setting.Text("name"));
        var documented = RepositoryFiles.Table("docs/deployment.md", "| setting | what |").SelectMany(row => row[0].Split(", "));

        Assert.Equal(documented.Order(StringComparer.Ordinal), settings.Order(StringComparer.Ordinal));
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Settings_HoldNoKeyAndNoneThatThePlanRefuses(string variant)
    {
        var settings = (await Deployment.OfAsync(variant)).One("Microsoft.Web/sites").At("properties.siteConfig.appSettings").EnumerateArray().ToList();

        Assert.All(settings, setting => Assert.DoesNotMatch(Secrets(), setting.ToString()));

        // A plan of this kind is given these in functionAppConfig, and an app with the settings is refused.
        Assert.DoesNotContain(settings, setting => setting.Text("name") is "FUNCTIONS_WORKER_RUNTIME" or "FUNCTIONS_WORKER_RUNTIME_VERSION"
            or "FUNCTIONS_EXTENSION_VERSION" or "WEBSITE_RUN_FROM_PACKAGE" or "WEBSITE_CONTENTSHARE" or "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING"
            or "WEBSITE_TIME_ZONE" or "AzureWebJobsStorage");
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Outputs_HoldNoSecret(string variant)
    {
        var outputs = (await Deployment.OfAsync(variant)).Outputs;

        Assert.All(outputs, output => Assert.DoesNotMatch(Secrets(), output.Value));
    }

    [Fact]
    public async Task VaultSettings_BecomeReferencesUnderTheIdentityOfTheApp()
    {
        var deployment = await Deployment.OfAsync("test");
        var app = deployment.One("Microsoft.Web/sites");

        var setting = Assert.Single(app.At("properties.siteConfig.appSettings").EnumerateArray(), setting => setting.Text("name") == "SIGNING_KEY");
        var vault = deployment.One("Microsoft.KeyVault/vaults").Text("name");
        Assert.Equal($"@Microsoft.KeyVault(VaultName={vault};SecretName=signing-key)", setting.Text("value"));
        Assert.Equal(
            deployment.One("Microsoft.ManagedIdentity/userAssignedIdentities").Text("id"), app.Text("properties.keyVaultReferenceIdentity"));
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Vault_IsGovernedByRoles(string variant)
    {
        var vault = (await Deployment.OfAsync(variant)).One("Microsoft.KeyVault/vaults");

        Assert.True(vault.At("properties.enableRbacAuthorization").GetBoolean());
        Assert.True(vault.At("properties.enableSoftDelete").GetBoolean());
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Telemetry_IsAcceptedFromIdentitiesOnly(string variant)
    {
        var deployment = await Deployment.OfAsync(variant);

        Assert.True(deployment.One("Microsoft.Insights/components").At("properties.DisableLocalAuth").GetBoolean());
        Assert.True(deployment.One("Microsoft.OperationalInsights/workspaces").At("properties.features.disableLocalAuth").GetBoolean());
    }

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Retention_OfTheScheduler_EndsEveryOrchestration(string variant)
    {
        var policies = (await Deployment.OfAsync(variant)).One("Microsoft.DurableTask/schedulers/retentionPolicies")
            .At("properties.retentionPolicies").EnumerateArray().ToList();

        // A policy without a state holds for all that ended.
        Assert.Contains(policies, policy => !policy.TryGetProperty("orchestrationState", out _));
        Assert.All(policies, policy => Assert.InRange(policy.At("retentionPeriodInDays").GetInt32(), 1, 365));
    }

    [Fact]
    public async Task Production_IsPrivateAndProtected()
    {
        var deployment = await Deployment.OfAsync("prod");

        Assert.True(deployment.IsPrivate);
        Assert.True(deployment.One("Microsoft.KeyVault/vaults").At("properties.enablePurgeProtection").GetBoolean());
        Assert.All(deployment.Of("Microsoft.Storage/storageAccounts"), account => Assert.Equal("Standard_ZRS", account.Text("sku.name")));
        Assert.True(deployment.One("Microsoft.Storage/storageAccounts/blobServices", "stml").At("properties.isVersioningEnabled").GetBoolean());
    }

    [GeneratedRegex("AccountKey=|SharedAccessSignature|SharedAccessKey|listKeys|listSecrets|sig=|systemKeys|masterKey", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Secrets();
}
