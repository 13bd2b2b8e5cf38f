using System.Text;
using Microsoft.Extensions.Configuration;
using MlDurable.Pipelines.Approvals;

namespace MlDurable.Functions;

/// <summary>What the app is told by its settings; everything else is in <c>host.json</c>.</summary>
/// <param name="Store">The workspace, as <c>--store</c> takes it.</param>
/// <param name="TaskHub">The task hub, which names the engine in run records.</param>
/// <param name="Approvals">The key and the address of one-time links to approve; none without the two settings for them.</param>
internal sealed record FunctionsSettings(string Store, string TaskHub, ApprovalOptions Approvals)
{
    public static FunctionsSettings Read(IConfiguration configuration)
    {
        return new(Required("MLDURABLE_STORE"), Required("TASKHUB_NAME"), Links());

        ApprovalOptions Links() => (configuration["MLDURABLE_LINK_KEY"], configuration["MLDURABLE_PUBLIC_URL"]) switch
        {
            (null or "", null or "") => new ApprovalOptions(),
            ({ Length: >= ApprovalOptions.MinKeyBytes } key, { Length: > 0 } address)
                when Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps =>
                new ApprovalOptions { LinkKey = Encoding.UTF8.GetBytes(key), LinkBase = uri },
            _ => throw new InvalidOperationException(
                $"setting-invalid: one-time links need both MLDURABLE_LINK_KEY (at least {ApprovalOptions.MinKeyBytes} characters, best a Key Vault reference) and "
                + "MLDURABLE_PUBLIC_URL (https://…); docs/azure.md says more."),
        };

        string Required(string name) => configuration[name] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"setting-missing: the app needs the setting {name}; docs/azure.md lists them, and local.settings.sample.json has all for a local run.");
    }
}
