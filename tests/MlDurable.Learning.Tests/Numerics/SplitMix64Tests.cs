using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

public sealed class SplitMix64Tests
{
    // Computed with the published C code of SplitMix64 (state += 0x9E3779B97F4A7C15 before each output).
    [Fact]
    public void Next_Seed101_GivesTheReferenceSequence()
    {
        var random = new SplitMix64(101);
        ulong[] expected = [0xd1024a5fad64d717, 0x466a7d0954b76a3, 0x44c666b6b3e8ba5a, 0x8df8fb6da7904e2f, 0xdc29e75332923541];
        Assert.Equal(expected, Enumerable.Range(0, 5).Select(_ => random.Next()));
    }

    [Fact]
    public void At_AnyPlace_IsWhatTheSequenceHasThere()
    {
        var sequence = new SplitMix64(ulong.MaxValue - 3);
        Assert.All(Enumerable.Range(0, 100), place => Assert.Equal(sequence.Next(), SplitMix64.At(ulong.MaxValue - 3, place)));
    }

    [Fact]
    public void Next_SeedAbove63Bits_GivesTheReferenceSequence()
    {
        var random = new SplitMix64(0xDEADBEEFCAFEBABE);
        ulong[] expected = [0xd7d93560d1929d2, 0x491dfb740e50d43f, 0x42722bf4473e5e7d];
        Assert.Equal(expected, Enumerable.Range(0, 3).Select(_ => random.Next()));
    }

    [Fact]
    public void NextUniform_Seed101_GivesTheReferenceSequence()
    {
        var random = new SplitMix64(101);
        double[] expected = [0.8164412005984503, 0.01719139902460909, 0.26865236244694557, 0.554580415984277, 0.8600143983954431];
        Assert.Equal(expected, Enumerable.Range(0, 5).Select(_ => random.NextUniform()));
    }

    [Fact]
    public void NextInt_AnyBound_IsTheFloorOfTheScaledUniform()
    {
        var integers = new SplitMix64(101);
        var uniforms = new SplitMix64(101);
        for (var bound = 1; bound < 1000; bound++)
        {
            Assert.Equal((int)Math.Floor(uniforms.NextUniform() * bound), integers.NextInt(bound));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void NextInt_BoundBelowOne_IsRefused(int bound) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SplitMix64(1).NextInt(bound));

    [Fact]
    public void Shuffle_OfThreeItems_GivesEachOrderEquallyOften()
    {
        var random = new SplitMix64(3);
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 6000; i++)
        {
            char[] items = ['a', 'b', 'c'];
            random.Shuffle<char>(items);
            counts[new string(items)] = counts.GetValueOrDefault(new string(items)) + 1;
        }

        // Six orders, 1000 expected each; 5 standard deviations are about 145.
        Assert.Equal(6, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 855, 1145));
    }
}
