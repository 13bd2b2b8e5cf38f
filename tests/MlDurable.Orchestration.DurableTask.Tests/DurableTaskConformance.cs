using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.DurableTask.Tests;

public sealed class DurableTaskActivityConformance : ActivityConformance
{
    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskTimerConformance : TimerConformance
{
    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskEventConformance : EventConformance
{
    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskSubOrchestrationConformance : SubOrchestrationConformance
{
    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskLifecycleConformance : LifecycleConformance
{
    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskDeterminismConformance : DeterminismConformance
{
    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}
