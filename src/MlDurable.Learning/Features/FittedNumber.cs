using System.Text.Json.Serialization;
using MlDurable.Learning.Numerics;
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
        var values = column.Present();
        Array.Sort(values);
        var fitted = FittedTransform.Fit(transform, column.Name, values);
        var transformed = fitted.Apply(column);
        return !transformed.IsAllMissing
            ? Fit(transformed, recipe) with { Transform = fitted }
            : throw new LearningException(
                "transform-without-values",
                $"The transform '{transform.Name}' gives no value of the column '{column.Name}' a finite number. Leave the column out of it, or put the transform right.");
    }

    /// <summary>Whether a value within the limits is its own feature.</summary>
    [JsonIgnore]
    public bool IsIdentity => Transform is null && Fill is null && Mean == 0 && Scale == 1;

    public static FittedNumber Fit(NumberColumn column, FeatureRecipe recipe)
    {
        if (recipe.Imputation == NumberImputation.None && !recipe.Standardize)
        {
            return new FittedNumber(column.Name, null, 0, 1);
        }

        var values = column.Present();
        double? fill = recipe.Imputation switch
        {
            NumberImputation.Median => Quantiles.Median(values),
            NumberImputation.Mean => MeanOf(values, fill: 0, missing: 0),
            _ => null,
        };
        if (!recipe.Standardize)
        {
            return new FittedNumber(column.Name, fill, 0, 1);
        }

        // The filled-in cells are part of the distribution that the model sees.
        var missing = fill is null ? 0 : column.MissingCount;
        var mean = MeanOf(values, fill ?? 0, missing);
        var (least, greatest) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            least = Math.Min(least, value);
            greatest = Math.Max(greatest, value);
        }

        return new FittedNumber(column.Name, fill, mean, least < greatest ? Deviation(values, fill ?? 0, missing, mean, least, greatest) : 1);
    }

    /// <summary>The features of a column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="mayShare">Whether the result may be the cells of the column themselves, because nobody will write to it.</param>
    public double[] Apply(NumberColumn column, bool mayShare)
    {
        if (mayShare && IsIdentity && AreWithinLimits(column.Values))
        {
            return column.Cells;
        }

        var features = new double[column.Count];
        for (var row = 0; row < features.Length; row++)
        {
            features[row] = Apply(column.Values[row]);
        }

        return features;
    }

    private static bool AreWithinLimits(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            if (Math.Abs(value) > FittedFeatures.MaxMagnitude)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The feature of one cell; <see cref="double.NaN"/> is a missing one.</summary>
    public double Apply(double cell)
    {
        var transformed = Transform is null ? cell : Transform.Apply(cell);
        var value = double.IsNaN(transformed) ? Fill ?? double.NaN : transformed;
        return Math.Clamp((value - Mean) / Scale, -FittedFeatures.MaxMagnitude, FittedFeatures.MaxMagnitude);
    }

    /// <summary>The standard deviation, positive and finite. Dividing by the largest deviation first keeps the squares inside the range of a double.</summary>
    private static double Deviation(double[] values, double fill, int missing, double mean, double least, double greatest)
    {
        var largest = Math.Max(Half(greatest), -Half(least));
        if (largest == 0)
        {
            // The halves of the smallest numbers that there are.
            return 1;
        }

        var squares = new ExactSum();
        squares.Add(Square(fill), missing);
        foreach (var value in values)
        {
            squares.Add(Square(value));
        }

        var deviation = 2 * largest * Math.Sqrt(squares.Mean());
        return double.IsFinite(deviation) && deviation > 0 ? deviation : 1;

        double Half(double value) => (value / 2) - (mean / 2);

        double Square(double value)
        {
            var ratio = Half(value) / largest;
            return ratio * ratio;
        }
    }

    private static double MeanOf(double[] values, double fill, int missing)
    {
        var sum = new ExactSum();
        sum.Add(fill, missing);
        foreach (var value in values)
        {
            sum.Add(value);
        }

        return sum.Mean();
    }
}
