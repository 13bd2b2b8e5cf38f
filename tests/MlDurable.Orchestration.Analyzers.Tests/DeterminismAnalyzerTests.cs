using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MlDurable.Orchestration.Analyzers.Tests;

public sealed class DeterminismAnalyzerTests
{
    private const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; "
        + "global using System.Threading; global using System.Threading.Tasks; global using MlDurable.Orchestration;";

    private static readonly ImmutableArray<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    private static readonly string Folder = Repository.PathOf("tests", "MlDurable.Orchestration.Analyzers.Tests");

    public static TheoryData<string> Wrong => Programs("Wrong");

    public static TheoryData<string> Right => Programs("Right");

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task WrongProgram_Analyzed_IsRefusedAtTheMarkedLines(string program)
    {
        var source = await File.ReadAllTextAsync(Path.Combine(Folder, "Wrong", program));
        var expected = source.Split('\n').SelectMany((line, index) => line.Contains("// MLD", StringComparison.Ordinal)
            ? line[(line.IndexOf("// ", StringComparison.Ordinal) + 3)..].Split(' ').Select(id => $"{index + 1}: {id}")
            : []).ToList();

        var found = await AnalyzeAsync(source);

        Assert.NotEmpty(expected);
        Assert.Equal(expected.Order(), found.Select(diagnostic => $"{diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1}: {diagnostic.Id}").Order());
        Assert.All(found, diagnostic => Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity));
    }

    [Theory]
    [MemberData(nameof(Right))]
    public async Task RightProgram_Analyzed_IsAccepted(string program)
    {
        Assert.Empty(await AnalyzeAsync(await File.ReadAllTextAsync(Path.Combine(Folder, "Right", program))));
    }

    [Fact]
    public async Task Message_OfAHelper_NamesTheCallTheOrchestratorThePathAndWhatToUse()
    {
        var diagnostic = Assert.Single(await AnalyzeAsync("""
            public sealed class Nightly : Orchestrator<string, string>
            {
                public override async Task<string> RunAsync(OrchestrationContext context, string input) { await Task.CompletedTask; return Names.Make(); }
            }

            public static class Names
            {
                public static string Make() => Stamp();

                private static string Stamp() => $"{DateTime.UtcNow:O}";
            }
            """));

        Assert.Equal(
            "'DateTime.UtcNow' is not deterministic in orchestrator 'Nightly', which runs it by Nightly.RunAsync -> Names.Make -> Names.Stamp. Use context.CurrentUtcDateTime.",
            diagnostic.GetMessage());
    }

    [Fact]
    public void Rules_All_AreTriedByTheCorpus()
    {
        var corpus = string.Concat(Directory.EnumerateFiles(Path.Combine(Folder, "Wrong")).Select(File.ReadAllText));

        Assert.All(Rules.All, rule => Assert.Contains("// " + rule.Id, corpus, StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_All_AreInTheDocumentation()
    {
        var rows = Repository.Read("docs", "embedding.md").Split('\n').Where(line => line.StartsWith("| `MLD", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Select(cells => (cells[1].Trim('`'), cells[2]));

        Assert.Equal(Rules.All.Select(rule => (rule.Id, rule.Title.ToString())), rows);
    }

    private static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(string source)
    {
        var compilation = CSharpCompilation.Create(
            "Program", [CSharpSyntaxTree.ParseText(source, path: "Program.cs"), CSharpSyntaxTree.ParseText(Usings, path: "Usings.cs")], References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        var failures = new List<string>();
        var options = new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([]), (exception, _, _) => failures.Add(exception.ToString()), concurrentAnalysis: true, logAnalyzerExecutionTime: false);
        var diagnostics = await compilation.WithAnalyzers([new DeterminismAnalyzer()], options).GetAnalyzerDiagnosticsAsync();
        Assert.Empty(failures);
        return diagnostics;
    }

    private static TheoryData<string> Programs(string kind) => [.. Directory.EnumerateFiles(Path.Combine(Folder, kind), "*.cs").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
