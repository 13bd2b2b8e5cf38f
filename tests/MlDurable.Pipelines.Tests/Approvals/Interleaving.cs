namespace MlDurable.Pipelines.Tests.Approvals;

/// <summary>Runs actors side by side on one thread, one step of one of them at a time, in the order that a test says. An actor may die before any step.</summary>
internal sealed class Interleaving
{
    private readonly List<Actor> actors = [];

    /// <summary>Adds an actor; its code calls <see cref="Actor.StepAsync"/> before everything that it shares with others.</summary>
    public Actor Add(Func<Actor, Task> code)
    {
        var actor = new Actor();
        actors.Add(actor);
        actor.Begin(code);
        return actor;
    }

    /// <summary>The actors that can make a step.</summary>
    public IReadOnlyList<Actor> Ready => [.. actors.Where(actor => actor.IsReady)];

    /// <summary>An actor of an interleaving.</summary>
    internal sealed class Actor
    {
        private TaskCompletionSource? step;
        private Task task = Task.CompletedTask;
        private bool isDead;

        public bool IsReady => step is not null && !isDead;

        /// <summary>Whether others can see the actor's next step. To die before a step that only looks is to die before the next one that changes something.</summary>
        public bool IsToChange { get; private set; }

        public void Begin(Func<Actor, Task> code) => task = code(this);

        /// <summary>Waits for the actor's turn.</summary>
        /// <param name="changes">Whether others can see what it does then.</param>
        public Task StepAsync(bool changes)
        {
            IsToChange = changes;
            // Continuations run where the step is released, so that a step has ended when the release returns.
            step = new TaskCompletionSource();
            return step.Task;
        }

        /// <summary>Makes one step.</summary>
        public void Go()
        {
            var released = step!;
            step = null;
            released.SetResult();
            if (task.IsFaulted)
            {
                task.GetAwaiter().GetResult();
            }
        }

        /// <summary>Never makes a step again, as if its process had died.</summary>
        public void Die() => isDead = true;
    }
}
