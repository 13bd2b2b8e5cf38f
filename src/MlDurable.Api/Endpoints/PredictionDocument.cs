using System.Text.Json;
using System.Text.Json.Serialization;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Api.Endpoints;

/// <summary>The answer to rows that were sent for scoring.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that predicted.</param>
/// <param name="ModelHash">SHA-256 of its model file.</param>
/// <param name="Stale">Whether the registry could not be asked lately: the version is the last good one, and another may be meant by now.</param>
public sealed record PredictionDocument(string Model, int Version, string ModelHash, bool Stale)
{
    /// <summary>The probability at and above which the decision is 1; only where labels are binary.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Threshold { get; init; }

    /// <summary>Why <see cref="Stale"/>; only when it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StaleReason { get; init; }

    /// <summary>When the registry last confirmed the version, in UTC; only when <see cref="Stale"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ConfirmedAt { get; init; }

    /// <summary>The probability of the positive class, 0 to 1; only for one row, where labels are binary.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Probability { get; init; }

    /// <summary>1 at and above the threshold, else 0; only for one row, where labels are binary.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Decision { get; init; }

    /// <summary>The most probable class; only for one row, where there are several.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Class { get; init; }

    /// <summary>The probability of each class, 0 to 1; only for one row, where there are several.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Probabilities { get; init; }

    /// <summary>The predicted number; only for one row, where numbers are predicted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Prediction { get; init; }

    /// <summary>What the probability comes from; only for one row, when reasons are asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Explanation? Explanation { get; init; }

    /// <summary>One for each row, in their order; only for an array of rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RowPrediction>? Predictions { get; init; }

    /// <summary>Writes what serializing such a document would, without making one.</summary>
    internal static void Write(Utf8JsonWriter writer, ServedModel served, JsonPredictions predictions)
    {
        writer.WriteStartObject();
        writer.WriteString("model"u8, served.Model);
        writer.WriteNumber("version"u8, served.Version);
        writer.WriteString("modelHash"u8, served.Predictor.Version.ModelHash);
        if (predictions.Result.Target.Task == LearningTask.Binary)
        {
            writer.WriteNumber("threshold"u8, predictions.Result.Threshold);
        }

        writer.WriteBoolean("stale"u8, served.StaleReason is not null);
        if (served.StaleReason is not null)
        {
            writer.WriteString("staleReason"u8, served.StaleReason);
            writer.WriteString("confirmedAt"u8, served.ConfirmedAt);
        }

        if (predictions.IsBatch)
        {
            writer.WriteStartArray("predictions"u8);
            for (var row = 0; row < predictions.Result.Rows; row++)
            {
                writer.WriteStartObject();
                WritePrediction(writer, predictions, row);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
        else
        {
            WritePrediction(writer, predictions, 0);
        }

        writer.WriteEndObject();
    }

    private static void WritePrediction(Utf8JsonWriter writer, JsonPredictions predictions, int row)
    {
        var result = predictions.Result;
        var outputs = result.Of(row);
        switch (result.Target.Task)
        {
            case LearningTask.Multiclass:
                writer.WriteString("class"u8, result.Target.Classes[MulticlassMetrics.Decision(outputs)]);
                writer.WriteStartObject("probabilities"u8);
                foreach (var (place, name) in result.Target.Classes.Index())
                {
                    writer.WriteNumber(name, outputs[place]);
                }

                writer.WriteEndObject();
                break;
            case LearningTask.Regression:
                writer.WriteNumber("prediction"u8, outputs[0]);
                break;
            default:
                writer.WriteNumber("probability"u8, outputs[0]);
                writer.WriteNumber("decision"u8, outputs[0] >= result.Threshold ? 1 : 0);
                break;
        }

        if (predictions.Explanations.Count > 0)
        {
            writer.WritePropertyName("explanation"u8);
            JsonSerializer.Serialize(writer, predictions.Explanations[row], ExplainingJsonContext.Default.Explanation);
        }
    }
}

/// <summary>The prediction for a row: a probability and a decision, or a class and the probabilities of all, or a number.</summary>
public sealed record RowPrediction
{
    /// <summary>The probability of the positive class, 0 to 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Probability { get; init; }

    /// <summary>1 at and above the threshold, else 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Decision { get; init; }

    /// <summary>The most probable class.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Class { get; init; }

    /// <summary>The probability of each class, 0 to 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Probabilities { get; init; }

    /// <summary>The predicted number.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Prediction { get; init; }

    /// <summary>What the probability or the number comes from; only when reasons are asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Explanation? Explanation { get; init; }
}
