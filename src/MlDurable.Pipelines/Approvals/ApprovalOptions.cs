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
}
