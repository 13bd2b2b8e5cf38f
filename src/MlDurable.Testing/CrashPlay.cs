using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;

namespace MlDurable.Testing;

/// <summary>
/// A scenario with all that lasts over the processes that carry it out: a disk, and whatever else the derived class has. <see cref="CrashLoop"/> lets
/// something fail in it, at each place in turn.
/// </summary>
public abstract class CrashPlay
{
    private TaskCompletionSource _powerLost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CrashPoint? _point;
    private int _calls;

    /// <summary>The disk of the journal.</summary>
    public SimulatedDisk Disk { get; } = new();

    /// <summary>Options of an engine on that disk, to be changed by <c>with</c> where others are needed; its clock is the system's.</summary>
    public EmbeddedEngineOptions Options => new() { Directory = "/simulated", Files = Disk.Mount() };

    /// <summary>How many calls there were of what is not the disk.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Whether the power has failed in this life of the process, though it may not have noticed yet.</summary>
    protected bool HasLostPower => _powerLost.Task.IsCompleted || (HasDiskFailed && !Disk.FailsOnce);

    private bool HasDiskFailed => Disk.FailAt <= Disk.Operations;

    /// <summary>
    /// The life of one engine: it opens it on <see cref="Disk"/> and carries the scenario on from wherever it stands, to its end. After a power loss it
    /// throws, whatever the exception, and is called again; so it is after a failed operation of the disk, when it must throw the error of the engine
    /// that has stopped.
    /// </summary>
    /// <returns>A task that ends with the scenario.</returns>
    public abstract Task LiveAsync();

    /// <summary>What came of it, in a form that is the same whatever has failed.</summary>
    /// <returns>The facts; they may also assert what must hold by itself.</returns>
    public abstract Task<string> FactsAsync();

    /// <summary>
    /// To be called before each call of something outside of the engine that may fail, such as a store. Throws <see cref="IOException"/> where that is
    /// to happen: at that call alone, or at all calls from there on when the power is lost.
    /// </summary>
    protected void Pass()
    {
        if (_powerLost.Task.IsCompleted)
        {
            throw new IOException("The power is off.");
        }

        if (Interlocked.Increment(ref _calls) != _point?.Number)
        {
            return;
        }

        switch (_point.Fault)
        {
            case CrashFault.PowerLossAtCall:
                Disk.PowerOff();
                _powerLost.TrySetResult();
                throw new IOException("The power is off.");
            case CrashFault.FailedCall:
                throw new IOException("The connection was reset.");
            default:
                break;
        }
    }

    /// <summary>Waits for the scenario, unless the power is lost under it; then what the process still does comes to nothing.</summary>
    /// <param name="life">The scenario.</param>
    /// <param name="engine">The engine that it uses.</param>
    /// <returns>A task that ends with the scenario.</returns>
    /// <exception cref="IOException">The power was lost.</exception>
    /// <exception cref="OrchestrationException">The engine has stopped.</exception>
    protected async Task LiveAsync(Task life, EmbeddedEngine engine)
    {
        if (await Task.WhenAny(life, _powerLost.Task, engine.Completion) != life)
        {
            await life.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (engine.Completion.IsCompleted)
            {
                await engine.Completion;
            }

            throw new IOException("The power is off.");
        }

        await life;
    }

    internal async Task<string> PlayAsync(CrashPoint? point, Random? chance)
    {
        _point = point;
        Disk.FailAt = point is { Fault: CrashFault.PowerLossAtDisk or CrashFault.FailedDiskOperation } ? point.Number : null;
        Disk.FailsOnce = point is { Fault: CrashFault.FailedDiskOperation };
        while (true)
        {
            try
            {
                await LiveAsync();
                return await FactsAsync();
            }
            catch (Exception) when (HasLostPower)
            {
                Disk.PowerOff();
                Disk.PowerOn(chance);
                _point = null;
                _powerLost = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            catch (OrchestrationException exception) when (HasDiskFailed && exception.Code == EmbeddedErrorCodes.JournalWriteFailed)
            {
                Disk.FailAt = null;
            }
        }
    }
}
