using System.Collections.Immutable;
using System.Text.Json;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Models;

/// <summary>
/// A trained model with all that it needs to turn raw feature columns into predictions: probabilities, or numbers. Immutable, so safe for concurrent
/// use.
/// </summary>
/// <remarks>
/// File layout, integers little-endian: the magic <c>MLDMODEL</c>, a 32-bit version, the 32-bit length and CRC-32C of the content, the content
/// (JSON). The version is 4 for a model of several classes or of numbers, else 3 for one with columns that have an encoding of their own or with
/// interactions, else 2 for a calibrated one, and else 1: programs of before there were any must not read it as if it had none. The same model always gives the same bytes, and a model that was read
/// predicts exactly what the written one does.
/// </remarks>
public sealed class TrainedModel
{
    private const int LatestVersion = 4;
    private const int MaxContentBytes = 256 << 20;

    // A greater one would make a number infinite.
    private const double MaxExponent = 700;

    /// <summary>A model of the positive class.</summary>
    internal TrainedModel(string trainer, string trainerVersion, FittedFeatures features, Scorer scorer, double threshold, Calibrator? calibrator = null)
        : this(trainer, trainerVersion, features, [scorer], Target.Binary, Link.Logistic)
    {
        Threshold = threshold;
        Calibrator = calibrator;
    }

    /// <summary>A model of any target, with a scorer for each number that it predicts.</summary>
    internal TrainedModel(
        string trainer, string trainerVersion, FittedFeatures features, ImmutableArray<Scorer> scorers, Target target, Link link)
    {
        Features = features;
        Scorers = scorers;
        Trainer = trainer;
        TrainerVersion = trainerVersion;
        Link = link;
        Signature = new ModelSignature(features.Inputs, target);
    }

    /// <summary>The name of the trainer that made the model.</summary>
    public string Trainer { get; }

    /// <summary>The version of that trainer.</summary>
    public string TrainerVersion { get; }

    /// <summary>The columns that <see cref="Predict"/> needs, and what it gives.</summary>
    public ModelSignature Signature { get; }

    /// <summary>What is predicted.</summary>
    public Target Target => Signature.Target;

    /// <summary>Rows with at least this probability are predicted positive; in [0, 1]. Of no meaning but for <see cref="LearningTask.Binary"/>.</summary>
    public double Threshold { get; }

    /// <summary>How its scores become probabilities.</summary>
    public CalibrationMethod Calibration => Calibrator?.Method ?? CalibrationMethod.None;

    internal FittedFeatures Features { get; }

    /// <summary>One for each number that is predicted.</summary>
    internal ImmutableArray<Scorer> Scorers { get; }

    /// <summary>The scorer of a model that predicts one number for a row.</summary>
    internal Scorer Scorer => Scorers is [var only] ? only : throw new InvalidOperationException("The model has a scorer for each class.");

    internal Link Link { get; }

    internal Calibrator? Calibrator { get; }

    private static ReadOnlySpan<byte> Magic => "MLDMODEL"u8;

    /// <summary>What the model says about each row.</summary>
    /// <param name="rows">A table with at least the columns of <see cref="Signature"/>, in any order; a column without any value may be of
    /// any kind.</param>
    /// <returns>
    /// <see cref="Target.OutputCount"/> numbers for each row, row by row, never missing: the probability of the positive class; or those of
    /// <see cref="Target.Classes"/> in their order, which add up to 1; or the predicted number.
    /// </returns>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: a column is missing or of another kind; the message names
    /// it.</exception>
    public double[] Predict(Table rows)
    {
        var features = Features.Apply(rows, mayShare: true);
        var outputs = Scorers is [var only] ? only.Scores(features) : ScoresOfClasses(features);
        for (var row = 0; row < rows.RowCount; row++)
        {
            ToOutputs(outputs.AsSpan(row * Scorers.Length, Scorers.Length));
        }

        return outputs;
    }

    /// <summary>The probability that each row is positive by the scores alone, without the <see cref="Calibration"/>: to see what it does.</summary>
    /// <param name="rows">As for <see cref="Predict"/>.</param>
    /// <returns>One number in [0, 1] per row; never missing.</returns>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: as for <see cref="Predict"/>.</exception>
    public double[] PredictUncalibrated(Table rows) => Array.ConvertAll(Scorer.Scores(Features.Apply(rows)), Sigmoid.Probability);

    /// <summary>Turns the scores of a row into what is predicted.</summary>
    internal void ToOutputs(Span<double> scores)
    {
        if (Link == Link.Softmax)
        {
            Softmax.Apply(scores);
        }
        else
        {
            scores[0] = ToOutput(scores[0]);
        }
    }

    /// <summary>The same for a model that predicts one number for a row.</summary>
    internal double ToOutput(double score) => Link switch
    {
        Link.Logistic => Calibrator is null ? Sigmoid.Probability(score) : Calibrator.Probability(score),
        Link.Exponential => Math.Exp(Math.Min(score, MaxExponent)),
        _ => score,
    };

