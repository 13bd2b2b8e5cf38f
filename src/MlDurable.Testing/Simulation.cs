using System.Globalization;

namespace MlDurable.Testing;

/// <summary>
/// Runs a test on one thread, with the engines that it opens: a seed decides in which order activities, turns, flushes, timers and the test's own
/// continuations come. The same seed gives the same course, so that a rare one can be found by trying many and then be kept.
/// </summary>
public sealed class Simulation
{
    private Simulation(int seed)
    {
        Chance = new(seed);
        Thread = new(Chance);
    }

    /// <summary>Chance by the seed, for what the scenario itself decides.</summary>
    public Random Chance { get; }

    internal SimulatedThread Thread { get; }

    /// <summary>Carries out a scenario to its end.</summary>
    /// <remarks>
    /// What the scenario and its activities await must come from them and from engines opened with <see cref="TestEngine"/> and this simulation: the
    /// order of what comes from other threads is not the seed's.
    /// </remarks>
    /// <param name="seed">The seed.</param>
    /// <param name="scenario">The scenario.</param>
    /// <exception cref="SimulationException">The scenario failed, or waits for what nothing can bring any more.</exception>
    public static void Run(int seed, Func<Simulation, Task> scenario)
    {
        var simulation = new Simulation(seed);
        Task? running = null;
        simulation.Thread.Post(_ => running = scenario(simulation), null);
        while (running is not { IsCompleted: true })
        {
            if (!simulation.Thread.RunOne())
            {
                throw new SimulationException(seed, "nothing is left to run, and the scenario still waits.", null);
            }
        }

        if (running.IsCanceled || running.Exception is not null)
        {
            var cause = running.Exception?.InnerException ?? new TaskCanceledException(running);
            throw new SimulationException(seed, cause.Message, cause);
        }
    }
}

/// <summary>A scenario of a <see cref="Simulation"/> went wrong. The message names the seed that repeats it.</summary>
/// <param name="seed">The seed.</param>
/// <param name="what">What went wrong.</param>
/// <param name="innerException">Its cause.</param>
public sealed class SimulationException(int seed, string what, Exception? innerException)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"Seed {seed}: {what}"), innerException)
{
    /// <summary>The seed.</summary>
    public int Seed { get; } = seed;
}
