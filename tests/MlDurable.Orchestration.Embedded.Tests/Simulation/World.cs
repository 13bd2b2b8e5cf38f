using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.Embedded.Tests.Simulation;

/// <summary>What lies outside of the engine: the effects of activities, which outlive every process, and what the seed lets go wrong in them.</summary>
internal sealed class World(Random chance)
{
    public const int ActivitySlots = 3;
    public const int WideSlots = 3;
    public const int MaxActivityCrashes = 3;

    private readonly Dictionary<string, (string Input, int Attempt)> _effects = [];
    private readonly HashSet<string> _failed = [];
    private readonly Dictionary<string, int> _failures = [];
    private readonly Dictionary<string, string> _poisonous = [];
    private readonly HashSet<string> _cured = [];
    private readonly List<TaskCompletionSource> _hanging = [];
    private int _probing;
    private TaskCompletionSource _probed = new();

    /// <summary>Whether an activity has felled the process.</summary>
    public bool HasFelled { get; private set; }

    /// <summary>What an activity has seen that must not be.</summary>
    public string? Violation { get; private set; }

    /// <summary>The end of the process.</summary>
    public void Forget()
    {
        HasFelled = false;
        _hanging.Clear();
        _probing = 0;
        _probed = new();
    }

    /// <summary>Lets an activity that hangs end, if there is one; it may have been given up long ago.</summary>
    public bool ReleaseOne()
    {
        if (_hanging.Count == 0)
        {
            return false;
        }

        var index = chance.Next(_hanging.Count);
        var late = _hanging[index];
        _hanging.RemoveAt(index);
        late.TrySetResult();
        return true;
    }

    /// <summary>Mends what fells the process, in every generation of the instance.</summary>
    /// <returns>What the activity was told; null when it is no poison: the process always ended between its recorded start and its code.</returns>
    public string? Cure(QuarantinedStep step)
    {
        var place = $"{step.InstanceId}/{step.Sequence}";
        _cured.Add(place);
        return _poisonous.Remove(place, out var input) ? input : null;
    }

    public async Task<string> RunEffectAsync(ActivityContext context, string input)
    {
        Note(context, input);
        switch (input[1])
        {
            case 'r' or 'h' or 'b' when context.Attempt == 1 && chance.Next(2) == 0:
                throw new CodedException("once", "the first time");
            case 'x' when _failed.Add(context.IdempotencyKey):
                throw new CodedException("until it is rewound", "the first time");
            case 'y' when Count($"{context.InstanceId.Split(':')[0]} {input}") <= 2 && chance.Next(2) == 0:
                throw new CodedException("a child", "its first times");
            case 'v':
                throw new CodedException("always", "every time");
            case 'z':
                // Ends only because it is cancelled.
                await HangAsync(obeys: true, late: false, context.CancellationToken);
                break;
            case 'h' when chance.Next(3) == 0:
                await HangAsync(obeys: chance.Next(2) == 0, late: true, context.CancellationToken);
                break;
            case 'b':
                for (var signs = chance.Next(4); signs > 0; signs--)
                {
                    context.ReportProgress(0.5);
                    await Task.Yield();
                }

                if (chance.Next(3) == 0)
                {
                    await HangAsync(obeys: true, late: true, context.CancellationToken);
                }

                break;
            default:
                if (chance.Next(3) == 0)
                {
                    await Task.Yield();
                }

                break;
        }

        return input;
    }

    /// <summary>Fells the process, until it is cured.</summary>
    public async Task<string> RunPoisonAsync(ActivityContext context, string input)
    {
        Note(context, input);
        var place = $"{context.InstanceId}/{context.Sequence}";
        if (!_cured.Contains(place))
        {
            _poisonous[place] = input;
            HasFelled = true;
            await new TaskCompletionSource().Task;
        }

        return input;
    }

    /// <summary>Ends when as many run at once as there are slots.</summary>
    public async Task<string> RunProbeAsync(string input)
    {
        if (++_probing == ActivitySlots)
        {
            _probed.SetResult();
        }

        await _probed.Task;
        return input;
    }

    // Whether it hangs until it is let go or hears that it is cancelled; then it may end well all the same, too late.
    private async Task HangAsync(bool obeys, bool late, CancellationToken cancelled)
    {
        var end = new TaskCompletionSource();
        if (late)
        {
            _hanging.Add(end);
        }

        await using var registration = obeys ? cancelled.Register(() => end.TrySetCanceled(cancelled)) : default;
        await end.Task;
    }

    private int Count(string failure) => _failures[failure] = _failures.GetValueOrDefault(failure) + 1;

    // All attempts of a call have the same key and the same input, and no attempt begins twice: its start is on disk before. A rewind counts anew.
    private void Note(ActivityContext context, string input)
    {
        if (_effects.TryGetValue(context.IdempotencyKey, out var before)
            && (before.Input != input || (before.Attempt >= context.Attempt && input[1] != 'x')))
        {
            Violation ??= $"'{context.IdempotencyKey}' was '{before.Input}', attempt {before.Attempt}; now it is '{input}', attempt {context.Attempt}.";
        }

        _effects[context.IdempotencyKey] = (input, context.Attempt);
    }
}
