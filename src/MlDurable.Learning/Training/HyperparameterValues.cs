using System.Collections.Immutable;

namespace MlDurable.Learning.Training;

/// <summary>Checks and completes hyperparameters.</summary>
public static class HyperparameterValues
{
    /// <summary>A value for each hyperparameter of a trainer: the given one, or the default.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="given">The values that differ from the defaults.</param>
    /// <returns>One value for each of <see cref="ITrainer.Hyperparameters"/>.</returns>
    /// <exception cref="LearningException">
    /// <c>unknown-hyperparameter</c>: the trainer has none of that name (the message gives the nearest);
    /// <c>hyperparameter-out-of-range</c>: a value is
    /// outside its range, or a fraction where a whole number is needed.
    /// </exception>
    public static ImmutableSortedDictionary<string, double> Complete(ITrainer trainer, IReadOnlyDictionary<string, double> given)
    {
        foreach (var (name, value) in given)
        {
            var spec = trainer.Hyperparameters.FirstOrDefault(spec => spec.Name == name)
                ?? throw new LearningException("unknown-hyperparameter", UnknownMessage(trainer, name));
            if (!(value >= spec.Minimum && value <= spec.Maximum) || (spec.IsInteger && value != Math.Floor(value)))
            {
                throw new LearningException(
                    "hyperparameter-out-of-range",
                    $"{trainer.Name}: {name} is {value}. "
                    + $"It must be {(spec.IsInteger ? "a whole number" : "a number")} from {spec.Minimum} to {spec.Maximum}.");
            }
        }

        return trainer.Hyperparameters.ToImmutableSortedDictionary(
            spec => spec.Name, spec => given.TryGetValue(spec.Name, out var value) ? value : spec.Default, StringComparer.Ordinal);
    }

    private static string UnknownMessage(ITrainer trainer, string name)
    {
        var valid = trainer.Hyperparameters.Select(spec => spec.Name).ToArray();
        return valid.Length == 0
            ? $"{trainer.Name} has no hyperparameter '{name}', nor any other."
            : $"{trainer.Name} has no hyperparameter '{name}'.{NearestName.Hint(name, valid)} It has: {string.Join(", ", valid)}.";
    }
}
