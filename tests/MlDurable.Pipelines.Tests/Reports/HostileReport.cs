using System.Collections.Immutable;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Reports;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Reports;

/// <summary>Appends a text to everything in a report that a user, a file or a machine may have named.</summary>
internal static class HostileReport
{
    public static ReportModel With(ReportModel model, string attack)
    {
        var run = model.Run;
        return model with
        {
            Run = run with
            {
                RunId = run.RunId + attack,
                Pipeline = run.Pipeline + attack,
                PipelineHash = attack + run.PipelineHash,
                Model = run.Model + attack,
                Parameters = Keys(run.Parameters, value => value + attack),
                Summary = run.Summary is { } summary ? summary + attack : null,
                Quarantined = [.. run.Quarantined.Select(name => name + attack)],
                Approval = run.Approval is { } approval
                    ? approval with
                    {
                        By = approval.By + attack,
                        Reason = approval.Reason + attack,
                        Evidence = new ApprovalEvidence("e" + attack, "m" + attack, "p" + attack, "f" + attack),
                    }
                    : null,
                Failure = run.Failure is { } failure ? new RunFailure(failure.Code + attack, failure.Step + attack, failure.Message + attack) : null,
                Leaderboard =
                [
                    .. run.Leaderboard.Select(candidate => candidate.Trainer == "baseline"
                        ? candidate
                        : candidate with { Trainer = candidate.Trainer + attack, Hyperparameters = Keys(candidate.Hyperparameters, value => value) }),
                ],
            },
            Plan = model.Plan is { } plan
                ? plan with { Partitions = [.. plan.Partitions.Select(partition => partition with { Name = partition.Name + attack, Hash = attack + partition.Hash })] }
                : null,
            Dataset = model.Dataset is { } dataset ? Lineage(dataset) : null,
            Evaluation = model.Evaluation is { } evaluation ? Evidence(evaluation) : null,
            Explanation = model.Explanation is { } explanation
                ? explanation with
                {
                    Contributions = [.. explanation.Contributions.Select(mean => mean with { Column = mean.Column + attack })],
                    Curves =
                    [
                        .. explanation.Curves.Select(curve => curve with
                        {
                            Column = curve.Column + attack,
                            Points = [.. curve.Points.Select(point => point.Category is { } category ? point with { Category = category + attack } : point)],
                        }),
                    ],
                }
                : null,
            Quality =
            [
                .. model.Quality.Select(partition => partition with
                {
                    Partition = partition.Partition + attack,
                    Hash = attack + partition.Hash,
                    Findings =
                    [
                        .. partition.Findings.Select(finding => finding with
                        {
                            Rule = finding.Rule + attack,
                            Column = finding.Column is { } column ? column + attack : null,
                            Found = finding.Found + attack,
                            Expected = finding.Expected + attack,
                        }),
                    ],
                }),
            ],
            Registry = model.Registry with
            {
                Model = model.Registry.Model + attack,
                Aliases = Keys(model.Registry.Aliases, value => value),
                Versions = [.. model.Registry.Versions.Select(version => version with { Trainer = version.Trainer + attack, RunId = version.RunId + attack })],
                History = [.. model.Registry.History.Select(change => change with { By = change.By + attack, Reason = change.Reason + attack })],
            },
            Manifest = model.Manifest is { } manifest
                ? manifest with
                {
                    RunId = manifest.RunId + attack,
                    Trainer = manifest.Trainer + attack,
                    TrainerVersion = manifest.TrainerVersion + attack,
                    Transforms = Keys(manifest.Transforms!, value => value + attack),
                    Hyperparameters = Keys(manifest.Hyperparameters, value => value),
                    Dataset = Lineage(manifest.Dataset),
                    Environment = new TrainingEnvironment("os" + attack, "x64" + attack, "10" + attack, "0.1" + attack, attack + manifest.Environment.CodeHash),
                }
                : null,
            Warnings = [.. model.Warnings.Select(warning => warning + attack)],
        };

        ImmutableSortedDictionary<string, T> Keys<T>(ImmutableSortedDictionary<string, T> values, Func<T, T> map) =>
            values.ToImmutableSortedDictionary(pair => pair.Key + attack, pair => map(pair.Value), values.KeyComparer);

        DatasetLineage Lineage(DatasetLineage dataset) => dataset with
        {
            FeatureSet = attack + dataset.FeatureSet,
            Partitions = [.. dataset.Partitions.Select(partition => partition with { Name = partition.Name + attack, Hash = attack + partition.Hash })],
        };

        EvaluatedModel Named(EvaluatedModel evaluated) => evaluated with { Role = evaluated.Role + attack, Trainer = evaluated.Trainer + attack };

        Evaluation Evidence(Evaluation evaluation) => evaluation with
        {
            Candidate = Named(evaluation.Candidate),
            Champion = evaluation.Champion is { } champion ? Named(champion) : null,
            Slices = [.. evaluation.Slices.Select(slice => slice with { Column = slice.Column + attack, Value = slice.Value + attack })],
            Importance = [.. evaluation.Importance.Select(importance => importance with { Feature = importance.Feature + attack })],
            Verdict = evaluation.Verdict with
            {
                Summary = evaluation.Verdict.Summary + attack,
                Findings = [.. evaluation.Verdict.Findings.Select(finding => finding with { Check = finding.Check + attack, Detail = finding.Detail + attack })],
            },
        };
    }
}
