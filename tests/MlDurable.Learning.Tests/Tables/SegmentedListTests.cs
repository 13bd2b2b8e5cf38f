using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Tables;

public sealed class SegmentedListTests
{
    [Fact]
    public void Take_AfterPiecesOfAnyLength_GivesAllInOrderAndEmptiesTheList()
    {
        var random = new SplitMix64(3);
        var list = new SegmentedList<int>();
        var expected = new List<int>();
        for (var i = 0; i < 300; i++)
        {
            var piece = Enumerable.Range(expected.Count, random.NextInt(3000)).ToArray();
            list.Append(piece);
            expected.AddRange(piece);
            list.Append(-1, i);
            expected.AddRange(Enumerable.Repeat(-1, i));
        }

        Assert.Equal(expected.Count, list.Count);
        Assert.Equal(expected, Enumerable.Range(0, list.SegmentCount).SelectMany(segment => list.Segment(segment).ToArray()));
        Assert.Equal(expected, list.Take());
        Assert.Equal(0, list.Count);
        Assert.Empty(list.Take());
    }
}
