using System.Text.Json;

namespace MlDurable.Learning.Tests;

/// <summary>Numbers that other libraries computed; see Vectors/README.md.</summary>
internal static class ReferenceVectors
{
    public static JsonElement Metrics { get; } = Load("metrics");

    public static JsonElement Paired { get; } = Load("paired");

    public static JsonElement Drift { get; } = Load("drift");

    public static JsonElement Forest { get; } = Load("forest");

    public static double[] Numbers(this JsonElement parent, string name) =>
        parent.GetProperty(name).EnumerateArray().Select(element => element.GetDouble()).ToArray();

    public static double Number(this JsonElement parent, string name) => parent.GetProperty(name).GetDouble();

    public static JsonElement Case(this JsonElement parent, string list, string name) =>
        parent.GetProperty(list).EnumerateArray().Single(element => element.GetProperty("name").GetString() == name);

    /// <summary>Asserts equality to a relative tolerance; a zero is met to the same tolerance in absolute terms.</summary>
    public static void AssertClose(double expected, double actual, double tolerance, string what)
    {
        var allowed = expected == 0 ? tolerance : tolerance * Math.Abs(expected);
        Assert.True(Math.Abs(expected - actual) <= allowed, $"{what}: expected {expected:R}, got {actual:R}");
    }

    private static JsonElement Load(string name)
    {
        using var stream = typeof(ReferenceVectors).Assembly.GetManifestResourceStream($"Vectors/{name}.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
