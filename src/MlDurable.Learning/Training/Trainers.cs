namespace MlDurable.Learning.Training;

/// <summary>The trainers of this process: those of this library, and those that the program registered.</summary>
/// <remarks>
/// A name stands for the same trainer wherever the process reads a pipeline or a model, so there is one list for the whole process. Safe for
/// concurrent use.
/// </remarks>
public static class Trainers
{
    private static readonly ITrainer[] OfThisLibrary =
    [
        new BaselineTrainer(),
        new ElasticNetTrainer(),
        ForestTrainer.ExtraTrees,
        new GradientBoostingTrainer(),
        new LogisticRegressionTrainer(),
        new NaiveBayesTrainer(),
        ForestTrainer.RandomForest,
        new RidgeTrainer(),
    ];

    private static readonly Registrations<ITrainer> Registered = new("trainer", OfThisLibrary, trainer => trainer.Name, trainer => trainer.Version);

    /// <summary>The trainers of this library, in ordinal order of their names.</summary>
    public static IReadOnlyList<ITrainer> BuiltIn => OfThisLibrary;

    /// <summary>All trainers, in ordinal order of their names.</summary>
    public static IReadOnlyList<ITrainer> All => Registered.All;

    /// <summary>Makes a trainer known by its name. Registering one of the same type and version again does nothing.</summary>
    /// <remarks>Register before an engine is opened or a model is read: a run that names a trainer which is not there yet fails.</remarks>
    /// <param name="trainer">The trainer.</param>
    /// <exception cref="LearningException">
    /// <c>trainer-invalid</c>: the name is not kebab-case or longer than 64 characters, the version is empty or longer than 128, or a
    /// hyperparameter has no such name, is there twice, or has a default outside its range;
    /// <c>trainer-name-taken</c>: another trainer has the name.
    /// </exception>
    public static void Register(CustomTrainer trainer)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { "trainer" };
        foreach (var spec in trainer.Hyperparameters)
        {
            if (!Registrations<ITrainer>.IsName(spec.Name) || !names.Add(spec.Name))
            {
                throw Registered.Invalid(
                    trainer,
                    $"the hyperparameter '{spec.Name}' is there twice, reserved, or not kebab-case of at most {Registrations<ITrainer>.MaxNameLength} characters");
            }

            if (!(spec.Minimum <= spec.Default && spec.Default <= spec.Maximum)
                || !double.IsFinite(spec.Default)
                || (spec.IsInteger && spec.Default != Math.Floor(spec.Default)))
            {
                throw Registered.Invalid(trainer, $"the default {spec.Default} of the hyperparameter '{spec.Name}' is not a value that it may have");
            }
        }

        Registered.Add(trainer);
    }

    /// <summary>The trainer of a name.</summary>
    /// <param name="name">The exact name.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="LearningException"><c>trainer-not-registered</c>: there is none of that name; the message gives the nearest and lists
    /// all.</exception>
    public static ITrainer Get(string name) => Registered.Get(name);

    /// <summary>The trainer of a name, or <see langword="null"/>.</summary>
    internal static ITrainer? Find(string name) => Registered.Find(name);
}
