namespace MlDurable.Pipelines.Activities;

/// <summary>Passes the progress of one of several equal pieces of work on as that of the whole.</summary>
internal sealed class ProgressShare(IProgress<double> whole, int piece, int pieces) : IProgress<double>
{
    public void Report(double value) => whole.Report((piece + value) / pieces);
}
