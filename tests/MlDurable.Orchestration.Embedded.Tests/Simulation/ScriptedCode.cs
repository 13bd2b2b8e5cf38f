using System.Globalization;
using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.Embedded.Tests.Simulation;

/// <summary>The orchestrator that carries out a <see cref="Script"/>, and the activities that it calls in a <see cref="World"/>.</summary>
internal static class ScriptedCode
{
    public static readonly OrchestratorDefinition<string, string> Main = Definitions.Orchestrator("main");
    public static readonly OrchestratorDefinition<string, string> Child = Definitions.Orchestrator("child");
    public static readonly OrchestratorDefinition<string, string> Listener = Definitions.Orchestrator("listener");
    public static readonly OrchestratorDefinition<string, string> Probe = Definitions.Orchestrator("probe");
    public static readonly EventDefinition<string> Signal = Definitions.Event("signal");
    public static readonly ActivityDefinition<string, string> Poison = Definitions.Activity("poison");
    private static readonly ActivityDefinition<string, string> s_effect = Definitions.Activity("effect");
    private static readonly ActivityDefinition<string, string> s_probe = Definitions.Activity("probe");
    private static readonly RetryPolicy s_retry = new() { MaxAttempts = 1000, FirstRetryInterval = TimeSpan.FromMinutes(5) };
    private static readonly TimeSpan[] s_waits = [TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10), TimeSpan.FromDays(50)];

    public static OrchestrationCatalog Catalog(World world) => new OrchestrationCatalog()
        .Add(Main, RunAsync)
        .Add(Child, RunAsync)
        .Add(Listener, (context, _) => context.WaitForExternalEventAsync(Signal))
        .Add(Probe, async (context, _) => string.Concat(await Task.WhenAll(
        [
            .. Enumerable.Range(0, World.ActivitySlots).Select(_ => context.CallActivityAsync(s_probe, "all")),
            context.CallActivityAsync(s_effect, "[a]", new() { Pool = "wide", PoolWeight = World.WideSlots }),
            context.CallActivityAsync(s_effect, "[a]", new() { Pool = "narrow" }),
        ])))
        .Add(s_effect, world.RunEffectAsync)
        .Add(Poison, world.RunPoisonAsync)
        .Add(s_probe, (_, input) => world.RunProbeAsync(input));

    // The input says what is done already, so that a generation goes on where the last one ended.
    private static async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        var parts = input.Split(';');
        var (steps, result) = (parts[0], parts[2]);
        for (var position = int.Parse(parts[1], CultureInfo.InvariantCulture); position < steps.Length; position++)
        {
            if (steps[position] == 'g')
            {
                context.ContinueAsNew(string.Create(CultureInfo.InvariantCulture, $"{steps};{position + 1};{result}"), ConformanceJson.Default.String);
                return "";
            }

            result += await StepAsync(context, steps[position], position);
        }

        return result;
    }

    private static async Task<string> StepAsync(OrchestrationContext context, char step, int position)
    {
        var token = Script.Token(step, position);
        switch (step)
        {
            case 'a' or 'x' or 'y':
                return await context.CallActivityAsync(s_effect, token);
            case 'm':
                return await context.CallActivityAsync(Poison, token);
            case 'r':
                return await context.CallActivityAsync(s_effect, token, new() { Retry = s_retry });
            case 'h':
                return await context.CallActivityAsync(s_effect, token, new() { Retry = s_retry, Timeout = TimeSpan.FromMinutes(1) });
            case 'b':
                return await context.CallActivityAsync(s_effect, token, new() { Retry = s_retry, HeartbeatTimeout = TimeSpan.FromMinutes(1) });
            case 'p':
                return await context.CallActivityAsync(s_effect, token, new() { Pool = "wide", PoolWeight = 1 + (position % World.WideSlots) });
            case 'z':
                return await FailingAsync(
                    context.CallActivityAsync(s_effect, token, new() { Pool = "narrow", ScheduleToCloseTimeout = TimeSpan.FromMinutes(10) }),
                    OrchestrationErrorCodes.ActivityScheduleToCloseTimeout, token);
            case 'v':
                return await FailingAsync(
                    context.CallActivityAsync(s_effect, token, new() { Retry = s_retry with { MaxAttempts = 2 } }), "always", token);
            case 'f':
                return string.Concat(await context.FanOutAsync(s_effect, Branches(step, position), 2));
            case 'l':
                return string.Concat(await Task.WhenAll(Branches(step, position).Select(branch => context.CallActivityAsync(s_effect, branch))));
            case 't':
                await context.CreateTimerAsync(s_waits[position % s_waits.Length], CancellationToken.None);
                return token;
            case 'c':
                return await context.CallSubOrchestratorAsync(Child, ChildInput(step, position));
            case 'd':
                return await context.CallSubOrchestratorAsync(Child, ChildInput(step, position), new() { Retry = s_retry });
            case 'n':
                _ = context.CallSubOrchestratorAsync(Child, ChildInput(step, position), new() { ParentClosePolicy = ParentClosePolicy.Abandon });
                return token;
            case 'k':
                _ = context.CallSubOrchestratorAsync(Listener, "");
                return token;
            case 'w':
                return $"[w{await context.WaitForExternalEventAsync(Signal)}]";
            case 'q':
                return await RaceAsync(context, position);
            case 'u':
                context.SetCustomStatus(token, ConformanceJson.Default.String);
                return token;
            default:
                throw new InvalidOperationException($"There is no step '{step}'.");
        }
    }

    private static string[] Branches(char step, int position) => [.. Enumerable.Range(0, 3).Select(branch => Script.Token(step, (position * 10) + branch))];

    private static string ChildInput(char step, int position) => $"{Script.OfChild(step, position).Steps};0;";

    private static async Task<string> FailingAsync(Task<string> call, string code, string token)
    {
        try
        {
            return $"{await call} in spite of all";
        }
        catch (TaskFailedException exception) when (exception.Code == code)
        {
            return token;
        }
    }

    // An event or a timer, whichever is first; the other one is given up.
    private static async Task<string> RaceAsync(OrchestrationContext context, int position)
    {
        using var giveUp = new CancellationTokenSource();
        var raised = context.WaitForExternalEventAsync(Signal, giveUp.Token);
        var timer = context.CreateTimerAsync(s_waits[position % s_waits.Length], giveUp.Token);
        var first = await Task.WhenAny(raised, timer);
        giveUp.Cancel();
        return first == raised ? $"[w{await raised}]" : "[q]";
    }
}
