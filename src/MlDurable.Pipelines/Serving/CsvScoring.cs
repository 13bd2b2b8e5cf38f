using System.Collections.Immutable;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using MlDurable.Learning;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Tables;

namespace MlDurable.Pipelines.Serving;

/// <summary>What came of scoring a file.</summary>
/// <param name="Rows">Rows scored.</param>
/// <param name="Positives">Rows of them that the model calls positive; null unless labels are binary.</param>
/// <param name="TypeErrors">Columns with cells that could not be read as the model's data has them; they counted as missing.</param>
public sealed record ScoredFile(long Rows, long? Positives, ImmutableArray<TypeErrors> TypeErrors);

/// <summary>
/// Scores a CSV file of any length, a chunk of rows at a time: every row comes out as it went in, with columns more. Those are <see cref="ProbabilityColumn"/>
/// and <see cref="DecisionColumn"/>; of several classes <see cref="ClassColumn"/> and, for each class, its name after <see cref="ClassProbabilityPrefix"/>; of
/// numbers <see cref="PredictionColumn"/>.
/// </summary>
public sealed class CsvScoring(Predictor predictor)
{
    /// <summary>The column of probabilities that is appended.</summary>
    public const string ProbabilityColumn = "probability";

    /// <summary>The column of decisions that is appended: 1 at and above the model's threshold, else 0.</summary>
    public const string DecisionColumn = "decision";

    /// <summary>The column of the most probable class that is appended.</summary>
    public const string ClassColumn = "class";

    /// <summary>What the names of the columns with the probabilities of classes begin with.</summary>
    public const string ClassProbabilityPrefix = "probability: ";

    /// <summary>The column of predicted numbers that is appended.</summary>
    public const string PredictionColumn = "prediction";

    /// <summary>The column of explanations that is appended when reasons are asked for: JSON, as <see cref="ExplainingJsonContext"/> writes it.</summary>
    public const string ExplanationColumn = "explanation";

    private const int ChunkBytes = 4 << 20;

    /// <summary>Whether a cell that cannot be read as the model's data has it is an error rather than a missing value. Default: false.</summary>
    public bool RequiresTypes { get; init; }

    /// <summary>The most reasons that are given for each row; 0, the default, for no column of explanations.</summary>
    public int Reasons { get; init; }

    /// <summary>Scores a file.</summary>
    /// <param name="input">The CSV, plain or gzip, with a header.</param>
    /// <param name="output">Takes the rows and their predictions.</param>
    /// <param name="progress">Told of the rows scored so far, after each chunk; null for nobody.</param>
    /// <param name="cancellationToken">Cancels between chunks.</param>
    /// <exception cref="CsvException">The file is not readable CSV; with <see cref="RequiresTypes"/>, <c>csv-wrong-type</c>.</exception>
    /// <exception cref="PipelineException"><c>signature-mismatch</c>: a column that the model needs is not there.</exception>
    /// <exception cref="LearningException"><c>explanation-unavailable</c>: reasons are asked for that <see cref="Predictor.Explainer"/> cannot give.</exception>
    public async Task<ScoredFile> ScoreAsync(
        Stream input, TextWriter output, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        string[] appended = [.. Columns(), .. Reasons > 0 ? [ExplanationColumn] : Array.Empty<string>()];
        var explainer = Reasons > 0 ? predictor.Explainer : null;
        await using var plain = await DecompressAsync(input, cancellationToken);
        using var records = new CsvRecordSplitter(plain, new CsvOptions().MaxRecordBytes);
        var header = await records.ReadAsync(cancellationToken)
            ?? throw new CsvException("csv-empty", "the file is empty; the first line must name the columns", 1);
        await RequireNewColumnsAsync(header, appended, cancellationToken);
        var total = new Total();
        await output.WriteAsync($"{Encoding.UTF8.GetString(header)},{string.Join(',', appended.Select(Quoted))}\n");

        var chunk = new List<byte[]>();
        var bytes = 0;
        var line = records.NextLine;
        while (await records.ReadAsync(cancellationToken) is { } record)
        {
            chunk.Add(record);
            bytes += record.Length;
            if (bytes >= ChunkBytes)
            {
                await ScoreAsync(header, chunk, line, output, explainer, total, cancellationToken);
                progress?.Report(total.Rows);
                chunk.Clear();
                bytes = 0;
                line = records.NextLine;
            }
        }

        if (chunk.Count > 0 || total.Rows == 0)
        {
            await ScoreAsync(header, chunk, line, output, explainer, total, cancellationToken);
            progress?.Report(total.Rows);
        }

        return new ScoredFile(total.Rows, predictor.Target.Task == LearningTask.Binary ? total.Positives : null, [.. total.TypeErrors.Values]);
    }

