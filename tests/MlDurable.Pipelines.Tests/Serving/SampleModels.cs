using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Testing.Serving;

/// <summary>Versions of a model of the repository's bird strikes, registered without a run.</summary>
public sealed class SampleModels
{
    /// <summary>The model's name.</summary>
    public const string Name = "strikes";

    private const string Pipeline = "strikes-pipeline";

    private static readonly RowFeatures Features = new()
    {
        Label = "Effect Amount of damage",
        Rule = LabelRule.Not("None"),
        Time = "Flight Date",
        Drop = ["Cost Other", "Cost Repair", "Cost Total $"],
        DateParts = [DatePart.Month, DatePart.Weekday],
    };

    private readonly IBlobStore store;
    private readonly ModelRegistry registry;

    private SampleModels(IBlobStore store, Table raw)
    {
        this.store = store;
        Raw = raw;
        registry = new ModelRegistry(store, TimeProvider.System);
    }

    /// <summary>The rows that the versions learn from.</summary>
    public Table Raw { get; }

    public static async Task<SampleModels> CreateAsync(IBlobStore store)
    {
        await using var file = File.OpenRead(DataFile(1990));
        var raw = (await CsvTable.ReadAsync(file, new CsvOptions())).Table;
        await store.WriteJsonAsync($"features/{Pipeline}/schema.json", raw.Schema, PipelinesJson.Default.TableSchema, BlobCondition.None);
        return new SampleModels(store, raw);
    }

    /// <summary>Trains and registers one more version.</summary>
    /// <returns>Its number and the model.</returns>
    public Task<(int Number, TrainedModel Model)> AddAsync(string trainer = "logistic-regression", params (string Name, double Value)[] hyperparameters) =>
        AddAsync(Trainers.Get(trainer), hyperparameters);

    /// <summary>Trains and registers one more version, by a trainer that need not be registered.</summary>
    /// <returns>Its number and the model.</returns>
    public async Task<(int Number, TrainedModel Model)> AddAsync(ITrainer trainer, params (string Name, double Value)[] hyperparameters)
    {
        var built = Features.Build(Raw);
        var rows = new LabeledRows(built, ((NumberColumn)built[RowFeatures.LabelColumn]).Values.ToArray());
        var values = hyperparameters.ToImmutableSortedDictionary(pair => pair.Name, pair => pair.Value);
        var model = trainer.Fit(new TrainingRequest { Training = rows, Validation = rows, Hyperparameters = values });
        using var content = new MemoryStream();
        model.Write(content);
        var file = content.ToArray();
        var manifest = ManifestOf(trainer.Name, values, Convert.ToHexStringLower(SHA256.HashData(file)), rows.Labels.Length);
        var number = await registry.RegisterAsync(
            Name,
            manifest,
            "roc-auc",
            0.8,
            async prefix =>
            {
                await store.WriteBytesAsync(prefix + "model", file, BlobCondition.None);
                await store.WriteJsonAsync(prefix + "manifest.json", manifest, PipelinesJson.Default.Manifest, BlobCondition.None);
                await store.WriteJsonAsync(prefix + "features.json", Features, PipelinesJson.Default.RowFeatures, BlobCondition.None);
            });
        return (number, model);
    }

    /// <summary>Makes a version the champion.</summary>
    public async Task PromoteAsync(int number)
    {
        var champion = (await registry.ReadAsync(Name)).ChampionVersion;
        await registry.PromoteAsync(
            Name,
            new ChampionDecision(
                number, champion, ResetsAnchor: true, "test", string.Create(CultureInfo.InvariantCulture, $"{champion}-{number}-{Guid.NewGuid()}"), "a test"));
    }

    /// <summary>The probabilities that a model gives for <see cref="Raw"/>.</summary>
    public double[] Expected(TrainedModel model) => model.Predict(Features.BuildFeatures(Raw));

    /// <summary>A row of <see cref="Raw"/> as a JSON object.</summary>
    public byte[] Json(int row)
    {
        using var content = new MemoryStream();
        using (var writer = new Utf8JsonWriter(content))
        {
            WriteRow(writer, row);
        }

        return content.ToArray();
    }

    /// <summary>The first rows of <see cref="Raw"/> as a JSON array.</summary>
    public byte[] JsonBatch(int rows)
    {
        using var content = new MemoryStream();
        using (var writer = new Utf8JsonWriter(content))
        {
            writer.WriteStartArray();
            for (var row = 0; row < rows; row++)
            {
                WriteRow(writer, row);
            }

            writer.WriteEndArray();
        }

        return content.ToArray();
    }

    /// <summary>The file of a year.</summary>
    public static string DataFile(int year) => Repository.PathOf("samples", "bird-strikes", "data", $"birdstrikes-{year}.csv");

    private void WriteRow(Utf8JsonWriter writer, int row)
    {
        writer.WriteStartObject();
        foreach (var column in Raw.Columns.Where(column => column.Name != Features.Label && !Features.Drop.Contains(column.Name)))
        {
            writer.WritePropertyName(column.Name);
            switch (column)
            {
                case NumberColumn numbers when !double.IsNaN(numbers.Values[row]):
                    writer.WriteNumberValue(numbers.Values[row]);
                    break;
                case CategoryColumn categories when categories.TextAt(row) is { } text:
                    writer.WriteStringValue(text);
                    break;
                case TimeColumn times when times.At(row) is { } time:
                    writer.WriteStringValue(time);
                    break;
                default:
                    writer.WriteNullValue();
                    break;
            }
        }

        writer.WriteEndObject();
    }

    private static Manifest ManifestOf(string trainer, ImmutableSortedDictionary<string, double> hyperparameters, string hash, int rows) => new()
    {
        ModelHash = hash,
        RunId = "20260101T000000-aaaaaa",
        Pipeline = Pipeline,
        PipelineHash = new string('0', 64),
        Parameters = ImmutableSortedDictionary<string, string>.Empty,
        Dataset = new DatasetLineage(
            new string('0', 64),
            new string('0', 64),
            [],
            new SplitLineage { By = "hash", Validation = 0, Holdout = 0, Seed = 0, TrainingRows = rows, ValidationRows = 0, HoldoutRows = 0 }),
        Trainer = trainer,
        TrainerVersion = "1",
        Hyperparameters = hyperparameters,
        Seed = 0,
        Environment = new TrainingEnvironment("test", "test", "test", "test", new string('0', 12)),
        CreatedAt = DateTimeOffset.UnixEpoch,
    };
}
