using System.Xml;

namespace MlDurable.Infra.Tests;

/// <summary>The kinds of environments are as the table of docs/deployment.md says.</summary>
public sealed class ProfileTests
{
    [Theory]
    [InlineData("dev", 1)]
    [InlineData("test", 2)]
    [InlineData("prod", 3)]
    public async Task Profile_IsTheColumnOfTheDocument(string profile, int column)
    {
        var documented = RepositoryFiles.Table("docs/deployment.md", "| | dev | test | prod |").Select(row => $"{row[0]}: {row[column]}");

        var deployed = Rows(await Deployment.OfAsync(profile)).Select(row => $"{row.What}: {row.Value}");

        Assert.Equal(documented, deployed);
    }

    private static IEnumerable<(string What, string Value)> Rows(Deployment deployment)
    {
        var blobs = deployment.One("Microsoft.Storage/storageAccounts/blobServices", "stml").At("properties");
        var retention = deployment.One("Microsoft.DurableTask/schedulers/retentionPolicies").At("properties.retentionPolicies").EnumerateArray()
            .ToDictionary(
                policy => policy.TryGetProperty("orchestrationState", out var state) ? state.GetString()! : "",
                policy => policy.At("retentionPeriodInDays").GetInt32());
        var scale = deployment.One("Microsoft.Web/sites").At("properties.functionAppConfig.scaleAndConcurrency");
        var workspace = deployment.One("Microsoft.OperationalInsights/workspaces").At("properties");
        var quota = workspace.At("workspaceCapping.dailyQuotaGb").GetInt32();
        var noRun = deployment.Of("Microsoft.Insights/scheduledQueryRules").Where(rule => rule.Text("name") == "factory-no-run").ToList();
        var waits = deployment.One("Microsoft.Insights/scheduledQueryRules", "factory-work-waits").At("properties.criteria.allOf")[0].At("threshold");

        yield return ("private network", YesNo(deployment.IsPrivate));
        yield return ("storage survives the loss of a zone", YesNo(
            deployment.Of("Microsoft.Storage/storageAccounts").All(account => account.Text("sku.name") == "Standard_ZRS")));
        yield return ("deleted blobs can be restored for", Words(TimeSpan.FromDays(blobs.At("deleteRetentionPolicy.days").GetInt32())));
        yield return ("overwritten blobs too", YesNo(blobs.At("isVersioningEnabled").GetBoolean()));
        yield return ("scheduler", deployment.One("Microsoft.DurableTask/schedulers").Text("properties.sku.name"));
        yield return ("completed orchestrations are kept for", Words(TimeSpan.FromDays(retention["Completed"])));
        yield return ("failed, terminated and cancelled ones for", Words(TimeSpan.FromDays(retention[""])));
        yield return ("memory of an instance", $"{scale.Text("instanceMemoryMB")} MB");
        yield return ("instances at most", scale.Text("maximumInstanceCount"));
        yield return ("vault protected against purging", YesNo(
            deployment.One("Microsoft.KeyVault/vaults").At("properties").TryGetProperty("enablePurgeProtection", out var protection)
            && protection.ValueKind == System.Text.Json.JsonValueKind.True));
        yield return ("telemetry is kept for", Words(TimeSpan.FromDays(workspace.At("retentionInDays").GetInt32())));
        yield return ("telemetry a day at most", quota < 0 ? "no limit" : $"{quota} GB");
        yield return ("alert when no run ended for", noRun is [var rule] ? Words(XmlConvert.ToTimeSpan(rule.Text("properties.windowSize"))) : "–");
        yield return ("alert when work waits for more than", Words(TimeSpan.FromSeconds(waits.GetInt32())));
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string Words(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => Counted((int)time.TotalDays, "day"),
        { TotalHours: >= 1 } => Counted((int)time.TotalHours, "hour"),
        _ => Counted((int)time.TotalMinutes, "minute"),
    };

    private static string Counted(int count, string unit) => count == 1 ? $"1 {unit}" : $"{count} {unit}s";
}
