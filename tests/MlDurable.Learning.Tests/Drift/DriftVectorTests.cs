using System.Text.Json;
using MlDurable.Learning.Drift;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Drift;

public sealed class DriftVectorTests
{
    private const double Tolerance = 1e-12;

    public static TheoryData<string> SmallCases { get; } = Names("small");

    public static TheoryData<string> LargeCases { get; } = Names("cases");

    public static TheoryData<string> CategoricalCases { get; } = Names("categorical");

    [Theory]
    [MemberData(nameof(LargeCases))]
    public void Statistics_HundredThousandRows_EqualScipy(string name)
    {
        var vector = ReferenceVectors.Drift.Case("cases", name);
        var (reference, current) = name switch
        {
            "no_drift" => (Normals(101), Normals(202)),
            "shift_scale" => (Normals(101), Array.ConvertAll(Normals(303), value => (value * 1.125) + 0.0625)),
            _ => (Array.ConvertAll(Normals(404), Rounded), Array.ConvertAll(Normals(505), value => Rounded(value + 0.125))),
        };
        Assert.Equal(vector.GetProperty("ref").Numbers("first"), reference[..5]);
        Assert.Equal(vector.GetProperty("cur").Numbers("first"), current[..5]);

        CheckSamples(vector, reference, current);
        ReferenceVectors.AssertClose(
            vector.GetProperty("ks_asymp").Number("pvalue"),
            KolmogorovSmirnov.PValue(reference.Length, current.Length, vector.GetProperty("ks").Number("statistic")),
            1e-9,
            "p");

        static double Rounded(double value) => Math.Round(value * 10) / 10;
    }

    [Theory]
    [MemberData(nameof(SmallCases))]
    public void Statistics_FewRows_EqualScipy(string name)
    {
        var vector = ReferenceVectors.Drift.Case("small", name);
        var (reference, current) = (vector.Numbers("ref_values"), vector.Numbers("cur_values"));
        var statistic = vector.GetProperty("ks").Number("statistic");

        CheckSamples(vector, reference, current);
        ReferenceVectors.AssertClose(
            vector.GetProperty("ks").Number("pvalue"), KolmogorovSmirnov.PValue(reference.Length, current.Length, statistic), 1e-9, "exact p");
        ReferenceVectors.AssertClose(
            vector.GetProperty("ks_asymp").Number("pvalue"),
            KolmogorovSmirnov.AsymptoticPValue(reference.Length, current.Length, statistic),
            1e-9,
            "asymptotic p");
    }

    [Theory]
    [MemberData(nameof(CategoricalCases))]
    public void Statistics_Categories_EqualScipy(string name)
    {
        var vector = ReferenceVectors.Drift.Case("categorical", name);
        var rows = vector.GetProperty("table").EnumerateArray().Select(row => row.EnumerateArray().Select(cell => cell.GetInt64()).ToArray()).ToArray();

        var test = ChiSquareTest.Of(rows[0], rows[1], vector.GetProperty("correction").GetBoolean());

        ReferenceVectors.AssertClose(vector.Number("chi2"), test.Statistic, Tolerance, "chi-square");
        ReferenceVectors.AssertClose(vector.Number("pvalue"), test.PValue, 1e-9, "p");
        Assert.Equal(vector.GetProperty("dof").GetInt32(), test.DegreesOfFreedom);
        ReferenceVectors.AssertClose(vector.Number("cramers_v"), test.CramersV, Tolerance, "V");
        CheckShares(vector.Number("psi"), vector.Number("js_distance_base_e"), vector.Number("js_distance_base_2"), rows[0], rows[1]);
    }

