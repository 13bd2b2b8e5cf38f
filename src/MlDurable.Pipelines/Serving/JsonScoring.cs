using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MlDurable.Learning;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;

namespace MlDurable.Pipelines.Serving;

/// <summary>Predictions for the rows of a JSON text.</summary>
/// <param name="Result">What is predicted of the rows.</param>
/// <param name="IsBatch">Whether the text was an array of rows rather than one row.</param>
public sealed record JsonPredictions(PredictionResult Result, bool IsBatch)
{
    /// <summary>The reasons for each row's score; empty when none were asked for.</summary>
    public IReadOnlyList<Explanation> Explanations { get; init; } = [];
}

/// <summary>Scores a row that is a JSON object, or an array of such rows, straight from the bytes.</summary>
/// <remarks>
/// <para>The members of a row are the columns, by their exact names and in any order. Every column that the model needs must be there; null says that
/// it has no value. Other members are ignored, whatever they hold.</para>
/// <para>A number column takes a number, or a string that a CSV file could hold there. A time column takes an ISO 8601 string. A category column takes a
/// string; a number counts as the text that it is written as, and true and false as those words. In every column, a string that means "no value" in a CSV
/// file (such as "" or "NA") means the same here. An object or an array is no value.</para>
/// </remarks>
public static class JsonScoring
{
    private const int MaxDepth = 16;
    private const int MaxNameBytes = 1024;

    /// <summary>Scores the rows of a text.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="predictor">The version that predicts.</param>
    /// <param name="maxRows">The most rows that are taken.</param>
    /// <param name="reasons">The most reasons that are given for each row; 0, the default, for no explanation.</param>
    /// <exception cref="RowException">The text is not JSON or not rows for this model; the exception lists the codes.</exception>
    /// <exception cref="LearningException"><c>explanation-unavailable</c>: reasons are asked for that <see cref="Predictor.Explainer"/> cannot give.</exception>
    public static JsonPredictions Score(in ReadOnlySequence<byte> json, Predictor predictor, int maxRows, int reasons = 0)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        var explainer = reasons > 0 ? predictor.Explainer : null;
        var row = predictor.Rows.NewRow(keepsCells: explainer is not null);
        var explanations = new List<Explanation>();
        var outputs = new List<double>();
        try
        {
            Read(ref reader);
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                ScoreRow(ref reader, predictor.Rows, row, index: null, outputs);
                Explain();
                RequireEnd(ref reader);
                return Predictions(isBatch: false);
            }

            for (var rows = 0; Read(ref reader) != JsonTokenType.EndArray; rows++)
            {
                if (rows == maxRows)
                {
                    throw new RowException(
                        "too-many-rows",
                        explainer is null
                            ? $"at most {maxRows} rows are scored in one request; send the others in another, or as text/csv"
                            : $"at most {maxRows} rows are explained in one request; send the others in another");
                }

                ScoreRow(ref reader, predictor.Rows, row, rows, outputs);
                Explain();
            }

