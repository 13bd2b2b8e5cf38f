namespace MlDurable.Pipelines.Registry;

/// <summary>A person's decision to make a version the champion.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">The version.</param>
/// <param name="Expect">The champion that must hold the alias: its number, 0 for none, or null for whichever it is.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">Who decides.</param>
/// <param name="DecisionId">The decision's identity.</param>
public sealed record PromoteRequest(string Model, int Version, int? Expect, string Reason, string By, string DecisionId);

/// <summary>A person's decision to return the champion alias to an earlier version.</summary>
/// <param name="Model">The model.</param>
/// <param name="To">The version to return to; null for the one before the present champion.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">Who decides.</param>
/// <param name="DecisionId">The decision's identity.</param>
public sealed record RollbackRequest(string Model, int? To, string Reason, string By, string DecisionId)
{
    /// <summary>The champion that must hold the alias: its number, or null for whichever it is.</summary>
    public int? Expect { get; init; }
}

/// <summary>A change of the champion.</summary>
/// <param name="Model">The model.</param>
/// <param name="From">The champion before; null for none.</param>
/// <param name="To">The champion after.</param>
/// <param name="Changed">False when it was the champion already.</param>
public sealed record ChampionChange(string Model, int? From, int To, bool Changed);

/// <summary>Changes the champion as a person decides. Safe for concurrent use.</summary>
public sealed class ChampionControl(ModelRegistry registry)
{
    /// <summary>Makes a version the champion.</summary>
    /// <exception cref="PipelineException"><c>model-not-found</c>, <c>version-not-found</c>, or <c>superseded</c>: the champion is another than expected.</exception>
    public async Task<ChampionChange> PromoteAsync(PromoteRequest request, CancellationToken cancellationToken = default)
    {
        await registry.ResolveAsync($"{request.Model}/{request.Version}", cancellationToken);
        var champion = (await registry.ReadAsync(request.Model, cancellationToken)).ChampionVersion;
        ModelRegistry.RequireExpected(request.Model, champion, request.Expect);
        if (champion == request.Version)
        {
            return new ChampionChange(request.Model, champion, request.Version, Changed: false);
        }

        var move = await registry.PromoteAsync(
            request.Model,
            new ChampionDecision(request.Version, champion, ResetsAnchor: true, request.By, request.DecisionId, request.Reason),
            cancellationToken);
        return move == AliasMove.Superseded
            ? throw ModelRegistry.Superseded(request.Model, (await registry.ReadAsync(request.Model, cancellationToken)).ChampionVersion, champion ?? 0)
            : new ChampionChange(request.Model, champion, request.Version, Changed: true);
    }

    /// <summary>Returns the champion alias to an earlier version.</summary>
    /// <exception cref="PipelineException">
    /// <c>model-not-found</c>, <c>version-not-found</c>, <c>nothing-to-roll-back</c>, or <c>superseded</c>: the champion is another than expected.
    /// </exception>
    public async Task<ChampionChange> RollbackAsync(RollbackRequest request, CancellationToken cancellationToken = default)
    {
        await registry.ResolveAsync(request.To is { } version ? $"{request.Model}/{version}" : request.Model, cancellationToken);
        var (from, to) = await registry.RollbackAsync(
            request.Model,
            request.To,
            request.By,
            request.DecisionId,
            request.Reason,
            request.Expect,
            cancellationToken);
        return new ChampionChange(request.Model, from, to, Changed: true);
    }
}
