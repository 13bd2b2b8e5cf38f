using System.Globalization;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Registry;

/// <summary>What came of an attempt to move an alias.</summary>
public enum AliasMove
{
    /// <summary>The alias was moved.</summary>
    Moved,

    /// <summary>The same decision had moved it before; nothing was changed.</summary>
    AlreadyMoved,

    /// <summary>The alias is not where the decision expects it: another decision came first.</summary>
    Superseded,
}

/// <summary>A decision to make a version the champion.</summary>
/// <param name="Version">The version.</param>
/// <param name="ExpectedChampion">The champion that the decision was made against; null for none.</param>
/// <param name="ResetsAnchor">Whether the version becomes the anchor: it was shown superior, is the first, or a person vouches for it.</param>
/// <param name="By">Who decides.</param>
/// <param name="DecisionId">The decision's identity.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Gain">What a promotion by rule gains on the primary metric; null when a person decides or there was no champion.</param>
public sealed record ChampionDecision(
    int Version, int? ExpectedChampion, bool ResetsAnchor, string By, string DecisionId, string Reason, double? Gain = null);

/// <summary>The models of a workspace: versions, aliases and their history.</summary>
/// <remarks>
/// Every change is one conditional write of <c>registry.json</c>, made again on a fresh copy when another writer was first, so
/// that two racing decisions cannot both win. Safe for concurrent use, also from several processes on one store.
/// </remarks>
public sealed class ModelRegistry(IBlobStore store, TimeProvider timeProvider)
{
    /// <summary>The names of all models that have a registry, ascending.</summary>
    public async Task<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken = default)
    {
        const string suffix = "/registry.json";
        var models = new List<string>();
        await foreach (var blob in store.ListAsync(BlobNames.Models, ct: cancellationToken))
        {
            var rest = blob.Name.AsSpan(BlobNames.Models.Length);
            if (rest.EndsWith(suffix, StringComparison.Ordinal) && rest.IndexOf('/') == rest.Length - suffix.Length)
            {
                models.Add(rest[..^suffix.Length].ToString());
            }
        }

        return models;
    }

    /// <summary>A model's registry; an empty one when nothing was registered yet.</summary>
    public async Task<RegistryDocument> ReadAsync(string model, CancellationToken cancellationToken = default) =>
        (await store.ReadJsonAsync(BlobNames.Registry(model), PipelinesJson.Default.RegistryDocument, ct: cancellationToken))?.Value
        ?? new RegistryDocument { Model = model };

    /// <summary>What a version was made from; null for one that is not complete.</summary>
    public async Task<Manifest?> ManifestAsync(string model, int version, CancellationToken cancellationToken = default) =>
        (await store.ReadJsonAsync(BlobNames.Version(model, version, VersionFiles.Manifest), PipelinesJson.Default.Manifest, ct: cancellationToken))?.Value;

    /// <summary>The version that <paramref name="reference"/> names.</summary>
    /// <param name="reference"><c>model</c> (its champion), <c>model@alias</c>, <c>model/3</c>, or one of them behind <c>models:/</c>.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException"><c>model-not-found</c> or <c>version-not-found</c>.</exception>
    public async Task<(RegistryDocument Registry, ModelVersion Version)> ResolveAsync(string reference, CancellationToken cancellationToken = default)
    {
        var text = reference.StartsWith("models:/", StringComparison.Ordinal) ? reference["models:/".Length..] : reference;
        var cut = text.AsSpan().IndexOfAny('@', '/');
        var model = cut < 0 ? text : text[..cut];
        var registry = await ReadAsync(model, cancellationToken);
        if (registry.Versions.IsEmpty)
        {
            var known = await ListModelsAsync(cancellationToken);
            throw new PipelineException(
                "model-not-found",
                $"there is no model '{model}' in {store.Description}; {(known.Count == 0 ? "nothing has been registered yet" : $"there are: {string.Join(", ", known)}")}");
        }

        return cut >= 0 && text[cut] == '/'
            ? (registry, registry.VersionOf(text[(cut + 1)..]))
            : (registry, registry.VersionAt(cut < 0 ? RegistryDocument.Champion : text[(cut + 1)..]));
    }

    /// <summary>Registers a model file as a version, or finds the version that it already is.</summary>
    /// <remarks>
    /// The number is taken first, then the files are written, then the version is marked complete; a crash between leaves a
    /// taken number that the same model completes later. A model file is registered once, whichever runs make it.
    /// </remarks>
    /// <param name="model">The model's name.</param>
    /// <param name="manifest">What the model was made from; its <see cref="Manifest.ModelHash"/> is the version's identity.</param>
    /// <param name="metric">The primary metric's name.</param>
    /// <param name="value">Its value on the rows that the model was judged on.</param>
    /// <param name="writeFiles">Writes the version's files below the given blob prefix; may be called again after a crash.</param>
    /// <param name="cancellationToken">Cancels between the steps.</param>
    /// <returns>The version's number.</returns>
    public async Task<int> RegisterAsync(
        string model, Manifest manifest, string metric, double value, Func<string, Task> writeFiles, CancellationToken cancellationToken = default)
    {
        var first = (await ReadAsync(model, cancellationToken)).Versions.IsEmpty ? await FirstFreeNumberAsync(model, cancellationToken) : 1;
        var claimed = await UpdateAsync(
            model,
            registry => registry.Versions.Any(version => version.ModelHash == manifest.ModelHash)
                ? registry
                : registry.WithVersion(new ModelVersion(
                    registry.Versions.IsEmpty ? first : registry.Versions[^1].Number + 1,
                    VersionStatus.Registering,
                    manifest.ModelHash,
                    manifest.Trainer,
                    manifest.RunId,
                    metric,
                    value,
                    timeProvider.GetUtcNow())),
            cancellationToken);
        var version = claimed.Versions.First(candidate => candidate.ModelHash == manifest.ModelHash);
        if (version.Status != VersionStatus.Registering)
        {
            return version.Number;
        }

        await writeFiles(BlobNames.Version(model, version.Number, string.Empty));
        await UpdateAsync(
            model,
            registry => registry.Find(version.Number) is { Status: VersionStatus.Registering } open
                ? registry.WithVersion(open with { Status = VersionStatus.Candidate })
                : registry,
            cancellationToken);
        return version.Number;
    }

    /// <summary>The number after those of all version folders, so that a registry that was lost and begins anew overwrites no model that is still there.</summary>
    private async Task<int> FirstFreeNumberAsync(string model, CancellationToken cancellationToken)
    {
        var prefix = BlobNames.Versions(model);
        var highest = 0;
        await foreach (var blob in store.ListAsync(prefix, ct: cancellationToken))
        {
            var rest = blob.Name.AsSpan(prefix.Length);
            if (int.TryParse(rest[..Math.Max(rest.IndexOf('/'), 0)], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                highest = Math.Max(highest, number);
            }
        }

        return highest + 1;
    }

    /// <summary>Makes a version the champion, if the champion is still the one that the decision was made against.</summary>
    /// <exception cref="PipelineException"><c>version-not-found</c>: there is no such complete version.</exception>
    public async Task<AliasMove> PromoteAsync(string model, ChampionDecision decision, CancellationToken cancellationToken = default)
    {
        var move = AliasMove.Superseded;
        await UpdateAsync(
            model,
            registry =>
            {
                var version = CompleteVersion(registry, decision.Version);
                if (registry.ChampionVersion == decision.Version && LastChange(registry)?.DecisionId == decision.DecisionId)
                {
                    move = AliasMove.AlreadyMoved;
                    return registry;
                }

                if (registry.ChampionVersion != decision.ExpectedChampion)
                {
                    move = AliasMove.Superseded;
                    return registry;
                }

                move = AliasMove.Moved;
                var anchor = decision.ResetsAnchor ? decision.Version : registry.AnchorVersion ?? decision.Version;
                return registry
                    .WithVersion(version with { Status = VersionStatus.Approved })
                    .WithAlias(
                        RegistryDocument.Champion,
                        decision.Version,
                        anchor,
                        decision.By,
                        decision.DecisionId,
                        decision.Reason,
                        timeProvider.GetUtcNow(),
                        decision.Gain)
                    .WithoutAlias(RegistryDocument.Challenger, decision.Version);
            },
            cancellationToken);
        return move;
    }

    /// <summary>Notes that a version was judged and not promoted: it becomes the challenger, and is marked rejected unless it was approved before.</summary>
    /// <exception cref="PipelineException"><c>version-not-found</c>: there is no such complete version.</exception>
    public Task RejectAsync(string model, int version, string by, string decisionId, string reason, CancellationToken cancellationToken = default) =>
        UpdateAsync(
            model,
            registry =>
            {
                var rejected = CompleteVersion(registry, version);
                if (registry.ChampionVersion == version
                    || registry.History.Any(change => change.Alias == RegistryDocument.Challenger && change.DecisionId == decisionId))
                {
                    return registry;
                }

                var marked = rejected.Status == VersionStatus.Approved ? registry : registry.WithVersion(rejected with { Status = VersionStatus.Rejected });
                return marked.WithAlias(
                    RegistryDocument.Challenger, version, marked.AnchorVersion ?? version, by, decisionId, reason, timeProvider.GetUtcNow());
            },
            cancellationToken);

    /// <summary>Returns the champion alias to the version that held it before.</summary>
    /// <param name="model">The model.</param>
    /// <param name="to">The version to return to; null for the one before the present champion.</param>
    /// <param name="by">Who.</param>
    /// <param name="decisionId">The decision's identity.</param>
    /// <param name="reason">Why.</param>
    /// <param name="expect">The champion that must hold the alias; null for whichever it is.</param>
    /// <param name="cancellationToken">Cancels before the write.</param>
    /// <returns>The versions before and after.</returns>
    /// <exception cref="PipelineException">
    /// <c>nothing-to-roll-back</c>: no other version has been the champion, or <paramref name="to"/> never was; <c>superseded</c>: the champion is
    /// another than expected.
    /// </exception>
    public async Task<(int From, int To)> RollbackAsync(
        string model, int? to, string by, string decisionId, string reason, int? expect = null, CancellationToken cancellationToken = default)
    {
        var result = (From: 0, To: 0);
        await UpdateAsync(
            model,
            registry =>
            {
                var reigns = registry.History.Where(change => change.Alias == RegistryDocument.Champion).ToList();
                if (reigns.Count > 0 && reigns[^1].DecisionId == decisionId)
                {
                    result = (reigns[^1].From ?? 0, reigns[^1].To);
                    return registry;
                }

                RequireExpected(model, registry.ChampionVersion, expect);
                var champion = registry.ChampionVersion
                    ?? throw new PipelineException("nothing-to-roll-back", $"model '{model}' has no champion");
                var target = to ?? PreviousChampion(reigns)
                    ?? throw new PipelineException(
                        "nothing-to-roll-back", $"version {champion} is the only champion that model '{model}' has had; there is nothing to return to");
                var reign = reigns.LastOrDefault(change => change.To == target && change.To != champion)
                    ?? throw new PipelineException(
                        "nothing-to-roll-back",
                        target == champion
                            ? $"version {champion} of model '{model}' is the champion already"
                            : $"version {target} of model '{model}' was never its champion; `mldurable promote` makes it one");
                result = (champion, target);
                return registry.WithAlias(RegistryDocument.Champion, target, reign.Anchor, by, decisionId, reason, timeProvider.GetUtcNow());
            },
            cancellationToken);
        return result;
    }

    /// <summary>
    /// The champion that a rollback returns to: undoing is a stack, so that two rollbacks in a row go back two versions
    /// instead of returning to the one that was just left.
    /// </summary>
    private static int? PreviousChampion(List<AliasEvent> reigns)
    {
        var stack = new Stack<int>();
        foreach (var reign in reigns)
        {
            if (stack.Contains(reign.To))
            {
                while (stack.Peek() != reign.To)
                {
                    stack.Pop();
                }
            }
            else
            {
                stack.Push(reign.To);
            }
        }

        return stack.Skip(1).Select(version => (int?)version).FirstOrDefault();
    }

    internal static void RequireExpected(string model, int? champion, int? expected)
    {
        if (expected is { } number && (champion ?? 0) != number)
        {
            throw Superseded(model, champion, number);
        }
    }

    internal static PipelineException Superseded(string model, int? champion, int expected) => new(
        "superseded",
        $"the champion of '{model}' is {(champion is { } now ? $"version {now}" : "not set")}, and not {(expected == 0 ? "unset" : $"version {expected}")} as expected; "
        + $"look at `mldurable models {model}` and decide again");

    private static AliasEvent? LastChange(RegistryDocument registry) =>
        registry.History.LastOrDefault(change => change.Alias == RegistryDocument.Champion);

    private static ModelVersion CompleteVersion(RegistryDocument registry, int number) =>
        registry.Find(number) is { Status: not VersionStatus.Registering } version
            ? version
            : throw new PipelineException("version-not-found", $"model '{registry.Model}' has no complete version {number}");

    private async Task<RegistryDocument> UpdateAsync(
        string model, Func<RegistryDocument, RegistryDocument> change, CancellationToken cancellationToken)
    {
        var name = BlobNames.Registry(model);
        while (true)
        {
            var read = await store.ReadJsonAsync(name, PipelinesJson.Default.RegistryDocument, ct: cancellationToken);
            var current = read?.Value ?? new RegistryDocument { Model = model };
            var next = change(current);
            if (ReferenceEquals(next, current))
            {
                return current;
            }

            try
            {
                await store.WriteJsonAsync(
                    name,
                    next,
                    PipelinesJson.Default.RegistryDocument,
                    read is { } found ? BlobCondition.IfMatch(found.ETag) : BlobCondition.IfAbsent,
                    cancellationToken);
                return next;
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
            {
                // Another writer was first: decide again on what it wrote.
            }
        }
    }
}
