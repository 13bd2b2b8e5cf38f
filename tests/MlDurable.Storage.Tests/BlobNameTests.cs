using FsCheck;
using FsCheck.Fluent;

namespace MlDurable.Storage.Tests;

public sealed class BlobNameTests
{
    [Theory]
    [InlineData("data/x")]
    [InlineData("abc/x/y/z.csv")]
    [InlineData("a-1/..x")]
    [InlineData("data/...x")]
    [InlineData("data/ leading space")]
    [InlineData("data/console.txt")]
    [InlineData("data/com10")]
    [InlineData("data/com")]
    public void Problem_ValidName_IsNull(string name) => Assert.Null(BlobName.Problem(name));

    [Theory]
    [InlineData("", "empty")]
    [InlineData("/data/x", "absolute")]
    [InlineData("data", "has no '/'")]
    [InlineData("data/", "empty segment")]
    [InlineData("data//x", "empty segment")]
    [InlineData("data/..", "leave its place")]
    [InlineData("data/../x", "leave its place")]
    [InlineData("data/./x", "leave its place")]
    [InlineData("data/x.", "dot or a space")]
    [InlineData("data/x /y", "dot or a space")]
    [InlineData("data/a\\b", "character \\")]
    [InlineData("C:/x", "character :")]
    [InlineData("data/a*b", "character *")]
    [InlineData("data/a\nb", "U+000A")]
    [InlineData("data/a\u0000b", "U+0000")]
    [InlineData("data/a\u0085b", "U+0085")]
    [InlineData("data/a\uFFFDb", "U+FFFD")]
    [InlineData("data/con", "device")]
    [InlineData("data/NUL.txt", "device")]
    [InlineData("data/aux .tar.gz", "device")]
    [InlineData("data/Com1/x", "device")]
    [InlineData("data/lpt².x", "device")]
    [InlineData("con/x", "device")]
    [InlineData("data/.mldurable-tmp/x", ".mldurable-tmp")]
    [InlineData("data/x.MLDURABLE-TMP", ".mldurable-tmp")]
    [InlineData("ab/x", "container")]
    [InlineData("Data/x", "container")]
    [InlineData("da_ta/x", "container")]
    [InlineData("-data/x", "container")]
    [InlineData("data-/x", "container")]
    [InlineData("da--ta/x", "container")]
    [InlineData("$web/x", "container")]
    [InlineData("../x", "container")]
    public void Problem_InvalidName_SaysWhy(string name, string reason) =>
        Assert.Contains(reason, BlobName.Problem(name)!, StringComparison.Ordinal);

    [Fact]
    public void Problem_LoneSurrogate_SaysWhy()
    {
        Assert.Contains("U+D83E", BlobName.Problem("data/" + '\uD83E')!, StringComparison.Ordinal);
        Assert.Contains("U+DD85", BlobName.Problem("data/" + '\uDD85' + "x")!, StringComparison.Ordinal);
    }

    [Fact]
    public void Problem_Lengths_AreCountedInBytes()
    {
        Assert.Null(BlobName.Problem("data/" + new string('x', 255)));
        Assert.Contains("longer than 255", BlobName.Problem("data/" + new string('x', 256))!, StringComparison.Ordinal);
        Assert.Contains("longer than 255", BlobName.Problem("data/" + new string('ä', 128))!, StringComparison.Ordinal);
        var segment = new string('x', 254) + "/";
        Assert.Null(BlobName.Problem("data/" + string.Concat(Enumerable.Repeat(segment, 3)) + new string('x', 254)));
        Assert.Contains("longer than 1024", BlobName.Problem("data/" + string.Concat(Enumerable.Repeat(segment, 4)) + "x")!, StringComparison.Ordinal);
        Assert.Null(BlobName.Problem("data" + string.Concat(Enumerable.Repeat("/x", 253))));
        Assert.Contains("254 segments", BlobName.Problem("data" + string.Concat(Enumerable.Repeat("/x", 254)))!, StringComparison.Ordinal);
        Assert.Null(BlobName.Problem(new string('a', 63) + "/x"));
        Assert.Contains("container", BlobName.Problem(new string('a', 64) + "/x")!, StringComparison.Ordinal);
    }

    [Fact]
    public void Problem_AnyAcceptedName_StaysBelowTheRootAndKeepsItsSegments()
    {
        var root = Path.Combine(Path.GetTempPath(), "root");
        var accepted = 0;
        var property = Prop.ForAll(NastyNames().ToArbitrary(), name =>
        {
            if (BlobName.Problem(name) is not null)
            {
                return true;
            }

            accepted++;
            var path = Path.GetFullPath(Path.Combine(root, name));
            return path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                && path[(root.Length + 1)..].Split(Path.DirectorySeparatorChar).SequenceEqual(name.Split('/'))
                && !name.Any(char.IsControl);
        });

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5000), property);

        Assert.InRange(accepted, 250, 5000);
    }

    private static Gen<string> NastyNames()
    {
        var nasty = Gen.Elements(
            "..", ".", "", " ", "...", "a", "data", "x.csv", "~", "%2e%2e", "con", "\\", "..\\..", "C:", "\0", "a\0b", "\u2025", "\uFF0F", "\u2215", "é", "a.", "a ", ".mldurable-tmp", "-");
        var text = ArbMap.Default.GeneratorFor<string>().Where(value => value is not null);
        var segment = Gen.Frequency((8, Gen.Elements("a", "x.csv", "2001", "ä b")), (4, nasty), (1, text), (1, nasty.Zip(nasty, (first, second) => first + second)));
        var container = Gen.Frequency((4, Gen.Elements("data", "runs", "a-1")), (1, segment));
        return container.Zip(segment.ListOf(), (first, rest) => string.Join('/', rest.Prepend(first)));
    }
}
