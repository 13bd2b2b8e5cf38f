using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MlDurable.Orchestration.Analyzers;

/// <summary>
/// Refuses orchestrators that a replay could not repeat. It follows them through everything whose source is in the same compilation; activities are free
/// to do as they like.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DeterminismAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc />
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => Rules.All;

    /// <inheritdoc />
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (Contract.Find(start.Compilation) is not { } contract)
            {
                return;
            }

            var assembly = start.Compilation.Assembly;
            var units = new ConcurrentBag<CodeUnit>();
            var types = new ConcurrentBag<INamedTypeSymbol>();
            start.RegisterSymbolAction(symbol => types.Add((INamedTypeSymbol)symbol.Symbol), SymbolKind.NamedType);
            start.RegisterOperationBlockAction(block =>
            {
                foreach (var operation in block.OperationBlocks)
                {
                    new CodeReader(contract, assembly, units.Add).Read(block.OwningSymbol, operation);
                }
            });
            start.RegisterCompilationEndAction(end => Report(end, contract, new CallGraph(units, types)));
        });
    }

    private static void Report(CompilationAnalysisContext context, Contract contract, CallGraph graph)
    {
        var reported = new HashSet<(string, Location)>();
        foreach (var entry in graph.Entries)
        {
            var orchestrator = entry.Symbol is IMethodSymbol { MethodKind: MethodKind.AnonymousFunction } ? "lambda in " + CallGraph.NameOf(entry.Symbol) : entry.Symbol.ContainingType.Name;
            foreach (var (unit, path) in graph.ReachedFrom(entry, contract))
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                foreach (var finding in unit.Findings.Where(finding => reported.Add((finding.Rule.Id, finding.Location))))
                {
                    context.ReportDiagnostic(Diagnostic.Create(finding.Rule, finding.Location, finding.What, orchestrator, string.Join(" -> ", path)));
                }
            }
        }
    }
}
