using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;

namespace MlDurable.Orchestration.Analyzers;

/// <summary>What code that is replayed must not do. Ids are never used again for something else.</summary>
public static class Rules
{
    internal static readonly DiagnosticDescriptor Clock = Rule(1, "Orchestrators read no clock", "Use context.CurrentUtcDateTime.");
    internal static readonly DiagnosticDescriptor Identity = Rule(2, "Orchestrators make no GUIDs", "Use context.NewGuid().");
    internal static readonly DiagnosticDescriptor Randomness = Rule(
        3, "Orchestrators draw no random numbers", "Draw in an activity, or use a generator with a seed that is part of the input.");

    internal static readonly DiagnosticDescriptor Delay = Rule(4, "Orchestrators wait by durable timers", "Use context.CreateTimerAsync.");
    internal static readonly DiagnosticDescriptor InputOutput = Rule(5, "Orchestrators do no input or output", "Do it in an activity.");
    internal static readonly DiagnosticDescriptor Threads = Rule(
        6, "Orchestrators stay on their thread", "Do the work in an activity, or await tasks of the context in an async method.");

    internal static readonly DiagnosticDescriptor ConfigureAwait = Rule(
        7, "Orchestrators await on their own context", "Leave ConfigureAwait out, or keep the captured context.");

    internal static readonly DiagnosticDescriptor Blocking = Rule(8, "Orchestrators do not block", "Await the task; an orchestrator is never run by two threads, so it needs no lock.");
    internal static readonly DiagnosticDescriptor Surroundings = Rule(
        9, "Orchestrators do not depend on the machine or the process", "Pass the value in the input, or read it in an activity.");

    internal static readonly DiagnosticDescriptor StaticState = Rule(
        10, "Orchestrators have no changing static state", "Keep it in a local, in the input, or in an activity; make what never changes readonly.");

    internal static readonly DiagnosticDescriptor EndlessLoop = Rule(
        11, "Orchestrators have no endless loops", "Leave the loop, and call context.ContinueAsNew before returning where the work goes on.");

    /// <summary>All of them, by id.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
        [Clock, Identity, Randomness, Delay, InputOutput, Threads, ConfigureAwait, Blocking, Surroundings, StaticState, EndlessLoop];

    private static DiagnosticDescriptor Rule(int number, string title, string instead) => new(
        "MLD" + number.ToString("000", CultureInfo.InvariantCulture),
        title,
        "{0} is not deterministic in orchestrator '{1}', which runs it by {2}. " + instead,
        "Determinism",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        customTags: WellKnownDiagnosticTags.CompilationEnd);
}