    [Theory]
    [InlineData(5, 0.15, 0.9988)]
    [InlineData(5, 0.1, 1.0)]
    [InlineData(5, 0.3, 0.664)]
    [InlineData(5, 0.45, 0.19399374999999963)]
    [InlineData(5, 0.7, 0.005560000000000004)]
    [InlineData(5, 0.85, 0.0001518750000000001)]
    [InlineData(100, 0.05, 0.9532159710635725)]
    [InlineData(100, 0.08, 0.5182193645480672)]
    [InlineData(100, 0.12, 0.1033037490181987)]
    [InlineData(140, 0.1, 0.11353657290090946)]
    [InlineData(140, 0.18, 0.0001932001834783552)]
    [InlineData(140, 0.3, 1.1370251710737309e-11)]
    [InlineData(1000, 0.0006, 1.0)]
    [InlineData(1000, 0.01, 0.9999496745370611)]
    [InlineData(1000, 0.03, 0.3226902143914636)]
    [InlineData(1000, 0.05, 0.013012074781090332)]
    [InlineData(1000, 0.1, 3.703687096817711e-09)]
    [InlineData(50000, 0.0008, 0.9999999999999997)]
    [InlineData(50000, 0.004, 0.3994316646755731)]
    [InlineData(50000, 0.01, 9.018048811843602e-05)]
    [InlineData(200000, 0.003, 0.0545369786611305)]
    [InlineData(0, 0.5, 1)]
    [InlineData(10, 0, 1)]
    [InlineData(10, 1, 0)]
    [InlineData(10000, 0.5, 0)]
    public void KolmogorovSurvival_EveryRegion_EqualsScipy(int rows, double distance, double expected) =>
        ReferenceVectors.AssertClose(expected, KolmogorovDistribution.Survival(rows, distance), 1e-9, "sf");

    [Fact]
    public void KolmogorovSurvival_MoreRowsThanASumCanHave_StaysWithinAThousandth() =>
        ReferenceVectors.AssertClose(9.049367287273853e-05, KolmogorovDistribution.Survival(200_000, 0.005), 1e-3, "sf");

    private static void CheckSamples(JsonElement vector, double[] reference, double[] current)
    {
        Array.Sort(reference);
        Array.Sort(current);
        ReferenceVectors.AssertClose(vector.GetProperty("ks").Number("statistic"), KolmogorovSmirnov.Statistic(reference, current), Tolerance, "D");
        ReferenceVectors.AssertClose(vector.GetProperty("wasserstein").Number("value"), Distances.Wasserstein(reference, current), Tolerance, "W1");

        var edges = QuantileBins.Edges(reference, 10);
        Assert.Equal(vector.GetProperty("bins").Numbers("edges"), edges);
        var (referenceCounts, currentCounts) = (Counts(edges, reference), Counts(edges, current));
        Assert.Equal(vector.GetProperty("bins").Numbers("ref_counts"), referenceCounts.Select(count => (double)count));
        Assert.Equal(vector.GetProperty("bins").Numbers("cur_counts"), currentCounts.Select(count => (double)count));
        CheckShares(
            vector.GetProperty("psi").Number("value"),
            vector.GetProperty("js").Number("distance_base_e"),
            vector.GetProperty("js").Number("distance_base_2"),
            referenceCounts,
            currentCounts);
    }

    private static void CheckShares(double psi, double jsBaseE, double jsBase2, long[] referenceCounts, long[] currentCounts)
    {
        // The file's rule for the index: an empty bin has the share 1e-6. Ours adds half a count; both use the same formula.
        ReferenceVectors.AssertClose(psi, Distances.PopulationStability(Shares(referenceCounts, 1e-6), Shares(currentCounts, 1e-6)), Tolerance, "PSI");
        ReferenceVectors.AssertClose(jsBaseE, Distances.JensenShannon(Shares(referenceCounts, 0), Shares(currentCounts, 0), Math.E), Tolerance, "JS e");
        ReferenceVectors.AssertClose(jsBase2, Distances.JensenShannon(Shares(referenceCounts, 0), Shares(currentCounts, 0), 2), Tolerance, "JS 2");
    }

    private static double[] Shares(long[] counts, double empty) =>
        Array.ConvertAll(counts, count => count == 0 ? empty : count / (double)counts.Sum());

    private static long[] Counts(double[] edges, double[] values)
    {
        var counts = new long[edges.Length + 1];
        foreach (var value in values)
        {
            counts[QuantileBins.Find(edges, value)]++;
        }

        return counts;
    }

    private static double[] Normals(ulong seed)
    {
        var random = new SplitMix64(seed);
        var values = new double[100_000];
        for (var i = 0; i < values.Length; i++)
        {
            var sum = random.NextUniform();
            for (var j = 1; j < 12; j++)
            {
                sum += random.NextUniform();
            }

            values[i] = sum - 6;
        }

        return values;
    }

    private static TheoryData<string> Names(string list) =>
        [.. ReferenceVectors.Drift.GetProperty(list).EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];
}
