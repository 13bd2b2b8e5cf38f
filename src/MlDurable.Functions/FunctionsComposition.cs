using Microsoft.Extensions.DependencyInjection;
using MlDurable.Api;
using MlDurable.Api.Endpoints;
using MlDurable.Api.Security;
using MlDurable.Orchestration.DurableTask;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Functions;

/// <summary>Puts the product together on Durable Functions.</summary>
internal static class FunctionsComposition
{
    /// <summary>Adds everything that the functions use.</summary>
    /// <returns>The engine, whose orchestrators and activities the host must register.</returns>
    public static DurableTaskEngine AddMlDurableFunctions(this IServiceCollection services, FunctionsSettings settings)
    {
        var store = BlobStoreFactory.Open(settings.Store);
        var catalog = FlowCatalog.Create(store, TimeProvider.System, settings.Approvals);
        var options = new DurableTaskEngineOptions { ActivityStarts = new BlobActivityStarts(store) };
        var invocation = new InvocationClient();
        var engine = new RunEngine(
            $"durable-task:{settings.TaskHub}", new DurableTaskOrchestrationClient(() => invocation.Current, catalog, options));
        services.AddMlDurable(api =>
        {
            api.Store = store;
            api.Engine = engine;
            api.Approvals = settings.Approvals;

            // The timer ticks once a minute, so a finer schedule is refused instead of being late.
            api.MinimumScheduleGap = TimeSpan.FromMinutes(1);

            // Azure shows a blob only when its upload is committed, so one that a listing finds need not settle.
            api.Data = new DataWatchOptions { SettleFor = TimeSpan.Zero };
        });
        services.AddMlDurableKeys(new StoredApiKeys(store));
        services.AddProblemDetails(problems =>
            problems.CustomizeProblemDetails = context => ApiProblems.Complete(context.ProblemDetails, context.Exception));
        services.AddRouting();
        services.AddSingleton(invocation);
        services.AddSingleton<MetricLog>();
        services.AddHostedService(provider => provider.GetRequiredService<MetricLog>());
        services.AddSingleton<ApiPipeline>();
        return new(catalog, options);
    }
}
