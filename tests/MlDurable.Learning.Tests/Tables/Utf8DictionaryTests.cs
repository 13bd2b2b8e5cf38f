using System.Text;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Tables;

public sealed class Utf8DictionaryTests
{
    [Fact]
    public void Find_OfManyTexts_GivesTheCodeOfEach()
    {
        var dictionary = new Utf8Dictionary();
        var texts = Enumerable.Range(0, 20_000).Select(i => Encoding.UTF8.GetBytes($"é{i}")).Append([]).ToArray();
        for (var code = 0; code < texts.Length; code++)
        {
            Assert.Equal(-1, dictionary.Find(texts[code], Utf8Dictionary.Hash(texts[code])));
            Assert.Equal(code, dictionary.Add(texts[code], Utf8Dictionary.Hash(texts[code])));
        }

        Assert.Equal(texts.Length, dictionary.Count);
        for (var code = 0; code < texts.Length; code++)
        {
            Assert.Equal(code, dictionary.Find(texts[code], dictionary.Hash(code)));
            Assert.Equal(texts[code], dictionary[code].ToArray());
        }

        dictionary.Clear();
        Assert.Equal(-1, dictionary.Find(texts[7], Utf8Dictionary.Hash(texts[7])));
        Assert.Equal(0, dictionary.Add(texts[7], Utf8Dictionary.Hash(texts[7])));
    }

    [Fact]
    public void Find_TextsOfOneHash_TellsThemApart()
    {
        var dictionary = new Utf8Dictionary();
        for (var i = 0; i < 100; i++)
        {
            dictionary.Add([(byte)i], hash: 5);
        }

        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal(i, dictionary.Find([(byte)i], hash: 5)));
        Assert.Equal(-1, dictionary.Find([100], hash: 5));
    }
}
