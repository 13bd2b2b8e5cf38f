using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MlDurable.Learning.Training;

/// <summary>The trainers of this process: those of this library, and those that the program registered.</summary>
/// <remarks>
/// A name stands for the same trainer wherever the process reads a pipeline or a model, so there is one list for the whole process. Safe for
/// concurrent use.
/// </remarks>
public static partial class Trainers
{
    private const int MaxNameLength = 64;
    private const int MaxVersionLength = 128;

    private static readonly ITrainer[] OfThisLibrary = [new BaselineTrainer(), new GradientBoostingTrainer(), new LogisticRegressionTrainer()];
    private static readonly Lock Gate = new();
    private static volatile IReadOnlyList<ITrainer> all = OfThisLibrary;

    /// <summary>The trainers of this library, in ordinal order of their names.</summary>
    public static IReadOnlyList<ITrainer> BuiltIn => OfThisLibrary;

    /// <summary>All trainers, in ordinal order of their names.</summary>
    public static IReadOnlyList<ITrainer> All => all;

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
        RequireValid(trainer);
        lock (Gate)
        {
            if (Find(trainer.Name) is not { } existing)
            {
                all = [.. all.Append(trainer).OrderBy(known => known.Name, StringComparer.Ordinal)];
            }
            else if (existing.GetType() != trainer.GetType() || existing.Version != trainer.Version)
            {
                throw new LearningException(
                    "trainer-name-taken",
                    $"The name '{trainer.Name}' is that of {existing.GetType()} already. Give {trainer.GetType()} another name.");
            }
        }
    }

    /// <summary>The trainer of a name.</summary>
    /// <param name="name">The exact name.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="LearningException"><c>trainer-not-registered</c>: there is none of that name; the message gives the nearest and lists
    /// all.</exception>
    public static ITrainer Get(string name) =>
        Find(name)
        ?? throw new LearningException(
            "trainer-not-registered",
            $"There is no trainer '{name}' in this program.{NearestName.Hint(name, All.Select(trainer => trainer.Name))} "
            + $"There are: {string.Join(", ", All.Select(trainer => trainer.Name))}. "
            + "A trainer of one's own is there once the program has registered it.");

    /// <summary>Whether a trainer may have this name.</summary>
    internal static bool IsName(string name) => name.Length <= MaxNameLength && Kebab().IsMatch(name);

    /// <summary>The trainer of a name, or <see langword="null"/>.</summary>
    internal static ITrainer? Find(string name) => All.FirstOrDefault(trainer => trainer.Name == name);

    private static void RequireValid(CustomTrainer trainer)
    {
        if (!IsName(trainer.Name))
        {
            throw Invalid(trainer, $"its name '{trainer.Name}' is not kebab-case of at most {MaxNameLength} characters");
        }

        if (trainer.Version.Length is 0 or > MaxVersionLength)
        {
            throw Invalid(trainer, $"its version has {trainer.Version.Length} characters; it needs 1 to {MaxVersionLength}");
        }

        var names = new HashSet<string>(StringComparer.Ordinal) { "trainer" };
        foreach (var spec in trainer.Hyperparameters)
        {
            if (!IsName(spec.Name) || !names.Add(spec.Name))
            {
                throw Invalid(trainer, $"the hyperparameter '{spec.Name}' is there twice, reserved, or not kebab-case of at most {MaxNameLength} characters");
            }

            if (!(spec.Minimum <= spec.Default && spec.Default <= spec.Maximum)
                || !double.IsFinite(spec.Default)
                || (spec.IsInteger && spec.Default != Math.Floor(spec.Default)))
            {
                throw Invalid(trainer, $"the default {spec.Default} of the hyperparameter '{spec.Name}' is not a value that it may have");
            }
        }
    }

    private static LearningException Invalid(CustomTrainer trainer, string what) =>
        new("trainer-invalid", $"{trainer.GetType()} cannot be registered: {what}.");

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*\\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Kebab();
}
