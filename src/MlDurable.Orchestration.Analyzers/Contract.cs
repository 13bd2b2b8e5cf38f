using System.Linq;
using Microsoft.CodeAnalysis;

namespace MlDurable.Orchestration.Analyzers;

/// <summary>The types of the contract, in a compilation that refers to it.</summary>
internal sealed class Contract
{
    private readonly INamedTypeSymbol _orchestrator;
    private readonly INamedTypeSymbol _activity;
    private readonly INamedTypeSymbol _orchestrationContext;
    private readonly INamedTypeSymbol _activityContext;
    private readonly INamedTypeSymbol _catalog;

    private Contract(
        INamedTypeSymbol orchestrator, INamedTypeSymbol activity, INamedTypeSymbol orchestrationContext, INamedTypeSymbol activityContext, INamedTypeSymbol catalog)
    {
        _orchestrator = orchestrator;
        _activity = activity;
        _orchestrationContext = orchestrationContext;
        _activityContext = activityContext;
        _catalog = catalog;
    }

    public static Contract? Find(Compilation compilation)
    {
        return Type("Orchestrator`2") is { } orchestrator && Type("Activity`2") is { } activity && Type("OrchestrationContext") is { } orchestrationContext
            && Type("ActivityContext") is { } activityContext && Type("OrchestrationCatalog") is { } catalog
            ? new Contract(orchestrator, activity, orchestrationContext, activityContext, catalog)
            : null;

        INamedTypeSymbol? Type(string name) => compilation.GetTypeByMetadataName("MlDurable.Orchestration." + name);
    }

    public bool IsOrchestrator(ITypeSymbol type) => DerivesFrom(type, _orchestrator);

    /// <summary>Whether it is the entry of an orchestrator: <c>RunAsync</c> itself, or a lambda that takes the context first.</summary>
    public bool IsEntry(IMethodSymbol method) => method.MethodKind == MethodKind.AnonymousFunction
        ? TakesFirst(method, _orchestrationContext)
        : method is { Name: "RunAsync", IsOverride: true } && TakesFirst(method, _orchestrationContext) && IsOrchestrator(method.ContainingType);

    /// <summary>Whether it is never part of an orchestrator: an activity, or the engine's own side of the contract.</summary>
    public bool IsOutside(ISymbol symbol) =>
        (symbol is IMethodSymbol method && TakesFirst(method, _activityContext))
        || (symbol.ContainingType is { } type && (DerivesFrom(type, _activity) || DerivesFrom(type, _orchestrationContext)));

    /// <summary>Whether a call registers what it is given, rather than running it.</summary>
    public bool IsRegistration(IMethodSymbol method) =>
        SymbolEqualityComparer.Default.Equals(method.ContainingType, _catalog) || (method.ReducedFrom ?? method) is { IsExtensionMethod: true } extension && TakesFirst(extension, _catalog);

    private static bool TakesFirst(IMethodSymbol method, ITypeSymbol type) =>
        method.Parameters.FirstOrDefault() is { } first && SymbolEqualityComparer.Default.Equals(first.Type, type);

    private static bool DerivesFrom(ITypeSymbol type, INamedTypeSymbol ancestor)
    {
        for (var current = type; current is not null; current = current.BaseType)
        {
            if (SymbolEqualityComparer.Default.Equals(current.OriginalDefinition, ancestor))
            {
                return true;
            }
        }

        return false;
    }
}
