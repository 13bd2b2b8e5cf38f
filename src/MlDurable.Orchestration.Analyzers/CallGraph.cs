using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace MlDurable.Orchestration.Analyzers;

/// <summary>Which code of a compilation runs which.</summary>
internal sealed class CallGraph
{
    private readonly ILookup<ISymbol, CodeUnit> _units;
    private readonly ILookup<ISymbol, ISymbol> _implementations;

    public CallGraph(IEnumerable<CodeUnit> units, IEnumerable<INamedTypeSymbol> types)
    {
        // The compiler hands the parts over in any order; the answer has one.
        var ordered = units.OrderBy(unit => unit.Location.SourceTree!.FilePath, StringComparer.Ordinal).ThenBy(unit => unit.Location.SourceSpan.Start).ToList();
        _units = ordered.ToLookup(unit => unit.Symbol, SymbolEqualityComparer.Default);
        Entries = ordered.FindAll(unit => unit.IsEntry);
        _implementations = types.OrderBy(type => type.ToDisplayString(), StringComparer.Ordinal).SelectMany(ImplementationsIn)
            .ToLookup(pair => pair.Declared, pair => pair.Implementation, SymbolEqualityComparer.Default);
    }

    public IReadOnlyList<CodeUnit> Entries { get; }

    public static string NameOf(ISymbol symbol) => symbol switch
    {
        IMethodSymbol { MethodKind: MethodKind.AnonymousFunction } => NameOf(symbol.ContainingSymbol),
        IMethodSymbol { MethodKind: MethodKind.LocalFunction } => symbol.Name,
        IMethodSymbol { MethodKind: MethodKind.Constructor } => "new " + symbol.ContainingType.Name,
        IMethodSymbol { AssociatedSymbol: { } property } => NameOf(property),
        _ when symbol.ContainingType is { } type => type.Name + "." + symbol.Name,
        _ => symbol.Name,
    };

    /// <summary>Everything that an entry runs, by the shortest path, nearest first.</summary>
    public IEnumerable<(CodeUnit Unit, ImmutableList<string> Path)> ReachedFrom(CodeUnit entry, Contract contract)
    {
        var seen = new HashSet<CodeUnit> { entry };
        var next = new Queue<(CodeUnit Unit, ImmutableList<string> Path)>();
        next.Enqueue((entry, [NameOf(entry.Symbol)]));
        while (next.Count > 0)
        {
            var (unit, path) = next.Dequeue();
            yield return (unit, path);
            foreach (var symbol in unit.Runs.SelectMany(RunBy).Where(symbol => !contract.IsOutside(symbol)))
            {
                foreach (var reached in _units[symbol].Where(seen.Add))
                {
                    next.Enqueue((reached, path.Add(NameOf(symbol))));
                }
            }
        }
    }

    /// <summary>A call of a member runs it, or what overrides or implements it; a constructor also runs the initializers of its type.</summary>
    private IEnumerable<ISymbol> RunBy(ISymbol symbol)
    {
        var all = new List<ISymbol> { symbol };
        for (var index = 0; index < all.Count; index++)
        {
            all.AddRange(_implementations[all[index]]);
        }

        if (symbol is IMethodSymbol { MethodKind: MethodKind.Constructor } constructor)
        {
            all.AddRange(constructor.ContainingType.GetMembers().Where(member => !member.IsStatic && member is IFieldSymbol or IPropertySymbol));
        }

        return all;
    }

    private static IEnumerable<(ISymbol Declared, ISymbol Implementation)> ImplementationsIn(INamedTypeSymbol type)
    {
        foreach (var member in type.GetMembers())
        {
            ISymbol? overridden = member switch
            {
                IMethodSymbol method => method.OverriddenMethod,
                _ => null,
            };
            if (overridden is not null)
            {
                yield return (overridden.OriginalDefinition, member);
            }
        }

        foreach (var declared in type.AllInterfaces.SelectMany(contract => contract.GetMembers()).Where(member => member is IMethodSymbol))
        {
            if (type.FindImplementationForInterfaceMember(declared) is { } implementation)
            {
                yield return (declared.OriginalDefinition, implementation.OriginalDefinition);
            }
        }
    }
}
