using System.Text.Json;
using System.Text.Json.Serialization;
using MlDurable.Learning.Explaining;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Api.Endpoints;

/// <summary>The answer to rows that were sent for scoring.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that predicted.</param>
/// <param name="ModelHash">SHA-256 of its model file.</param>
/// <param name="Threshold">The probability at and above which the decision is 1.</param>
/// <param name="Stale">Whether the registry could not be asked lately: the version is the last good one, and another may be meant by now.</param>
public sealed record PredictionDocument(string Model, int Version, string ModelHash, double Threshold, bool Stale)
{
    /// <summary>Why <see cref="Stale"/>; only when it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StaleReason { get; init; }

    /// <summary>When the registry last confirmed the version, in UTC; only when <see cref="Stale"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ConfirmedAt { get; init; }

    /// <summary>The probability of the positive class, 0 to 1; only for one row.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Probability { get; init; }

    /// <summary>1 at and above the threshold, else 0; only for one row.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Decision { get; init; }

    /// <summary>What the probability comes from; only for one row, when reasons are asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Explanation? Explanation { get; init; }

    /// <summary>One for each row, in their order; only for an array of rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RowPrediction>? Predictions { get; init; }

    /// <summary>Writes what serializing such a document would, without making one.</summary>
    internal static void Write(Utf8JsonWriter writer, ServedModel served, JsonPredictions predictions)
    {
        var threshold = served.Predictor.Threshold;
        writer.WriteStartObject();
        writer.WriteString("model"u8, served.Model);
        writer.WriteNumber("version"u8, served.Version);
        writer.WriteString("modelHash"u8, served.Predictor.Version.ModelHash);
        writer.WriteNumber("threshold"u8, threshold);
        writer.WriteBoolean("stale"u8, served.StaleReason is not null);
        if (served.StaleReason is not null)
        {
            writer.WriteString("staleReason"u8, served.StaleReason);
            writer.WriteString("confirmedAt"u8, served.ConfirmedAt);
        }

        if (predictions.IsBatch)
        {
            writer.WriteStartArray("predictions"u8);
            for (var row = 0; row < predictions.Probabilities.Count; row++)
            {
                writer.WriteStartObject();
                WritePrediction(writer, predictions, row, threshold);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
        else
        {
            WritePrediction(writer, predictions, 0, threshold);
        }

        writer.WriteEndObject();
    }

    private static void WritePrediction(Utf8JsonWriter writer, JsonPredictions predictions, int row, double threshold)
    {
        var probability = predictions.Probabilities[row];
        writer.WriteNumber("probability"u8, probability);
        writer.WriteNumber("decision"u8, probability >= threshold ? 1 : 0);
        if (predictions.Explanations.Count > 0)
        {
            writer.WritePropertyName("explanation"u8);
            JsonSerializer.Serialize(writer, predictions.Explanations[row], ExplainingJsonContext.Default.Explanation);
        }
    }
}

/// <summary>The prediction for a row.</summary>
/// <param name="Probability">The probability of the positive class, 0 to 1.</param>
/// <param name="Decision">1 at and above the threshold, else 0.</param>
public sealed record RowPrediction(double Probability, int Decision)
{
    /// <summary>What the probability comes from; only when reasons are asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Explanation? Explanation { get; init; }
}
