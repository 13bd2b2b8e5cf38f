using System.Text;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

public sealed class MurmurHash3Tests
{
    // sklearn.utils.murmurhash3_32(text, seed=0, positive=True), scikit-learn 1.2.1.
    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("a", 0x3C2569B2u)]
    [InlineData("ab", 0x9BBFD75Fu)]
    [InlineData("abc", 0xB3DD93FAu)]
    [InlineData("abcd", 0x43ED676Au)]
    [InlineData("N12345", 0x4BE2B8E8u)]
    [InlineData("Zürich-Kloten", 0xBE43F0AAu)]
    [InlineData("日本 🐦", 0x7505109Fu)]
    public void Compute_AnyText_IsTheHashOfScikitLearn(string text, uint expected) => Assert.Equal(expected, MurmurHash3.Compute(Encoding.UTF8.GetBytes(text)));
}
