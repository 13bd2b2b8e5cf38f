using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace MlDurable.Orchestration.Analyzers;

/// <summary>Which members of other assemblies break which rule.</summary>
internal static class Forbidden
{
    private static readonly ImmutableHashSet<string> PureInSystemIo = ImmutableHashSet.Create(
        "MemoryStream", "UnmanagedMemoryStream", "StringReader", "StringWriter", "TextReader", "TextWriter", "BinaryReader", "BinaryWriter");

    private static readonly ImmutableHashSet<string> ImpureOfPath = ImmutableHashSet.Create("GetTempPath", "GetTempFileName", "GetFullPath", "Exists");

    private static readonly ImmutableHashSet<string> PureInSystemNet = ImmutableHashSet.Create(
        "WebUtility", "IPAddress", "IPEndPoint", "IPNetwork", "MediaTypeHeaderValue", "NetworkCredential");

    private static readonly ImmutableHashSet<string> Locks = ImmutableHashSet.Create(
        "Monitor", "Semaphore", "SemaphoreSlim", "Mutex", "ManualResetEvent", "ManualResetEventSlim", "AutoResetEvent", "EventWaitHandle", "WaitHandle",
        "CountdownEvent", "Barrier", "ReaderWriterLock", "ReaderWriterLockSlim", "SpinLock", "SpinWait", "Lock");

    private static readonly string[] NamespacesOfClients = ["System.Net", "System.Data", "Microsoft.Data", "Azure.Storage", "Azure.Data", "Amazon", "Google.Cloud"];

    /// <summary>The rule that a use of a method, constructor or property breaks, if any.</summary>
    /// <param name="member">What is used, as it was declared.</param>
    /// <param name="receiver">The type of what it is used on.</param>
    public static DiagnosticDescriptor? RuleOf(ISymbol member, ITypeSymbol? receiver)
    {
        if (member.ContainingType is not { } type || IsException(type))
        {
            return null;
        }

        var name = member.Name;
        var constructs = member is IMethodSymbol { MethodKind: MethodKind.Constructor };
        var space = type.ContainingNamespace.ToDisplayString();
        return space switch
        {
            "System" => OfSystem(type.Name, name, constructs, member),
            "System.Diagnostics" => type.Name switch
            {
                "Stopwatch" => Rules.Clock,
                "Process" or "ProcessStartInfo" => Rules.InputOutput,
                _ => null,
            },
            "System.Security.Cryptography" => type.Name == "RandomNumberGenerator" ? Rules.Randomness : null,
            "System.Globalization" => (type.Name, name) is ("CultureInfo", "CurrentCulture" or "CurrentUICulture" or "DefaultThreadCurrentCulture" or "DefaultThreadCurrentUICulture")
                or ("RegionInfo", "CurrentRegion") ? Rules.Surroundings : null,
            "System.Runtime.InteropServices" => type.Name == "RuntimeInformation" ? Rules.Surroundings : null,
            "System.Timers" => Rules.Delay,
            "System.Linq" => type.Name == "ParallelEnumerable" ? Rules.Threads : null,
            "System.Collections.Concurrent" => type.Name == "BlockingCollection" ? Rules.Blocking : null,
            "System.Threading" => OfThreading(type.Name, name, constructs, member),
            "System.Threading.Tasks" or "System.Runtime.CompilerServices" => OfTasks(type.Name, name, constructs, member),
            "System.IO" => OfSystemIo(type, name, receiver),
            "MlDurable.Orchestration" => type.Name == "IOrchestrationClient" ? Rules.InputOutput : null,
            "MlDurable.Storage" => type.Name.EndsWith("BlobStore", System.StringComparison.Ordinal) ? Rules.InputOutput : null,
            _ when IsIn(space, "System.IO") && type.Name != "Crc32" && !IsIn(space, "System.IO.Hashing") => Rules.InputOutput,
            _ when NamespacesOfClients.Any(client => IsIn(space, client)) && !PureInSystemNet.Contains(type.Name) => Rules.InputOutput,
            _ => null,
        };
    }

