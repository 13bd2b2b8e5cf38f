using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Running;

/// <summary>Shows a run while it goes on. Called from one thread at a time.</summary>
internal interface IRunView
{
    /// <summary>The candidates that a continued run had trained before.</summary>
    void AlreadyFinished(IReadOnlySet<int> candidates);

    /// <summary>Something happened.</summary>
    void Happened(RunStep step);
}
