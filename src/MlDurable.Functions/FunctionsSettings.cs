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

        ApprovalOptions Links()
        {
            try
            {
                var links = ApprovalOptions.OfLinks(configuration["MLDURABLE_LINK_KEY"], configuration["MLDURABLE_PUBLIC_URL"]);
                return links.LinkBase?.Scheme == Uri.UriSchemeHttp ? throw new FormatException("links to this app begin with https://") : links;
            }
            catch (FormatException exception)
            {
                throw new InvalidOperationException(
                    $"setting-invalid: MLDURABLE_LINK_KEY (best a Key Vault reference) and MLDURABLE_PUBLIC_URL: {exception.Message}; docs/azure.md says more.", exception);
            }
        }

        string Required(string name) => configuration[name] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"setting-missing: the app needs the setting {name}; docs/azure.md lists them, and local.settings.sample.json has all for a local run.");
    }
}
