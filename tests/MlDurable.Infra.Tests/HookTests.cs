namespace MlDurable.Infra.Tests;

/// <summary>The hook that azd runs after a deployment, as a process, with a stand-in for the Azure CLI.</summary>
public sealed class HookTests : IDisposable
{
    private const string Secret = "c2VjcmV0LWtleQ==";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mldurable-hook-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Webhook_DeploysTheTemplateOnce()
    {
        var result = await RunAsync(failures: 0);

        Assert.Equal(0, result.ExitCode);
        var template = Repository.PathOf("infra/modules/data-webhook.bicep");
        Assert.Equal(
            [
                "account show --subscription sub --output none",
                $"deployment group create --subscription sub --resource-group rg-factory --name data-webhook --template-file {template} "
                    + "--parameters topicName=evgt-1 appName=func-1 --output none",
            ],
            Calls());
    }

    [Fact]
    public async Task Webhook_OfAnAppThatDoesNotAnswerYet_IsTriedAgain()
    {
        var result = await RunAsync(failures: 2);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(3, Calls().Count(call => call.StartsWith("deployment", StringComparison.Ordinal)));
        Assert.Contains("attempt 2 of 4 failed", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhook_ThatNeverSucceeds_FailsWithTheReasonAndWithoutTheKey()
    {
        var result = await RunAsync(failures: 99);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(4, Calls().Count(call => call.StartsWith("deployment", StringComparison.Ordinal)));
        Assert.Contains("Webhook validation handshake failed", result.Error, StringComparison.Ordinal);
        Assert.Contains("azd hooks run postdeploy", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, result.Error + result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queue_NeedsNothing()
    {
        var result = await RunAsync(failures: 0, ("MLDURABLE_DATA_DELIVERY", "queue"));

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(Calls());
    }

    [Theory]
    [InlineData("AZURE_SUBSCRIPTION_ID")]
    [InlineData("AZURE_RESOURCE_GROUP")]
    [InlineData("MLDURABLE_APP_NAME")]
    [InlineData("MLDURABLE_DATA_TOPIC")]
    [InlineData("MLDURABLE_DATA_DELIVERY")]
    public async Task Variable_Missing_IsNamed(string name)
    {
        var result = await RunAsync(failures: 0, (name, ""));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"{name} is not set", result.Error, StringComparison.Ordinal);
        Assert.Empty(Calls());
    }

    [Fact]
    public async Task Delivery_Unknown_IsRefused()
    {
        var result = await RunAsync(failures: 0, ("MLDURABLE_DATA_DELIVERY", "pigeon"));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("pigeon", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AzureCli_NotSignedIn_FailsAtOnce()
    {
        var result = await RunAsync(failures: 0, ("FAKE_AZ_SIGNED_OUT", "1"));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("az login", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Calls(), call => call.StartsWith("deployment", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Variables_OfTheHook_AreOutputsOfTheDeployment()
    {
        var outputs = (await Deployment.OfAsync("dev")).Outputs.Keys;

        Assert.All(
            ["AZURE_RESOURCE_GROUP", "MLDURABLE_APP_NAME", "MLDURABLE_DATA_TOPIC", "MLDURABLE_DATA_DELIVERY"],
            name => Assert.Contains(name, outputs));
    }

    private async Task<CommandResult> RunAsync(int failures, params (string Name, string Value)[] changes)
    {
        var az = Path.Combine(_folder.FullName, "az");
        await File.WriteAllTextAsync(az, $$"""
            #!/bin/sh
            printf '%s\n' "$*" >>'{{_folder.FullName}}/calls'
            case $1 in
                account) [ -z "$FAKE_AZ_SIGNED_OUT" ] && exit 0; echo 'Please run az login' >&2; exit 1 ;;
            esac
            if [ "$(grep -c '^deployment' '{{_folder.FullName}}/calls')" -le {{failures}} ]; then
                echo 'Webhook validation handshake failed for https://func-1/runtime/webhooks/blobs?functionName=Host.Functions.DataUploaded&code={{Secret}}' >&2
                exit 1
            fi

            """.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(az, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var environment = new Dictionary<string, string>
        {
            ["PATH"] = _folder.FullName + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH"),
            ["AZURE_SUBSCRIPTION_ID"] = "sub",
            ["AZURE_RESOURCE_GROUP"] = "rg-factory",
            ["MLDURABLE_APP_NAME"] = "func-1",
            ["MLDURABLE_DATA_TOPIC"] = "evgt-1",
            ["MLDURABLE_DATA_DELIVERY"] = "webhook",
            ["MLDURABLE_HOOK_ATTEMPTS"] = "4",
            ["MLDURABLE_HOOK_PAUSE"] = "0",
            ["FAKE_AZ_SIGNED_OUT"] = "",
        };
        foreach (var (name, value) in changes)
        {
            environment[name] = value;
        }

        return await CommandResult.RunAsync("sh", [Repository.PathOf("infra/hooks/subscribe-to-data.sh")], environment);
    }

    private string[] Calls()
    {
        var file = Path.Combine(_folder.FullName, "calls");
        return File.Exists(file) ? [.. File.ReadAllLines(file).Select(Normal)] : [];
    }

    private static string Normal(string call) => call.Replace("infra/hooks/../modules", "infra/modules", StringComparison.Ordinal);
}