    /// <summary>Writes the model file.</summary>
    /// <param name="stream">Where to; not closed.</param>
    /// <exception cref="LearningException"><c>model-too-large</c>: its content would be more than a reader takes; nothing is written.</exception>
    public void Write(Stream stream)
    {
        var model = new ModelContent(
            Trainer,
            TrainerVersion,
            Threshold,
            Features.Numbers,
            Features.Categories,
            Scorers is [var only] ? only : null,
            Calibrator,
            Features.Encodings.IsEmpty ? default : Features.Encodings,
            Features.Interactions.IsEmpty ? default : Features.Interactions,
            Link,
            Target.Classes.IsEmpty ? default : Target.Classes,
            Scorers.Length == 1 ? default : Scorers);
        var content = JsonSerializer.SerializeToUtf8Bytes(model, ModelJson.Default.ModelContent);
        if (content.Length > MaxContentBytes)
        {
            throw new LearningException(
                "model-too-large",
                $"The model of '{Trainer}' has {content.Length:N0} bytes; a model file takes {MaxContentBytes:N0}. Train it with fewer trees, or fewer leaves.");
        }

        FileEnvelope.Write(stream, Magic, model.FileVersion, content);
    }

    /// <summary>Reads a model file that <see cref="Write"/> wrote.</summary>
    /// <param name="stream">The bytes, from the current position to the end; need not be seekable; not closed.</param>
    /// <returns>The model.</returns>
    /// <exception cref="LearningException">
    /// <c>model-file-corrupt</c>: these are not the bytes of a model of a version that this program reads;
    /// <c>trainer-not-registered</c>, <c>transform-not-registered</c>: the model was made by a <see cref="CustomTrainer"/> or
    /// <see cref="CustomTransform"/> that this program does not have.
    /// </exception>
    public static TrainedModel Read(Stream stream)
    {
        var (version, bytes) = FileEnvelope.Read(stream, Magic, LatestVersion, MaxContentBytes);
        try
        {
            var content = JsonSerializer.Deserialize(bytes, ModelJson.Default.ModelContent);
            return content is not null && content.IsSound() && content.FileVersion == version
                ? Of(content)
                : throw FileEnvelope.Corrupt("its content contradicts itself or its version");
        }
        catch (JsonException exception)
        {
            throw FileEnvelope.Corrupt("its content is no model", exception);
        }
        catch (NotSupportedException exception)
        {
            throw FileEnvelope.Corrupt("its content is a model of an unknown kind", exception);
        }
    }

    private static TrainedModel Of(ModelContent content)
    {
        var features = new FittedFeatures(
            [.. content.Numbers.Select(Open)],
            content.Categories,
            content.Encodings.IsDefault ? [] : content.Encodings,
            content.Interactions.IsDefault ? [] : content.Interactions);
        if (content.Link == Link.Softmax)
        {
            return new TrainedModel(content.Trainer, content.TrainerVersion, features, content.ClassScorers, Target.Multiclass(content.Classes), Link.Softmax);
        }

        var scorer = content.Scorer is CustomScorer custom ? Open(content, custom, features) : content.Scorer!;
        return content.Link == Link.Logistic
            ? new TrainedModel(content.Trainer, content.TrainerVersion, features, scorer, content.Threshold, content.Calibration)
            : new TrainedModel(content.Trainer, content.TrainerVersion, features, [scorer], Target.Regression, content.Link);
    }

    private double[] ScoresOfClasses(FeatureMatrix features)
    {
        var scores = new double[features.Rows * Scorers.Length];
        foreach (var (place, scorer) in Scorers.Index())
        {
            foreach (var (row, score) in scorer.Scores(features).Index())
            {
                scores[(row * Scorers.Length) + place] = score;
            }
        }

        return scores;
    }

    private static FittedNumber Open(FittedNumber number)
    {
        if (number.Transform is not { } fitted)
        {
            return number;
        }

        var transform = Transforms.Find(fitted.Name) ?? throw NotRegistered("transform", fitted.Name, fitted.Version);
        return number with { Transform = Open(() => fitted.Open(transform), $"the transform '{fitted.Name}'") };
    }

    private static CustomScorer Open(ModelContent content, CustomScorer scorer, FittedFeatures features)
    {
        var trainer = Trainers.Find(content.Trainer) as CustomTrainer ?? throw NotRegistered("trainer", content.Trainer, content.TrainerVersion);
        return Open(() => scorer.Open(trainer, features), $"the trainer '{content.Trainer}'");
    }

    private static T Open<T>(Func<T> open, string reader)
    {
        try
        {
            return open();
        }
        catch (Exception exception)
        {
            throw FileEnvelope.Corrupt($"{reader} cannot read its state ({exception.Message})", exception);
        }
    }

    private static LearningException NotRegistered(string kind, string name, string version) => new(
        $"{kind}-not-registered",
        $"The model was made by the {kind} '{name}' (version {version}), which this program has not registered. "
        + "Register it before the model is read, or read the model in the application that does.");
}
