using System.Collections.Immutable;
using MlDurable.Api.Security;
using MlDurable.Cli.Output;

namespace MlDurable.Cli.Serving;

/// <summary>A key without its hash.</summary>
internal sealed record KeyListed(string Name, string Role, DateTimeOffset CreatedAt);

/// <summary>The keys of a workspace or file.</summary>
internal sealed record KeysDocument(ImmutableArray<KeyListed> Keys);

/// <summary>A key that was just made: the only time that it is shown.</summary>
internal sealed record KeyCreated(string Name, string Role, string Key);

/// <summary>What <c>keys</c> does.</summary>
internal static class KeysProcedure
{
    /// <summary>Where the keys are: a file, or the workspace.</summary>
    public static IApiKeySource SourceOf(Workspace workspace, Host host, string? file) =>
        file is null ? new StoredApiKeys(workspace.Store) : new ApiKeyFile(host.FullPath(file));

    public static async Task<int> ListAsync(CommandCall call, string? file)
    {
        var source = SourceOf(call.OpenWorkspace(), call.Host, file);
        var keys = (await source.ReadAsync(call.CancellationToken)).Keys;
        call.Terminal.Json(new KeysDocument([.. keys.Select(key => new KeyListed(key.Name, Text.Lower(key.Role), key.CreatedAt))]), CliJson.Default.KeysDocument);
        if (keys.IsEmpty)
        {
            call.Terminal.Line($"there is no key in {source.Description}");
            return ExitCodes.Done;
        }

        var table = new TextTable("name", "role", "created");
        foreach (var key in keys)
        {
            table.Add(key.Name, Text.Lower(key.Role), Text.Instant(key.CreatedAt));
        }

        table.WriteTo(call.Terminal);
        return ExitCodes.Done;
    }

    public static async Task<int> CreateAsync(CommandCall call, string? file, string name, string role)
    {
        var source = SourceOf(call.OpenWorkspace(), call.Host, file);
        var secret = "";
        await source.ChangeAsync(
            keys =>
            {
                (var changed, secret) = keys.With(name, Enum.Parse<ApiRole>(role, ignoreCase: true), call.Host.TimeProvider.GetUtcNow());
                return changed;
            },
            call.CancellationToken);
        call.Terminal.Json(new KeyCreated(name, role, secret), CliJson.Default.KeyCreated);
        call.Terminal.Line(secret);
        call.Terminal.Remark($"key '{name}' ({role}) is in {source.Description} as a hash; this is the only time that it is shown. Send it as `Authorization: Bearer KEY`.");
        return ExitCodes.Done;
    }

    public static async Task<int> RevokeAsync(CommandCall call, string? file, string name)
    {
        var source = SourceOf(call.OpenWorkspace(), call.Host, file);
        await source.ChangeAsync(keys => keys.Without(name), call.CancellationToken);
        call.Terminal.Line($"key '{name}' is revoked; a running server refuses it within {ApiKeyRing.MaxAge.TotalSeconds} seconds");
        return ExitCodes.Done;
    }
}
