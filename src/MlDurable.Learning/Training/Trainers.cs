namespace MlDurable.Learning.Training;

/// <summary>The trainers of this library.</summary>
public static class Trainers
{
    /// <summary>All trainers, in ordinal order of their names.</summary>
    public static IReadOnlyList<ITrainer> All { get; } = [new BaselineTrainer(), new GradientBoostingTrainer(), new LogisticRegressionTrainer()];

    /// <summary>The trainer of a name.</summary>
    /// <param name="name">The exact name.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="LearningException"><c>unknown-trainer</c>: there is none of that name; the message gives the nearest and lists
    /// all.</exception>
    public static ITrainer Get(string name) =>
        All.FirstOrDefault(trainer => trainer.Name == name)
        ?? throw new LearningException(
            "unknown-trainer",
            $"There is no trainer '{name}'.{NearestName.Hint(name, All.Select(trainer => trainer.Name))} "
            + $"There are: {string.Join(", ", All.Select(trainer => trainer.Name))}.");
}
