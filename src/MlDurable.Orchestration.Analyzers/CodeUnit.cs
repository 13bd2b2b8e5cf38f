using System.Collections.Generic;
using Microsoft.CodeAnalysis;

namespace MlDurable.Orchestration.Analyzers;

/// <summary>A method, accessor, initializer, local function or entry lambda: what it does itself, and what it runs.</summary>
/// <param name="symbol">Which one.</param>
/// <param name="location">Where it lies.</param>
/// <param name="isEntry">Whether an engine runs it as an orchestrator.</param>
internal sealed class CodeUnit(ISymbol symbol, Location location, bool isEntry)
{
    public ISymbol Symbol { get; } = symbol;

    public Location Location { get; } = location;

    public bool IsEntry { get; } = isEntry;

    public List<Finding> Findings { get; } = [];

    public List<ISymbol> Runs { get; } = [];
}

/// <summary>A use of what is forbidden in an orchestrator.</summary>
/// <param name="rule">Which rule it breaks.</param>
/// <param name="location">Where.</param>
/// <param name="what">What was found.</param>
internal sealed class Finding(DiagnosticDescriptor rule, Location location, string what)
{
    public DiagnosticDescriptor Rule { get; } = rule;

    public Location Location { get; } = location;

    public string What { get; } = what;
}
