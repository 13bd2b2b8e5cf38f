using MlDurable.Pipelines.Tests.Triggers;

namespace MlDurable.Pipelines.Tests;

/// <summary>The host that a test kills: `dotnet exec MlDurable.Pipelines.Tests.dll STORE`.</summary>
public static class Program
{
    public static Task Main(string[] args) => ArrivalScenario.HostAsync(args[0]);
}
