using System.Collections.Immutable;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>The problems of one file. A problem that an alias repeats is kept once.</summary>
internal sealed class ProblemList(string file)
{
    private readonly HashSet<PipelineProblem> problems = [];

    public bool HasErrors => problems.Any(static problem => problem.Severity == PipelineProblemSeverity.Error);

    public void Add(SourceMark mark, string code, string message, PipelineProblemSeverity severity = PipelineProblemSeverity.Error) =>
        problems.Add(new PipelineProblem(file, mark.Line, mark.Column, code, message, severity));

    public ImmutableArray<PipelineProblem> Sorted() =>
        [.. problems.OrderBy(static problem => problem.Line).ThenBy(static problem => problem.Column).ThenBy(static problem => problem.Message, StringComparer.Ordinal)];
}
