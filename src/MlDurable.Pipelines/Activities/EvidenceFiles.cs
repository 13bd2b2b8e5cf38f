using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Activities;

/// <summary>What a verdict rests on, as files.</summary>
internal static class EvidenceFiles
{
    /// <summary>Hashes the files as they lie in the store now.</summary>
    public static async Task<ApprovalEvidence> HashAsync(FlowServices services, string runId, int candidate, CancellationToken cancellationToken)
    {
        var selected = await services.Runs.CandidateAsync(runId, candidate, cancellationToken);
        return new ApprovalEvidence(
            await HashAsync(RunStore.FileName(runId, RunStore.EvaluationFile)),
            await HashAsync(RunStore.FileName(runId, RunStore.ManifestFile)),
            await HashAsync(RunStore.FileName(runId, RunStore.PredictionsFile)),
            await HashAsync(selected.ModelBlob));

        async Task<string> HashAsync(string blob)
        {
            await using var reader = await services.Store.OpenReadAsync(blob, ct: cancellationToken);
            return await ContentHash.OfAsync(reader.Content, cancellationToken);
        }
    }
}
