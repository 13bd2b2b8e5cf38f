using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class EmbeddedActivityConformance : ActivityConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}

public sealed class EmbeddedQuarantineConformance : QuarantineConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}

public sealed class EmbeddedRewindConformance : RewindConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}

public sealed class EmbeddedTimerConformance : TimerConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}

public sealed class EmbeddedEventConformance : EventConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}

public sealed class EmbeddedSubOrchestrationConformance : SubOrchestrationConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}

public sealed class EmbeddedLifecycleConformance : LifecycleConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}

public sealed class EmbeddedDeterminismConformance : DeterminismConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}

public sealed class EmbeddedVersionConformance : VersionConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}

public sealed class EmbeddedFlowConformance : FlowConformance
{
    protected override IEngineHarness CreateHarness() => new EmbeddedHarness();
}
