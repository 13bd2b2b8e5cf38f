namespace MlDurable.Learning.Tests;

/// <summary>Numbers are equal when they differ by at most a tolerance.</summary>
internal sealed class Within(double tolerance) : IEqualityComparer<double>
{
    public bool Equals(double x, double y) => Math.Abs(x - y) <= tolerance;

    public int GetHashCode(double obj) => 0;
}
