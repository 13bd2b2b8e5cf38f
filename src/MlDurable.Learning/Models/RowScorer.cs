using System.Collections.Frozen;
using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Models;

/// <summary>
/// Scores raw rows one at a time without building a <see cref="Table"/>. The predictions are the same, to the last bit, as those that
/// <see cref="TrainedModel.Predict"/> gives for the features of the same cells. Immutable, so safe for concurrent use; each
/// caller fills a <see cref="ScoringRow"/> of its own.
/// </summary>
public sealed class RowScorer
{
    private readonly RowInput?[] inputs;
    private readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> places;

    /// <summary>Prepares a model for scoring row by row.</summary>
    /// <param name="model">The model.</param>
    /// <param name="features">How its features are made from raw rows.</param>
    /// <param name="schema">The raw columns.</param>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: the raw columns do not give a feature that the model needs.</exception>
    public RowScorer(TrainedModel model, RowFeatures features, TableSchema schema)
    {
        Model = model;
        Scores = [.. model.Scorers.Select(scorer => scorer.RowByRow())];
        var sources = new FeatureSources(model.Features);
        inputs =
        [
            .. schema.Columns.Select(column =>
                features.IsFeature(column.Name) ? sources.Take(column, features.DateParts) : null),
        ];
        sources.RequireNoneLeft(schema);
        Columns = [.. schema.Columns.Select((column, place) => new ScoringColumn(column.Name, column.Kind, inputs[place] is not null))];
        places = Columns
            .Select((column, place) => KeyValuePair.Create(column.Name, place))
            .ToFrozenDictionary(StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The model.</summary>
    public TrainedModel Model { get; }

    /// <summary>The raw columns, in the order of the schema. A row may leave out those that are not needed.</summary>
    public ImmutableArray<ScoringColumn> Columns { get; }

    internal ReadOnlySpan<RowInput?> Inputs => inputs;

    /// <summary>What gives each of the scores of a row.</summary>
    internal ImmutableArray<Func<double[], int[], double>> Scores { get; }

    /// <summary>The place of a column among <see cref="Columns"/>.</summary>
    /// <param name="name">The exact name.</param>
    /// <returns>The index, or -1 when there is none of that name.</returns>
    public int Find(ReadOnlySpan<char> name) => places.TryGetValue(name, out var place) ? place : -1;

    /// <summary>A row to fill, score and fill again.</summary>
    /// <param name="keepsCells">Whether the row keeps the texts of its cells, which <see cref="ScoringRow.Explain"/> needs. Default:
    /// false.</param>
    public ScoringRow NewRow(bool keepsCells = false) => new(this, keepsCells);

    /// <summary>Hands the features of a model out to the raw columns that they come from.</summary>
    private sealed class FeatureSources(FittedFeatures fitted)
    {
        private readonly Dictionary<string, (FittedNumber Fitted, int Feature)> numbers =
            fitted.Numbers.Select((number, feature) => (number, feature)).ToDictionary(pair => pair.number.Name, pair => pair, StringComparer.Ordinal);

        private readonly Dictionary<string, CategoryInput> categories = Categories(fitted);

        public RowInput? Take(ColumnSchema column, ImmutableArray<DatePart> parts)
        {
            switch (column.Kind)
            {
                case ColumnKind.Number:
                    return numbers.Remove(column.Name, out var number) ? new NumberInput(number.Fitted, number.Feature) : null;
                case ColumnKind.Category:
                    return categories.Remove(column.Name, out var category) ? category : null;
                default:
                    var taken = ImmutableArray.CreateBuilder<(DateFeature, FittedNumber, int)>();
                    foreach (var date in DateFeature.OfParts(parts))
                    {
                        if (numbers.Remove(date.NameFor(column.Name), out var feature))
                        {
                            taken.Add((date, feature.Fitted, feature.Feature));
                        }
                    }

                    return taken.Count > 0 ? new TimeInput(taken.DrainToImmutable()) : null;
            }
        }

        public void RequireNoneLeft(TableSchema schema)
        {
            foreach (var (name, kind) in numbers.Keys.Select(name => (name, ColumnKind.Number)).Concat(categories.Keys.Select(name => (name, ColumnKind.Category))))
            {
                throw new LearningException(
                    "signature-mismatch",
                    schema.Find(name) is { } found
                        ? $"The column '{name}' is {found.Kind}, but the model was trained with {kind}."
                        : $"The column '{name}' is missing; the model needs it ({kind}).");
            }
        }

        private static Dictionary<string, CategoryInput> Categories(FittedFeatures fitted)
        {
            var inputs = new Dictionary<string, CategoryInput>(StringComparer.Ordinal);
            foreach (var (place, code) in fitted.Codes.Index())
            {
                inputs.Add(code.Name, new CodeInput(code, fitted.Numbers.Length + place));
            }

            foreach (var (feature, target) in fitted.Targets)
            {
                inputs.Add(target.Name, new TargetInput(target, feature));
            }

            var offset = fitted.DenseCount;
            foreach (var (place, block) in fitted.Blocks.Index())
            {
                inputs.Add(block.Name, new BlockInput(block, place, offset));
                offset += block.LevelCount;
            }

            foreach (var (place, text) in fitted.Texts.Index())
            {
                inputs.Add(text.Fitted.Name, new TextInput(place));
            }

            return inputs;
        }
    }
}
