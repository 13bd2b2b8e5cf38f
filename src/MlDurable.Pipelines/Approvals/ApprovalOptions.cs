using System.Text;

namespace MlDurable.Pipelines.Approvals;

/// <summary>What a host gives to approvals. Without it, webhooks are posted without links, and answers come by command line and HTTP.</summary>
public sealed class ApprovalOptions
{
    /// <summary>The shortest key that links are signed with, in bytes.</summary>
    public const int MinKeyBytes = 32;

    /// <summary>The secret key that one-time links are signed with, at least <see cref="MinKeyBytes"/> random bytes, the same for all hosts of a store; empty for no links.</summary>
    /// <exception cref="ArgumentException">The key is shorter and not empty.</exception>
    public ReadOnlyMemory<byte> LinkKey
    {
        get;
        init => field = value.Length is 0 or >= MinKeyBytes
            ? value
            : throw new ArgumentException($"The key of links needs at least {MinKeyBytes} bytes, and has {value.Length}.", nameof(value));
    }

    /// <summary>Where the host's API is reached from outside, with a slash at its end (<c>https://ml.example.com/</c>); null for no links.</summary>
    public Uri? LinkBase { get; init; }

    /// <summary>Carries the requests of webhooks; null for the network. Redirects must not be followed.</summary>
    public HttpMessageHandler? WebhookHandler { get; init; }

    /// <summary>How long a webhook may take to answer; 10 seconds by default.</summary>
    public TimeSpan WebhookTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Options from what a host is told of one-time links.</summary>
    /// <param name="key">The secret: at least <see cref="MinKeyBytes"/> random characters; null or empty for no links.</param>
    /// <param name="publicAddress">Where people reach the host's API; null or empty for no links.</param>
    /// <exception cref="FormatException">One of them is missing, the key is too short, or the address is none; the message does not show the key.</exception>
    public static ApprovalOptions OfLinks(string? key, string? publicAddress)
    {
        if (string.IsNullOrEmpty(key) && string.IsNullOrEmpty(publicAddress))
        {
            return new ApprovalOptions();
        }

        if (string.IsNullOrEmpty(key) || string.IsNullOrEmpty(publicAddress))
        {
            throw new FormatException("one-time links need both the secret that they are signed with and the address where people reach this host");
        }

        var bytes = Encoding.UTF8.GetBytes(key);
        if (bytes.Length < MinKeyBytes)
        {
            throw new FormatException($"the secret of one-time links has {bytes.Length} bytes, and needs at least {MinKeyBytes}, random ones");
        }

        return Uri.TryCreate(publicAddress.EndsWith('/') ? publicAddress : publicAddress + "/", UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https"
            ? new ApprovalOptions { LinkKey = bytes, LinkBase = address }
            : throw new FormatException($"one-time links begin with an address such as https://ml.example.com/, not '{publicAddress}'");
    }
}
