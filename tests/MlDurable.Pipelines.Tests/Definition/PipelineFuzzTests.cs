using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Tests.Definition;

public sealed class PipelineFuzzTests
{
    private static readonly string[] Fragments =
    [
        "", " ", "\n", "\t", ":", ": ", "- ", "-", "[", "]", "{", "}", ",", "#", "&a ", "*a", "!", "!!int ", "|", ">", "'", "\"", "%", "@", "`", "?", "? ", "---", "...", "<<: ",
        "~", "null", "true", "no", "08", "0x1F", "0o7", "1e999", ".nan", "-.inf", "-1", "18446744073709551616", "${", "${margin}", "$${", "}", "\\", "\r", "\uFEFF", "é", "\0",
        "\u2028", "😀", "baseline", "roc-auc >= 0.7", "trainer", "column", "rows",
    ];

    /// <param name="Position">Where: a share of the file's length.</param>
    /// <param name="Length">How many characters are replaced.</param>
    /// <param name="Fragment">By what; beyond the fragments, by a copy of another part of the file.</param>
    private sealed record Edit(double Position, int Length, int Fragment);

    private static Gen<Edit> Edits =>
        from position in Gen.Choose(0, 10_000)
        from length in Gen.Frequency((5, Gen.Constant(0)), (5, Gen.Choose(1, 8)), (1, Gen.Choose(9, 200)))
        from fragment in Gen.Choose(0, Fragments.Length + 20)
        select new Edit(position / 10_000.0, length, fragment);

    [Fact]
    public void Load_MutatedFile_GivesADefinitionOrLocatedProblems()
    {
        var texts = Gen.ListOf(Edits).Select(static edits => edits.Aggregate(PipelineText.Valid, Apply));
        var property = Prop.ForAll(texts.ToArbitrary(), static text => Check(Encoding.UTF8.GetBytes(text)));

        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(12), property);
    }

    [Fact]
    public void Load_MutatedBytes_GivesADefinitionOrLocatedProblems()
    {
        var original = Encoding.UTF8.GetBytes(PipelineText.Valid);
        var flips = Gen.Zip(Gen.Choose(0, original.Length - 1), Gen.Choose(0, 255));
        var property = Prop.ForAll(
            Gen.NonEmptyListOf(flips).ToArbitrary(),
            changes =>
            {
                var bytes = (byte[])original.Clone();
                foreach (var (position, value) in changes)
                {
                    bytes[position] = (byte)value;
                }

                Check(bytes);
            });

        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(6), property);
    }

    private static string Apply(string text, Edit edit)
    {
        var start = (int)(edit.Position * text.Length);
        var length = Math.Min(edit.Length, text.Length - start);
        var from = text.Length * (edit.Fragment - Fragments.Length) / 21;
        var fragment = edit.Fragment < Fragments.Length ? Fragments[edit.Fragment] : text.Substring(from, Math.Min(60, text.Length - from));
        return string.Concat(text.AsSpan(0, start), fragment, text.AsSpan(start + length));
    }

    private static void Check(byte[] bytes)
    {
        var result = PipelineFile.Load("p", bytes);
        var isRefused = result.Problems.Any(static problem => problem.Severity == PipelineProblemSeverity.Error);
        Assert.Equal(isRefused, result.Definition is null);
        var lines = 2 + Encoding.UTF8.GetString(bytes).Count(static character => character is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029');
        Assert.All(result.Problems, problem => Assert.True(problem.Line >= 1 && problem.Line <= lines && problem.Column >= 1 && problem.Message.Length > 0));
        Assert.Equal(result.Problems.OrderBy(static problem => (problem.Line, problem.Column)), result.Problems.AsEnumerable());
    }
}
