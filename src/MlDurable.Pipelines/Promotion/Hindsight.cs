using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Promotion;

/// <summary>Keeps runs that are made as if in the past from replacing a champion that knows more than they may.</summary>
internal static class Hindsight
{
    /// <summary>The champion's version when it was made from data that the run may not use; null when the run may replace it.</summary>
    public static async Task<int?> LaterChampionAsync(IBlobStore store, RegistryDocument registry, RunRequest request, CancellationToken cancellationToken)
    {
        if (request is { AsOf: null, Through: null } || registry.ChampionVersion is not { } version)
        {
            return null;
        }

        var champion = await RegisteredModel.ReadAsync(store, registry.Model, registry.Require(version), cancellationToken);
        return IsLater(champion.Manifest, request) ? version : null;
    }

    /// <summary>
    /// A model of its own time was made as of the moment that it was made; one of a run that was limited to an instant, as of that one. Of partitions, the
    /// last one tells.
    /// </summary>
    internal static bool IsLater(Manifest champion, RunRequest request) =>
        (request.AsOf is { } asOf && (champion.Dataset.Split.Until ?? champion.CreatedAt) > asOf)
        || (request.Through is { } through && champion.Dataset.Partitions.Any(partition => string.CompareOrdinal(partition.Name, through) > 0));

    /// <summary>The registry as a run sees it that may not know of its champion: no champion and no anchor.</summary>
    public static RegistryDocument Without(RegistryDocument registry) => registry with { Aliases = registry.Aliases.Clear(), History = [] };
}
