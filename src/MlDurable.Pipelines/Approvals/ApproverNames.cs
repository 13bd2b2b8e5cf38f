namespace MlDurable.Pipelines.Approvals;

/// <summary>Tells persons apart by the names that hosts give them, <c>channel:name</c>.</summary>
/// <remarks>
/// Both rules err towards refusing: who may answer is compared letter for letter, who may not without regard to case. The channel is left out of
/// either, since the one who started a run with the command line is the same who answers over HTTP.
/// </remarks>
internal static class ApproverNames
{
    public static bool IsAllowed(ApprovalRequest request, string by) =>
        NameOf(by).Length > 0
        && (request.By.IsEmpty || request.By.Any(allowed => allowed == by || NameOf(allowed) == NameOf(by)))
        && !request.Authors.Any(author => string.Equals(NameOf(author), NameOf(by), StringComparison.OrdinalIgnoreCase));

    /// <summary>An identity without its channel.</summary>
    public static string NameOf(string identity) => identity[(identity.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
}
