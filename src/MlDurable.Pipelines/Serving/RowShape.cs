using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json.Serialization;
using MlDurable.Learning;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;

namespace MlDurable.Pipelines.Serving;

/// <summary>Sets a cell from an object.</summary>
internal delegate void CellSetter<in TRow>(ScoringRow row, int column, TRow source);

/// <summary>The properties of a type as columns.</summary>
internal sealed class RowShape<TRow>
{
    private readonly SortedDictionary<string, Cell> cells = new(StringComparer.Ordinal);

    /// <exception cref="PipelineException"><c>predictor-type</c>.</exception>
    public RowShape()
    {
        foreach (var property in typeof(TRow).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.GetIndexParameters().Length == 0))
        {
            if (property.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: JsonIgnoreCondition.Always })
            {
                continue;
            }

            var name = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? property.Name;
            if (!cells.TryAdd(name, CellOf(property)))
            {
                throw new PipelineException("predictor-type", $"{typeof(TRow)} has two properties for the column '{name}'");
            }
        }
    }

    /// <summary>Matches the properties with the columns that a model needs.</summary>
    /// <exception cref="PipelineException"><c>predictor-mismatch</c>: some are not there or of another type; the message names all.</exception>
    public IReadOnlyList<(int Column, CellSetter<TRow> Set)> Bind(ServedModel served)
    {
        var bound = new List<(int, CellSetter<TRow>)>();
        var problems = new List<string>();
        var columns = served.Predictor.Rows.Columns;
        for (var column = 0; column < columns.Length; column++)
        {
            var (name, kind, isNeeded) = columns[column];
            if (!isNeeded)
            {
                continue;
            }

            if (!cells.TryGetValue(name, out var cell))
            {
                problems.Add($"no property for the column '{name}' ({kind.ToString().ToLowerInvariant()}){NearestName.Suggestion(name, cells.Keys)}");
            }
            else if (cell.SetterFor(kind) is { } setter)
            {
                bound.Add((column, setter));
            }
            else
            {
                problems.Add($"'{name}' is {cell.Type}, and the column holds values of the type {kind.ToString().ToLowerInvariant()}");
            }
        }

        return problems.Count == 0
            ? bound
            : throw new PipelineException(
                "predictor-mismatch", $"{typeof(TRow)} does not fit {served.Model}/{served.Version}: {string.Join("; ", problems)}");
    }

    private static Cell CellOf(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var source = Expression.Parameter(typeof(TRow));
        var read = Expression.Lambda<Func<TRow, object?>>(Expression.Convert(Expression.Property(source, property), typeof(object)), source).Compile();
        CellSetter<TRow> Set(Action<ScoringRow, int, object> set) => (row, column, item) =>
        {
            if (read(item) is { } value)
            {
                set(row, column, value);
            }
            else
            {
                row.SetMissing(column);
            }
        };
        var name = type.Name;
        return type switch
        {
            { IsEnum: true } => new Cell(name) { Category = Set(static (row, column, value) => row.SetText(column, value.ToString())) },
            _ when type == typeof(string) => new Cell(name) { Category = Set(static (row, column, value) => row.SetText(column, (string)value)) },
            _ when type == typeof(bool) => new Cell(name)
            {
                Category = Set(static (row, column, value) => row.SetText(column, (bool)value ? "true" : "false")),
                Number = Set(static (row, column, value) => row.SetNumber(column, (bool)value ? 1 : 0)),
            },
            _ when type == typeof(DateTimeOffset) => new Cell(name) { Time = Set(static (row, column, value) => row.SetTime(column, (DateTimeOffset)value)) },
            _ when type == typeof(DateTime) => new Cell(name) { Time = Set(static (row, column, value) => row.SetTime(column, Instant((DateTime)value))) },
            _ when type == typeof(DateOnly) => new Cell(name)
            {
                Time = Set(static (row, column, value) => row.SetTime(column, Instant(((DateOnly)value).ToDateTime(TimeOnly.MinValue)))),
            },
            _ when IsNumber(type) => new Cell(name)
            {
                Number = Set(static (row, column, value) => row.SetNumber(column, Convert.ToDouble(value, CultureInfo.InvariantCulture))),
            },
            _ => throw new PipelineException(
                "predictor-type",
                $"{typeof(TRow)}.{property.Name} is {property.PropertyType}, which is no value of a column; use numbers, texts, enums, truth values, dates, or [JsonIgnore]"),
        };
    }

    private static DateTimeOffset Instant(DateTime time) =>
        new(time.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(time, DateTimeKind.Utc) : time);

    private static bool IsNumber(Type type) => Type.GetTypeCode(type) is >= TypeCode.SByte and <= TypeCode.Decimal;

    private sealed record Cell(string Type)
    {
        public CellSetter<TRow>? Number { get; init; }

        public CellSetter<TRow>? Category { get; init; }

        public CellSetter<TRow>? Time { get; init; }

        public CellSetter<TRow>? SetterFor(ColumnKind kind) => kind switch
        {
            ColumnKind.Number => Number,
            ColumnKind.Time => Time,
            _ => Category,
        };
    }
}

/// <summary>Makes an object of a caller's type from a <see cref="Prediction"/>.</summary>
internal static class PredictionShape
{
    /// <exception cref="PipelineException"><c>predictor-type</c>.</exception>
    public static Func<Prediction, TOut> For<TOut>()
    {
        if (typeof(TOut) == typeof(Prediction))
        {
            return prediction => (TOut)(object)prediction;
        }

        var prediction = Expression.Parameter(typeof(Prediction));
        var constructor = typeof(TOut).GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length).FirstOrDefault();
        var arguments = constructor?.GetParameters() ?? [];
        var taken = arguments.Select(argument => argument.Name!).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var created = constructor is null
            ? Expression.New(typeof(TOut))
            : Expression.New(constructor, arguments.Select(argument => Value(prediction, typeof(TOut), argument.Name!, argument.ParameterType)));
        var properties = typeof(TOut).GetProperties().Where(property => property.SetMethod is { IsPublic: true } && !taken.Contains(property.Name));
        return Expression.Lambda<Func<Prediction, TOut>>(
            Expression.MemberInit(
                created, properties.Select(property => Expression.Bind(property, Value(prediction, typeof(TOut), property.Name, property.PropertyType)))),
            prediction).Compile();
    }

    private static Expression Value(Expression prediction, Type owner, string name, Type type)
    {
        var source = typeof(Prediction).GetProperties().FirstOrDefault(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return source is not null && source.PropertyType == type
            ? Expression.Property(prediction, source)
            : throw new PipelineException(
                "predictor-type",
                $"{owner}.{name} ({type.Name}) is nothing that a prediction has; it has: "
                + string.Join(", ", typeof(Prediction).GetProperties().Select(property => $"{property.Name} ({property.PropertyType.Name})")));
    }
}
