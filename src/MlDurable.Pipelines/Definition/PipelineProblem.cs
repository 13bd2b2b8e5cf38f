namespace MlDurable.Pipelines.Definition;

/// <summary>Whether a problem stops the pipeline.</summary>
public enum PipelineProblemSeverity
{
    /// <summary>The file gives no definition.</summary>
    Error,

    /// <summary>The file gives a definition, which may not be what was meant.</summary>
    Warning,
}

/// <summary>Something wrong at one place of a pipeline file.</summary>
/// <param name="File">The file's name as it was given.</param>
/// <param name="Line">The line, counted from 1.</param>
/// <param name="Column">The column, counted from 1 in UTF-16 units.</param>
/// <param name="Code">The kind of problem, stable between versions: one of <see cref="PipelineProblemCodes"/>.</param>
/// <param name="Message">What was found and what was expected.</param>
/// <param name="Severity">Whether it stops the pipeline.</param>
public sealed record PipelineProblem(
    string File,
    int Line,
    int Column,
    string Code,
    string Message,
    PipelineProblemSeverity Severity = PipelineProblemSeverity.Error)
{
    /// <summary>The problem as compilers print it: <c>pipeline.yaml:12:5: unknown key 'tress'; did you mean 'trees'?</c></summary>
    public override string ToString() =>
        $"{File}:{Line}:{Column}: {(Severity == PipelineProblemSeverity.Warning ? "warning: " : "")}{Message}";
}

/// <summary>The codes of <see cref="PipelineProblem"/>.</summary>
public static class PipelineProblemCodes
{
    /// <summary>A key that its section does not have.</summary>
    public const string UnknownKey = "unknown-key";

    /// <summary>A section or setting of a later version.</summary>
    public const string NotYetSupported = "not-yet-supported";

    /// <summary>The same key twice in one mapping.</summary>
    public const string DuplicateKey = "duplicate-key";

    /// <summary>A required key that is not there.</summary>
    public const string MissingKey = "missing-key";

    /// <summary>A value of another type than expected.</summary>
    public const string WrongType = "wrong-type";

    /// <summary>A value of the right type that cannot be.</summary>
    public const string InvalidValue = "invalid-value";

    /// <summary>A name of a trainer, metric, choice or parameter that does not exist.</summary>
    public const string UnknownName = "unknown-name";

    /// <summary>A name of a trainer of one's own that this program has not registered.</summary>
    public const string TrainerNotRegistered = "trainer-not-registered";

    /// <summary>A name of a transform of one's own that this program has not registered.</summary>
    public const string TransformNotRegistered = "transform-not-registered";

    /// <summary>Two settings that contradict each other.</summary>
    public const string Conflict = "conflict";

    /// <summary>Text that is not YAML, or YAML that pipeline files do not use.</summary>
    public const string Syntax = "syntax";

    /// <summary>A file beyond the limits of size, depth or aliases.</summary>
    public const string TooLarge = "too-large";

    /// <summary>A parameter that is declared and never used.</summary>
    public const string UnusedParameter = "unused-parameter";
}
