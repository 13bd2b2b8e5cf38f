using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace MlDurable.Orchestration.Analyzers;

/// <summary>Reads a block of operations into the units of code that it consists of.</summary>
internal sealed class CodeReader(Contract contract, IAssemblySymbol assembly, Action<CodeUnit> add) : OperationWalker
{
    private CodeUnit _unit = null!;

    public void Read(ISymbol owner, IOperation block)
    {
        var isEntry = owner is IMethodSymbol method && contract.IsEntry(method);
        ReadUnit(new CodeUnit(owner, block.Syntax.GetLocation(), isEntry), () => Visit(block));
    }

    public override void VisitInvocation(IInvocationOperation operation)
    {
        var method = operation.TargetMethod;
        if (method.Name == "ConfigureAwait" && method.ContainingNamespace.ToDisplayString() == "System.Threading.Tasks")
        {
            if (!KeepsContext(operation.Arguments[operation.Arguments.Length - 1].Value))
            {
                Find(Rules.ConfigureAwait, operation, Display(method));
            }
        }
        else
        {
            Use(method, operation, operation.Instance?.Type);
        }

        base.VisitInvocation(operation);
    }

    public override void VisitObjectCreation(IObjectCreationOperation operation)
    {
        if (operation.Constructor is { } constructor)
        {
            Use(constructor, operation, operation.Type);
        }

        base.VisitObjectCreation(operation);
    }

    public override void VisitPropertyReference(IPropertyReferenceOperation operation)
    {
        var property = operation.Property;
        if (property.Name == "Result" && property.ContainingType is { Name: "Task" or "ValueTask" } type && type.ContainingNamespace.ToDisplayString() == "System.Threading.Tasks")
        {
            if (!IsKnownToBeComplete(operation))
            {
                Find(Rules.Blocking, operation, Display(property));
            }
        }
        else if (Forbidden.RuleOf(property.OriginalDefinition, operation.Instance?.Type) is { } rule)
        {
            Find(rule, operation, Display(property));
        }
        else if (property is { IsStatic: true, SetMethod: not null })
        {
            Find(Rules.StaticState, operation, Display(property));
        }

        var isTarget = operation.Parent is IAssignmentOperation assignment && assignment.Target == operation;
        var alsoReads = !isTarget || operation.Parent is ICompoundAssignmentOperation or ICoalesceAssignmentOperation;
        Run(alsoReads ? property.GetMethod : null);
        Run(isTarget || operation.Parent is IIncrementOrDecrementOperation ? property.SetMethod : null);
        Run(property.IsStatic ? property : null);
        base.VisitPropertyReference(operation);
    }

    public override void VisitFieldReference(IFieldReferenceOperation operation)
    {
        var field = operation.Field;
        if (field is { IsStatic: true, IsConst: false })
        {
            if (!field.IsReadOnly)
            {
                Find(Rules.StaticState, operation, Display(field));
            }

            Run(field);
        }

        base.VisitFieldReference(operation);
    }

    public override void VisitMethodReference(IMethodReferenceOperation operation)
    {
        if (!IsRegistered(operation))
        {
            Use(operation.Method, operation, operation.Instance?.Type);
        }

        base.VisitMethodReference(operation);
    }

    public override void VisitAnonymousFunction(IAnonymousFunctionOperation operation)
    {
        if (contract.IsEntry(operation.Symbol))
        {
            ReadUnit(new CodeUnit(operation.Symbol, operation.Syntax.GetLocation(), isEntry: true), () => base.VisitAnonymousFunction(operation));
        }
        else if (!contract.IsOutside(operation.Symbol) && !IsRegistered(operation))
        {
            base.VisitAnonymousFunction(operation);
        }
    }

    public override void VisitLocalFunction(ILocalFunctionOperation operation) =>
        ReadUnit(new CodeUnit(operation.Symbol, operation.Syntax.GetLocation(), isEntry: false), () => base.VisitLocalFunction(operation));

    public override void VisitBinaryOperator(IBinaryOperation operation)
    {
        Run(operation.OperatorMethod);
        base.VisitBinaryOperator(operation);
    }

    public override void VisitUnaryOperator(IUnaryOperation operation)
    {
        Run(operation.OperatorMethod);
        base.VisitUnaryOperator(operation);
    }

    public override void VisitConversion(IConversionOperation operation)
    {
        Run(operation.OperatorMethod);
        base.VisitConversion(operation);
    }

    public override void VisitCompoundAssignment(ICompoundAssignmentOperation operation)
    {
        Run(operation.OperatorMethod);
        base.VisitCompoundAssignment(operation);
    }

    public override void VisitIncrementOrDecrement(IIncrementOrDecrementOperation operation)
    {
        Run(operation.OperatorMethod);
        base.VisitIncrementOrDecrement(operation);
    }

    public override void VisitLock(ILockOperation operation)
    {
        Find(Rules.Blocking, operation.LockedValue, "'lock'");
        base.VisitLock(operation);
    }

    public override void VisitForEachLoop(IForEachLoopOperation operation)
    {
        if (operation.Syntax is CommonForEachStatementSyntax syntax && operation.SemanticModel is { } model)
        {
            var info = model.GetForEachStatementInfo(syntax);
            Run(info.GetEnumeratorMethod);
            Run(info.MoveNextMethod);
            Run(info.CurrentProperty?.GetMethod);
        }

        base.VisitForEachLoop(operation);
    }

