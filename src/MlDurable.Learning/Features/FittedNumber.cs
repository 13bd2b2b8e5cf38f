using System.Text.Json.Serialization;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>What was learned for one number column. A value, transformed where there is a transform, becomes (value - Mean) / Scale.</summary>
/// <param name="Name">The column.</param>
/// <param name="Fill">What stands in for a missing value, or null to leave it missing.</param>
/// <param name="Mean">What is subtracted; 0 without standardisation.</param>
/// <param name="Scale">What is divided by, positive; 1 without standardisation.</param>
/// <param name="Transform">What comes before all of that, or null.</param>
internal sealed record FittedNumber(
    string Name,
    double? Fill,
    double Mean,
    double Scale,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FittedTransform? Transform = null)
{
    public static FittedNumber Fit(NumberColumn column, FeatureRecipe recipe, CustomTransform transform)
    {
        double[] values = [.. column.Values.ToArray().Where(value => !double.IsNaN(value))];
        Array.Sort(values);
        var fitted = FittedTransform.Fit(transform, column.Name, values);
        var transformed = fitted.Apply(column);
        return !transformed.IsAllMissing
            ? Fit(transformed, recipe) with { Transform = fitted }
            : throw new LearningException(
                "transform-without-values",
                $"The transform '{transform.Name}' gives no value of the column '{column.Name}' a finite number. Leave the column out of it, or put the transform right.");
    }

    public static FittedNumber Fit(NumberColumn column, FeatureRecipe recipe)
    {
        double[] values = [.. column.Values.ToArray().Where(value => !double.IsNaN(value))];
        Array.Sort(values);
        double? fill = recipe.Imputation switch
        {
            NumberImputation.Median => Midpoint(values[(values.Length - 1) / 2], values[values.Length / 2]),
            NumberImputation.Mean => MeanOf(values),
            _ => null,
        };
        if (!recipe.Standardize)
        {
            return new FittedNumber(column.Name, fill, 0, 1);
        }

        // The filled-in cells are part of the distribution that the model sees.
        double[] seen = fill is null ? values : [.. values, .. Enumerable.Repeat(fill.Value, column.MissingCount)];
        var mean = MeanOf(seen);
        var largest = seen.Max(value => Math.Abs((value / 2) - (mean / 2)));

        // Dividing by the largest deviation first keeps the squares inside the range of a double.
        var scale = largest == 0
            ? 1
            : 2 * largest * Math.Sqrt(seen.Average(value => Math.Pow(((value / 2) - (mean / 2)) / largest, 2)));
        return new FittedNumber(column.Name, fill, mean, double.IsFinite(scale) && scale > 0 && values[0] < values[^1] ? scale : 1);
    }

    public double[] Apply(NumberColumn column)
    {
        var features = new double[column.Count];
        for (var row = 0; row < features.Length; row++)
        {
            features[row] = Apply(column.Values[row]);
        }

        return features;
    }

    /// <summary>The feature of one cell; <see cref="double.NaN"/> is a missing one.</summary>
    public double Apply(double cell)
    {
        var transformed = Transform is null ? cell : Transform.Apply(cell);
        var value = double.IsNaN(transformed) ? Fill ?? double.NaN : transformed;
        return Math.Clamp((value - Mean) / Scale, -FittedFeatures.MaxMagnitude, FittedFeatures.MaxMagnitude);
    }

    private static double Midpoint(double a, double b) => (a / 2) + (b / 2);

    private static double MeanOf(double[] values)
    {
        var mean = values.Average();
        return double.IsFinite(mean) ? mean : values.Average(value => value / values.Length) * values.Length;
    }
}