            RequireEnd(ref reader);
            return Predictions(isBatch: true);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The reader says with the latter that a string is not UTF-8, or that an escape stands for no character.
            throw new RowException("invalid-json", $"the body is not JSON: {exception.Message}", innerException: exception);
        }

        JsonPredictions Predictions(bool isBatch) =>
            new(new PredictionResult([.. outputs], predictor.Target, predictor.Threshold), isBatch) { Explanations = explanations };

        void Explain()
        {
            if (explainer is not null)
            {
                explanations.Add(row.Explain(explainer, reasons));
            }
        }
    }

    /// <summary>Adds what is predicted of a row.</summary>
    private static void ScoreRow(ref Utf8JsonReader reader, RowScorer scorer, ScoringRow row, int? index, List<double> outputs)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new RowException("not-a-row", $"{Where(index)}expected an object with a member for each column, found {Describe(reader.TokenType)}", index);
        }

        row.Clear();
        var expected = 0;
        while (Read(ref reader) != JsonTokenType.EndObject)
        {
            var column = Find(ref reader, scorer, expected);
            Read(ref reader);
            if (column < 0 || !scorer.Columns[column].IsNeeded)
            {
                reader.Skip();
                continue;
            }

            if (row.IsSet(column))
            {
                var name = scorer.Columns[column].Name;
                throw new RowException("duplicate-column", $"{Where(index)}the column '{name}' is there twice", index, [name]);
            }

            if (!TrySet(ref reader, row, column, scorer.Columns[column].Kind))
            {
                throw WrongType(ref reader, scorer.Columns[column], index);
            }

            expected = column + 1;
        }

        try
        {
            var first = outputs.Count;
            CollectionsMarshal.SetCount(outputs, first + scorer.Model.Target.OutputCount);
            row.Predict(CollectionsMarshal.AsSpan(outputs)[first..]);
        }
        catch (LearningException exception) when (exception.Code == "signature-mismatch")
        {
            throw Missing(scorer, row, index);
        }
    }

    /// <summary>The column that the present member is about. Rows usually hold the columns in the order of the schema, so that place is tried first.</summary>
    private static int Find(ref Utf8JsonReader reader, RowScorer scorer, int expected)
    {
        if (expected < scorer.Columns.Length && reader.ValueTextEquals(scorer.Columns[expected].Name))
        {
            return expected;
        }

        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (length > MaxNameBytes)
        {
            return -1;
        }

        Span<char> name = stackalloc char[MaxNameBytes];
        return scorer.Find(name[..reader.CopyString(name)]);
    }

    private static bool TrySet(ref Utf8JsonReader reader, ScoringRow row, int column, ColumnKind kind)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                row.SetMissing(column);
                return true;
            case JsonTokenType.String:
                return TrySetText(ref reader, row, column);
            case JsonTokenType.Number when kind == ColumnKind.Number:
                if (!reader.TryGetDouble(out var number) || !double.IsFinite(number))
                {
                    return false;
                }

                row.SetNumber(column, number);
                return true;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False when kind == ColumnKind.Category:
                return reader.HasValueSequence ? row.TrySetCell(column, reader.ValueSequence.ToArray()) : row.TrySetCell(column, reader.ValueSpan);
            default:
                return false;
        }
    }

    private static bool TrySetText(ref Utf8JsonReader reader, ScoringRow row, int column)
    {
        if (!reader.HasValueSequence && !reader.ValueIsEscaped)
        {
            return row.TrySetCell(column, reader.ValueSpan);
        }

        var length = reader.HasValueSequence ? checked((int)reader.ValueSequence.Length) : reader.ValueSpan.Length;
        var rented = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        try
        {
            return row.TrySetCell(column, rented.AsSpan(0, reader.CopyString(rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static JsonTokenType Read(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new JsonException("it ends too early.");

    private static void RequireEnd(ref Utf8JsonReader reader)
    {
        if (reader.Read())
        {
            throw new JsonException("something follows its end.");
        }
    }

    private static RowException WrongType(ref Utf8JsonReader reader, ScoringColumn column, int? index)
    {
        var found = reader.TokenType is JsonTokenType.String or JsonTokenType.Number
            ? Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.Slice(0, Math.Min(reader.ValueSequence.Length, 100)).ToArray() : reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 100)])
            : null;
        return new RowException(
            "wrong-type",
            $"{Where(index)}the column '{column.Name}' holds {Describe(reader.TokenType)}{(found is null ? "" : $", '{found}'")}; expected {Expectation(column.Kind)}",
            index,
            [column.Name]);
    }

    private static RowException Missing(RowScorer scorer, ScoringRow row, int? index)
    {
        var missing = scorer.Columns.Where((column, place) => column.IsNeeded && !row.IsSet(place)).ToList();
        return new RowException(
            "missing-column",
            $"{Where(index)}the model needs {string.Join(", ", missing.Select(column => $"'{column.Name}' ({column.Kind.ToString().ToLowerInvariant()})"))}; "
            + "send null for a column that has no value",
            index,
            [.. missing.Select(column => column.Name)]);
    }

    private static string Where(int? index) => index is null ? "" : $"row {index}: ";

    private static string Expectation(ColumnKind kind) => kind switch
    {
        ColumnKind.Number => "a number or null",
        ColumnKind.Time => "a string with an ISO 8601 date or date-time, such as \"2001-12-31\" or \"2001-12-31T23:59:59Z\", or null",
        _ => "a string or null",
    };

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        _ => "null",
    };
}
