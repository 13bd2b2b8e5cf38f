using System.Runtime.InteropServices;

namespace MlDurable.Pipelines.Definition.Yaml;

/// <summary>A place in a file; line and column are counted from 1.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SourceMark(int Line, int Column)
{
    public static SourceMark Start { get; } = new(1, 1);
}
