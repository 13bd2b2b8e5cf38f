using System.Buffers.Binary;
using System.Text.Json;
using MlDurable.Learning.Features;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Models;

/// <summary>
/// A trained model of a label that is 0 or 1, with all that it needs to turn raw feature columns into probabilities. Immutable, so safe for
/// concurrent use.
/// </summary>
/// <remarks>
/// File layout, integers little-endian: the magic <c>MLDMODEL</c>, a 32-bit version, the 32-bit length and CRC-32C of the content, the content
/// (JSON). The version is 3 for a model with columns that have an encoding of their own or with interactions, else 2 for a calibrated one, and else 1:
/// programs of before there were any must not read it as if it had none. The same model always gives the same bytes, and a model that was read
/// predicts exactly what the written one does.
/// </remarks>
public sealed class BinaryModel
{
    private const int LatestVersion = 3;
    private const int MaxContentBytes = 256 << 20;

    internal BinaryModel(string trainer, string trainerVersion, FittedFeatures features, Scorer scorer, double threshold, Calibrator? calibrator = null)
    {
        Features = features;
        Scorer = scorer;
        Trainer = trainer;
        TrainerVersion = trainerVersion;
        Threshold = threshold;
        Calibrator = calibrator;
        Signature = new ModelSignature(features.Inputs);
    }

    /// <summary>The name of the trainer that made the model.</summary>
    public string Trainer { get; }

    /// <summary>The version of that trainer.</summary>
    public string TrainerVersion { get; }

    /// <summary>The columns that <see cref="PredictProbability"/> needs.</summary>
    public ModelSignature Signature { get; }

    /// <summary>Rows with at least this probability are predicted positive; in [0, 1].</summary>
    public double Threshold { get; }

    /// <summary>How its scores become probabilities.</summary>
    public CalibrationMethod Calibration => Calibrator?.Method ?? CalibrationMethod.None;

    internal FittedFeatures Features { get; }

    internal Scorer Scorer { get; }

    internal Calibrator? Calibrator { get; }

    private static ReadOnlySpan<byte> Magic => "MLDMODEL"u8;

    /// <summary>The probability that each row is positive.</summary>
    /// <param name="rows">A table with at least the columns of <see cref="Signature"/>, in any order; a column without any value may be of
    /// any kind.</param>
    /// <returns>One number in [0, 1] per row; never missing.</returns>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: a column is missing or of another kind; the message names
    /// it.</exception>
    public double[] PredictProbability(Table rows)
    {
        var scores = Scorer.LogOdds(Features.Apply(rows));
        foreach (ref var score in scores.AsSpan())
        {
            score = Probability(score);
        }

        return scores;
    }

    /// <summary>The probability that each row is positive by the scores alone, without the <see cref="Calibration"/>: to see what it does.</summary>
    /// <param name="rows">As for <see cref="PredictProbability"/>.</param>
    /// <returns>One number in [0, 1] per row; never missing.</returns>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: as for <see cref="PredictProbability"/>.</exception>
    public double[] PredictUncalibrated(Table rows) => Array.ConvertAll(Scorer.LogOdds(Features.Apply(rows)), Sigmoid.Probability);

    /// <summary>The probability of a row with the given score.</summary>
    internal double Probability(double logOdds) => Calibrator is null ? Sigmoid.Probability(logOdds) : Calibrator.Probability(logOdds);

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
            Scorer,
            Calibrator,
            Features.Encodings.IsEmpty ? default : Features.Encodings,
            Features.Interactions.IsEmpty ? default : Features.Interactions);
        var content = JsonSerializer.SerializeToUtf8Bytes(model, ModelJson.Default.ModelContent);
        if (content.Length > MaxContentBytes)
        {
            throw new LearningException(
                "model-too-large",
                $"The model of '{Trainer}' has {content.Length:N0} bytes; a model file takes {MaxContentBytes:N0}. Train it with fewer trees, or fewer leaves.");
        }

        Span<byte> head = stackalloc byte[Magic.Length + (3 * sizeof(int))];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], model.FileVersion);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[16..], Crc32C.Compute(content));
        stream.Write(head);
        stream.Write(content);
    }

    /// <summary>Reads a model file that <see cref="Write"/> wrote.</summary>
    /// <param name="stream">The bytes, from the current position to the end; need not be seekable; not closed.</param>
    /// <returns>The model.</returns>
    /// <exception cref="LearningException">
    /// <c>model-file-corrupt</c>: these are not the bytes of a model of a version that this program reads;
    /// <c>trainer-not-registered</c>, <c>transform-not-registered</c>: the model was made by a <see cref="CustomTrainer"/> or
    /// <see cref="CustomTransform"/> that this program does not have.
    /// </exception>
    public static BinaryModel Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[Magic.Length + (3 * sizeof(int))];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.StartsWith(Magic))
        {
            throw Corrupt("it does not begin like a model file");
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(head[8..]);
        if (version is < 1 or > LatestVersion)
        {
            throw Corrupt($"its version is {version}, and this program reads versions up to {LatestVersion}");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(head[12..]);
        if (length is < 0 or > MaxContentBytes)
        {
            throw Corrupt($"its content has a length of {length}");
        }

        var bytes = ReadContent(stream, length);
        if (Crc32C.Compute(bytes) != BinaryPrimitives.ReadUInt32LittleEndian(head[16..]))
        {
            throw Corrupt("its checksum is wrong");
        }

        try
        {
            var content = JsonSerializer.Deserialize(bytes, ModelJson.Default.ModelContent);
            return content is not null && content.IsSound() && content.FileVersion == version
                ? Of(content)
                : throw Corrupt("its content contradicts itself or its version");
        }
        catch (JsonException exception)
        {
            throw Corrupt("its content is no model", exception);
        }
        catch (NotSupportedException exception)
        {
            throw Corrupt("its content is a model of an unknown kind", exception);
        }
    }

    private static BinaryModel Of(ModelContent content)
    {
        var features = new FittedFeatures(
            [.. content.Numbers.Select(Open)],
            content.Categories,
            content.Encodings.IsDefault ? [] : content.Encodings,
            content.Interactions.IsDefault ? [] : content.Interactions);
        var scorer = content.Scorer is CustomScorer custom ? Open(content, custom, features) : content.Scorer;
        return new BinaryModel(content.Trainer, content.TrainerVersion, features, scorer, content.Threshold, content.Calibration);
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
            throw Corrupt($"{reader} cannot read its state ({exception.Message})", exception);
        }
    }

    private static LearningException NotRegistered(string kind, string name, string version) => new(
        $"{kind}-not-registered",
        $"The model was made by the {kind} '{name}' (version {version}), which this program has not registered. "
        + "Register it before the model is read, or read the model in the application that does.");

    /// <summary>Grows with the bytes that are really there, so that a false length allocates nothing.</summary>
    private static byte[] ReadContent(Stream stream, int length)
    {
        var bytes = new byte[Math.Min(length, 1 << 16)];
        var read = 0;
        while (true)
        {
            read += stream.ReadAtLeast(bytes.AsSpan(read), bytes.Length - read, throwOnEndOfStream: false);
            if (read < bytes.Length)
            {
                throw Corrupt("it ends too early");
            }

            if (read == length)
            {
                return stream.ReadByte() < 0 ? bytes : throw Corrupt("bytes follow its content");
            }

            Array.Resize(ref bytes, (int)Math.Min(length, 2L * bytes.Length));
        }
    }

    private static LearningException Corrupt(string what, Exception? innerException = null) =>
        new("model-file-corrupt", $"The model file is corrupt: {what}. Restore it, or train the model again.", innerException);
}