    public override void VisitWhileLoop(IWhileLoopOperation operation)
    {
        JudgeLoop(operation, operation.Condition);
        base.VisitWhileLoop(operation);
    }

    public override void VisitForLoop(IForLoopOperation operation)
    {
        JudgeLoop(operation, operation.Condition);
        base.VisitForLoop(operation);
    }

    private static string Display(ISymbol member) => member is IMethodSymbol { MethodKind: MethodKind.Constructor }
        ? $"'new {member.ContainingType.Name}'"
        : $"'{member.ContainingType.Name}.{member.Name}'";

    /// <summary>Whether the argument of a <c>ConfigureAwait</c> surely keeps the captured context.</summary>
    private static bool KeepsContext(IOperation argument) => argument.ConstantValue is { HasValue: true, Value: var value }
        && value switch { bool keeps => keeps, int options => (options & 1) != 0, _ => false };

    /// <summary>Whether the task, or the collection that it comes from, was awaited or asked whether it is complete, further up in the same member.</summary>
    private static bool IsKnownToBeComplete(IPropertyReferenceOperation result)
    {
        var root = (IOperation)result;
        var source = (IOperation)result;
        while (root.Parent is { } parent)
        {
            if (parent is IInvocationOperation or IForEachLoopOperation)
            {
                source = parent is IForEachLoopOperation loop ? loop.Collection : parent;
            }

            root = parent;
        }

        var tasks = new HashSet<ISymbol>(TasksIn(result).Concat(IsOfLambda(result) ? TasksIn(source) : []), SymbolEqualityComparer.Default);
        return root.Descendants().Any(earlier => earlier.Syntax.SpanStart < result.Syntax.SpanStart
            && earlier is IAwaitOperation or IPropertyReferenceOperation { Property.Name: "IsCompleted" or "IsCompletedSuccessfully" }
            && !earlier.Syntax.Span.Contains(result.Syntax.Span)
            && TasksIn(earlier).Any(tasks.Contains));
    }

    private static bool IsOfLambda(IPropertyReferenceOperation result) =>
        result.Instance is IParameterReferenceOperation { Parameter.ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.AnonymousFunction } };

    private static IEnumerable<ISymbol> TasksIn(IOperation operation) => operation.DescendantsAndSelf()
        .Where(part => part.Type is { } type && HoldsTasks(type))
        .Select(part => part switch
        {
            ILocalReferenceOperation local => (ISymbol)local.Local,
            IParameterReferenceOperation parameter => parameter.Parameter,
            _ => null,
        })
        .OfType<ISymbol>();

    private static bool HoldsTasks(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => HoldsTasks(array.ElementType),
        INamedTypeSymbol named => named.Name is "Task" or "ValueTask" || named.TypeArguments.Any(HoldsTasks),
        _ => false,
    };

    private static bool Leaves(IOperation operation, ILoopOperation loop) => operation switch
    {
        IAnonymousFunctionOperation or ILocalFunctionOperation => false,
        IReturnOperation or IThrowOperation => true,
        IBranchOperation { BranchKind: BranchKind.Break } branch => SymbolEqualityComparer.Default.Equals(branch.Target, loop.ExitLabel),
        IBranchOperation { BranchKind: BranchKind.GoTo } branch =>
            branch.Target.DeclaringSyntaxReferences.All(label => !loop.Syntax.Span.Contains(label.Span)),
        _ => operation.ChildOperations.Any(child => Leaves(child, loop)),
    };

    private void JudgeLoop(ILoopOperation loop, IOperation? condition)
    {
        var isEndless = condition is null || condition.ConstantValue is { HasValue: true, Value: true };
        if (isEndless && !Leaves(loop.Body, loop))
        {
            _unit.Findings.Add(new Finding(Rules.EndlessLoop, loop.Syntax.GetFirstToken().GetLocation(), "A loop without an end"));
        }
    }

    /// <summary>Whether a delegate is only handed to a catalog.</summary>
    private bool IsRegistered(IOperation operation)
    {
        var current = operation.Parent;
        while (current is IConversionOperation or IDelegateCreationOperation)
        {
            current = current.Parent;
        }

        return current is IArgumentOperation { Parent: IInvocationOperation call } && contract.IsRegistration(call.TargetMethod);
    }

    private void Use(IMethodSymbol method, IOperation operation, ITypeSymbol? receiver)
    {
        if (Forbidden.RuleOf((method.ReducedFrom ?? method).OriginalDefinition, receiver) is { } rule)
        {
            Find(rule, operation, Display(method));
        }

        Run(method);
    }

    private void Find(DiagnosticDescriptor rule, IOperation operation, string what) => _unit.Findings.Add(new Finding(rule, operation.Syntax.GetLocation(), what));

    private void Run(ISymbol? symbol)
    {
        var declared = symbol is IMethodSymbol { ReducedFrom: { } extension } ? extension.OriginalDefinition : symbol?.OriginalDefinition;
        if (declared is not null && SymbolEqualityComparer.Default.Equals(declared.ContainingAssembly, assembly) && !contract.IsOutside(declared))
        {
            _unit.Runs.Add(declared);
        }
    }

    private void ReadUnit(CodeUnit unit, Action read)
    {
        var outer = _unit;
        _unit = unit;
        read();
        _unit = outer;
        add(unit);
    }
}