    private async Task ScoreAsync(
        byte[] header, List<byte[]> chunk, long firstLine, TextWriter output, ModelExplainer? explainer, Total total, CancellationToken cancellationToken)
    {
        var text = new MemoryStream();
        foreach (var record in chunk.Prepend(header))
        {
            text.Write(record);
            text.WriteByte((byte)'\n');
        }

        text.Position = 0;
        var content = await ReadAsync(text, firstLine, cancellationToken);
        foreach (var errors in content.TypeErrors)
        {
            var placed = errors with { FirstLine = errors.FirstLine + firstLine - 2 };
            if (RequiresTypes)
            {
                throw new CsvException(
                    "csv-wrong-type",
                    $"the column '{placed.Column}' holds '{placed.FirstText}'; expected the type {placed.Expected.ToString().ToLowerInvariant()}, or no value",
                    placed.FirstLine);
            }

            total.Add(placed);
        }

        var prediction = Predict(content);
        var explanations = explainer?.Explain(content.Table, Reasons, cancellationToken);
        for (var row = 0; row < prediction.Rows; row++)
        {
            total.Positives += prediction.Target.Task == LearningTask.Binary && prediction.Of(row)[0] >= prediction.Threshold ? 1 : 0;
            await output.WriteAsync($"{Encoding.UTF8.GetString(chunk[row])},{Cells(prediction, row)}{Cell(explanations?[row])}\n");
        }

        total.Rows += chunk.Count;
    }

    /// <summary>The columns that are appended without reasons.</summary>
    private string[] Columns() => predictor.Target.Task switch
    {
        LearningTask.Multiclass => [ClassColumn, .. predictor.Target.Classes.Select(name => ClassProbabilityPrefix + name)],
        LearningTask.Regression => [PredictionColumn],
        _ => [ProbabilityColumn, DecisionColumn],
    };

    private static string Cells(PredictionResult prediction, int row)
    {
        var outputs = prediction.Of(row);
        switch (prediction.Target.Task)
        {
            case LearningTask.Multiclass:
                var cells = new StringBuilder(Quoted(prediction.Target.Classes[MulticlassMetrics.Decision(outputs)]));
                foreach (var probability in outputs)
                {
                    cells.Append(CultureInfo.InvariantCulture, $",{probability:R}");
                }

                return cells.ToString();
            case LearningTask.Regression:
                return outputs[0].ToString("R", CultureInfo.InvariantCulture);
            default:
                return string.Create(CultureInfo.InvariantCulture, $"{outputs[0]:R},{(outputs[0] >= prediction.Threshold ? 1 : 0)}");
        }
    }

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Cell(Explanation? explanation) => explanation is null
        ? ""
        : ",\"" + JsonSerializer.Serialize(explanation, ExplainingJsonContext.Default.Explanation).Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    /// <summary>Reads a chunk; the lines of errors are those of the whole file.</summary>
    private async Task<CsvContent> ReadAsync(Stream text, long firstLine, CancellationToken cancellationToken)
    {
        try
        {
            return await CsvTable.ReadAsync(text, new CsvOptions { Schema = predictor.Schema }, cancellationToken);
        }
        catch (CsvException exception) when (exception.Line > 1 && firstLine > 2)
        {
            var message = exception.Message[(exception.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..];
            throw new CsvException(exception.Code, message, exception.Line + firstLine - 2, exception.Column, exception);
        }
    }

    private PredictionResult Predict(CsvContent content)
    {
        try
        {
            return predictor.Predict(content.Table.Without([.. content.MissingColumns]));
        }
        catch (LearningException exception) when (exception.Code == "signature-mismatch")
        {
            throw new PipelineException(
                "signature-mismatch",
                $"{exception.Message} The input lacks: {string.Join(", ", content.MissingColumns.Select(name => $"'{name}'"))}; "
                + $"version {predictor.Version.Number} was trained on: {string.Join(", ", predictor.Schema.Columns.Select(column => $"'{column.Name}' ({column.Kind.ToString().ToLowerInvariant()})"))}",
                exception);
        }
    }

    /// <summary>Refuses a file that has a column of the name of one that is appended.</summary>
    internal static async Task RequireNewColumnsAsync(byte[] header, IReadOnlyList<string> appended, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(header);
        var schema = await CsvTable.InferSchemaAsync(content, new CsvOptions(), cancellationToken);
        foreach (var name in appended)
        {
            if (schema.Find(name) is not null)
            {
                throw new CsvException("csv-duplicate-column", $"the file has a column '{name}' already, which would be appended; rename or leave it out", 1);
            }
        }
    }

    /// <summary>Looks at the first two bytes, which stay unread.</summary>
    private static async Task<Stream> DecompressAsync(Stream input, CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(input, new StreamPipeReaderOptions(leaveOpen: true));
        var head = (await pipe.ReadAtLeastAsync(2, cancellationToken)).Buffer;
        var isGzip = head.Length >= 2 && head.FirstSpan is [0x1F, 0x8B, ..];
        pipe.AdvanceTo(head.Start);
        return isGzip ? CsvTable.Unpack(pipe.AsStream()) : pipe.AsStream();
    }

    private sealed class Total
    {
        public long Rows { get; set; }

        public long Positives { get; set; }

        public SortedDictionary<string, TypeErrors> TypeErrors { get; } = new(StringComparer.Ordinal);

        public void Add(TypeErrors errors) =>
            TypeErrors[errors.Column] = TypeErrors.TryGetValue(errors.Column, out var known) ? known with { Count = known.Count + errors.Count } : errors;
    }
}