    private static DiagnosticDescriptor? OfSystem(string type, string name, bool constructs, ISymbol member) => (type, name) switch
    {
        ("DateTime", "Now" or "UtcNow" or "Today") or ("DateTimeOffset", "Now" or "UtcNow") => Rules.Clock,
        ("TimeProvider", "CreateTimer") => Rules.Delay,
        ("TimeProvider", _) or ("Environment", "TickCount" or "TickCount64") => Rules.Clock,
        ("Guid", "NewGuid" or "CreateVersion7") => Rules.Identity,
        ("Random", "Shared") or ("HashCode", _) or ("String" or "Object", "GetHashCode") => Rules.Randomness,
        ("Random", _) when constructs && ((IMethodSymbol)member).Parameters.IsEmpty => Rules.Randomness,
        ("Console", _) => Rules.InputOutput,
        ("Environment", "NewLine") => null,
        ("Environment" or "AppContext" or "AppDomain" or "OperatingSystem" or "GC", _) => Rules.Surroundings,
        ("TimeZoneInfo", "Local") or ("DateTime" or "DateTimeOffset", "ToLocalTime") or ("DateTimeOffset", "LocalDateTime") => Rules.Surroundings,
        _ => null,
    };

    private static DiagnosticDescriptor? OfThreading(string type, string name, bool constructs, ISymbol member) => (type, name) switch
    {
        ("Thread", "Sleep") or ("Timer" or "PeriodicTimer", _) or ("CancellationTokenSource", "CancelAfter") => Rules.Delay,
        ("CancellationTokenSource", _) when constructs && !((IMethodSymbol)member).Parameters.IsEmpty => Rules.Delay,
        ("Thread", "CurrentThread") => Rules.Surroundings,
        ("Thread", "Join" or "SpinWait") => Rules.Blocking,
        ("Thread" or "ThreadPool", _) => Rules.Threads,
        ("AsyncLocal" or "ThreadLocal", _) when !constructs => Rules.StaticState,
        _ => Locks.Contains(type) ? Rules.Blocking : null,
    };

    private static DiagnosticDescriptor? OfTasks(string type, string name, bool constructs, ISymbol member) => (type, name) switch
    {
        ("Task", "Delay") => Rules.Delay,
        ("Task", "WaitAsync") => member is IMethodSymbol method && method.Parameters.Any(parameter => parameter.Type.Name == "TimeSpan") ? Rules.Delay : null,
        ("Task", "Wait" or "WaitAll" or "WaitAny") => Rules.Blocking,
        ("Task", "Run" or "Factory" or "ContinueWith" or "Start" or "RunSynchronously") or ("TaskFactory" or "Parallel" or "TaskScheduler", _) => Rules.Threads,
        ("Task", _) when constructs => Rules.Threads,
        (_, "GetResult") when type.EndsWith("Awaiter", System.StringComparison.Ordinal) => Rules.Blocking,
        _ => null,
    };

    private static DiagnosticDescriptor? OfSystemIo(INamedTypeSymbol type, string name, ITypeSymbol? receiver) => type.Name switch
    {
        "Path" => name == "GetRandomFileName" ? Rules.Randomness : ImpureOfPath.Contains(name) ? Rules.InputOutput : null,
        _ => PureInSystemIo.Contains(type.Name) || (receiver is not null && PureInSystemIo.Contains(receiver.Name)) ? null : Rules.InputOutput,
    };

    private static bool IsIn(string space, string root) =>
        space.StartsWith(root, System.StringComparison.Ordinal) && (space.Length == root.Length || space[root.Length] == '.');

    private static bool IsException(ITypeSymbol type)
    {
        for (var current = type; current is not null; current = current.BaseType)
        {
            if (current.Name == "Exception" && current.ContainingNamespace.ToDisplayString() == "System")
            {
                return true;
            }
        }

        return false;
    }
}
