using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;

namespace MlDurable.Pipelines.Registry;

/// <summary>What has been decided about a version.</summary>
public enum VersionStatus
{
    /// <summary>Its number is taken; its files are being written.</summary>
    Registering,

    /// <summary>Complete; no decision yet.</summary>
    Candidate,

    /// <summary>A rule or a person decided that it may be the champion.</summary>
    Approved,

    /// <summary>A rule decided that it may not be the champion. A person can still promote it, on purpose.</summary>
    Rejected,
}

/// <summary>One version of a model. Its files never change and its number is never used again.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Status">What has been decided about it.</param>
/// <param name="ModelHash">SHA-256 of the model file.</param>
/// <param name="Trainer">The trainer's name.</param>
/// <param name="RunId">The run that made it.</param>
/// <param name="Metric">The primary metric's name.</param>
/// <param name="Value">The primary metric on the rows that it was first judged on.</param>
/// <param name="CreatedAt">When, in UTC.</param>
public sealed record ModelVersion(
    int Number, VersionStatus Status, string ModelHash, string Trainer, string RunId, string Metric, double Value, DateTimeOffset CreatedAt);

/// <summary>One change of an alias.</summary>
/// <param name="Sequence">Counted from 1 over all aliases of the model.</param>
/// <param name="Alias">The alias.</param>
/// <param name="From">The version before; null when the alias was new.</param>
/// <param name="To">The version after.</param>
/// <param name="Anchor">The anchor that goes with the version after: what a chain of non-inferior promotions is measured against.</param>
/// <param name="By">Who: a run or a person.</param>
/// <param name="DecisionId">What decided it: a run id, or a command's own id. Repeating a decision changes nothing.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="At">When, in UTC.</param>
/// <param name="Gain">What a promotion by rule gained on the primary metric, positive for better; null for every other change.</param>
public sealed record AliasEvent(
    long Sequence, string Alias, int? From, int To, int Anchor, string By, string DecisionId, string Reason, DateTimeOffset At, double? Gain = null);

/// <summary>A model's versions, aliases and their history: the blob <c>models/&lt;model&gt;/registry.json</c>, changed only by compare-and-swap.</summary>
public sealed record RegistryDocument
{
    /// <summary>The alias of the version in production.</summary>
    public const string Champion = "champion";

    /// <summary>The alias of the latest version that was judged and not promoted.</summary>
    public const string Challenger = "challenger";

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>All versions, ascending.</summary>
    public ImmutableArray<ModelVersion> Versions { get => field.IsDefault ? [] : field; init; }

    /// <summary>Version numbers by alias.</summary>
    public ImmutableSortedDictionary<string, int> Aliases { get => field ?? ImmutableSortedDictionary<string, int>.Empty; init; }

    /// <summary>Every change of an alias, oldest first.</summary>
    public ImmutableArray<AliasEvent> History { get => field.IsDefault ? [] : field; init; }

    /// <summary>The champion's number; null when there is none.</summary>
    [JsonIgnore]
    public int? ChampionVersion => Aliases.TryGetValue(Champion, out var version) ? version : null;

    /// <summary>
    /// The anchor's number: the last version promoted as superior, by hand, or first. Null when there is no champion.
    /// Non-inferiority is tested against it too, so that a chain of promotions cannot lose one margin after another.
    /// </summary>
    [JsonIgnore]
    public int? AnchorVersion => History.LastOrDefault(change => change.Alias == Champion)?.Anchor;

    /// <summary>The version with a number; null when there is none.</summary>
    public ModelVersion? Find(int number) => Versions.FirstOrDefault(version => version.Number == number);

    /// <summary>The version of a number that is given as text.</summary>
    /// <exception cref="PipelineException"><c>version-not-found</c>: there is none; the message says which there are.</exception>
    public ModelVersion VersionOf(string number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) && Find(parsed) is { } version
            ? version
            : throw new PipelineException("version-not-found", $"model '{Model}' has no version '{number}'; it has 1 to {Versions[^1].Number}");

    /// <summary>The version that an alias names.</summary>
    /// <exception cref="PipelineException"><c>version-not-found</c>: there is no such alias; the message says which there are.</exception>
    public ModelVersion VersionAt(string alias) =>
        Aliases.TryGetValue(alias, out var target)
            ? Require(target)
            : throw new PipelineException(
                "version-not-found",
                Aliases.IsEmpty
                    ? $"model '{Model}' has no alias '{alias}': no version has been promoted; name one as {Model}/1"
                    : $"model '{Model}' has no alias '{alias}'; it has: {string.Join(", ", Aliases.Keys)}");

    /// <summary>The version of a number that the document itself names.</summary>
    /// <exception cref="PipelineException"><c>registry-broken</c>: the document was changed by hand and no longer has it.</exception>
    internal ModelVersion Require(int number) =>
        Find(number) ?? throw new PipelineException(
            "registry-broken",
            $"the registry of model '{Model}' names version {number}, which it does not have; restore models/{Model}/registry.json, or roll back to a version that is there");

    internal RegistryDocument WithVersion(ModelVersion version) =>
        Find(version.Number) is { } existing
            ? this with { Versions = Versions.Replace(existing, version) }
            : this with { Versions = Versions.Add(version) };

    internal RegistryDocument WithAlias(
        string alias, int to, int anchor, string by, string decisionId, string reason, DateTimeOffset at, double? gain = null) =>
        this with
        {
            Aliases = Aliases.SetItem(alias, to),
            History = History.Add(new AliasEvent(
                History.Length + 1, alias, Aliases.TryGetValue(alias, out var from) ? from : null, to, anchor, by, decisionId, reason, at, gain)),
        };

    internal RegistryDocument WithoutAlias(string alias, int version) =>
        Aliases.TryGetValue(alias, out var current) && current == version ? this with { Aliases = Aliases.Remove(alias) } : this;
}
