using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Forecasting;

/// <summary>Continues series. It holds no history: what is known is given with every call, so that a model goes on to serve as values come in. Immutable, so
/// safe for concurrent use.</summary>
/// <remarks>
/// File layout: as that of <see cref="TrainedModel"/>, with the magic <c>MLDFCAST</c> and version 1; the content is JSON.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SeasonalNaiveModel), "seasonal-naive")]
[JsonDerivedType(typeof(LagModel), "lags")]
public abstract record ForecastModel
{
    private const int LatestVersion = 1;
    private const int MaxContentBytes = 512 << 20;

    private protected ForecastModel(int horizon, int season)
    {
        Horizon = horizon;
        Season = season;
    }

    /// <summary>How many steps ahead it forecasts.</summary>
    public int Horizon { get; }

    /// <summary>After how many steps the series repeat themselves.</summary>
    public int Season { get; }

    private static ReadOnlySpan<byte> Magic => "MLDFCAST"u8;

    /// <summary>Continues every series.</summary>
    /// <param name="history">What is known; series that the model has not learned from may be among them.</param>
    /// <returns>The <see cref="Horizon"/> steps after the last value of each series, in the order of <paramref name="history"/>.</returns>
    public ImmutableArray<Forecast> Forecast(TimeSeriesSet history)
    {
        var values = Continue(history);
        return
        [
            .. history.Series.Select((series, place) => new Forecast(
                series.Name, [.. Enumerable.Range(0, Horizon).Select(ahead => history.Step.StartOf(series.End + ahead))], [.. values[place]])),
        ];
    }

    /// <summary>Writes the model's file.</summary>
    /// <param name="stream">Where to; not closed. The same model gives the same bytes.</param>
    /// <exception cref="LearningException"><c>model-too-large</c>: nothing is written.</exception>
    public void Write(Stream stream)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(this, ForecastJson.Default.ForecastModel);
        if (content.Length > MaxContentBytes)
        {
            throw new LearningException(
                "model-too-large", $"The forecast model has {content.Length:N0} bytes; a file takes {MaxContentBytes:N0}. Learn fewer trees, or fewer leaves.");
        }

        FileEnvelope.Write(stream, Magic, LatestVersion, content);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="stream">The bytes, from the current position to the end; not closed.</param>
    /// <exception cref="LearningException"><c>model-file-corrupt</c>.</exception>
    public static ForecastModel Read(Stream stream)
    {
        var (_, content) = FileEnvelope.Read(stream, Magic, LatestVersion, MaxContentBytes);
        try
        {
            return JsonSerializer.Deserialize(content, ForecastJson.Default.ForecastModel) is { } model && model.IsSound()
                ? model
                : throw FileEnvelope.Corrupt("its content contradicts itself");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw FileEnvelope.Corrupt("its content is no forecast model", exception);
        }
    }

    /// <summary>The values of the steps after each series.</summary>
    internal abstract double[][] Continue(TimeSeriesSet history);

    /// <summary>Whether forecasts with this content cannot go wrong, whoever wrote it.</summary>
    private protected virtual bool IsSound() => Horizon is >= 1 and <= ForecastRequest.MaxHorizon && Season is >= 1 and <= ForecastRequest.MaxSeason;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(ForecastModel))]
internal sealed partial class ForecastJson : JsonSerializerContext;
