using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MlDurable.Api.Endpoints;
using MlDurable.Api.Security;
using MlDurable.Api.Telemetry;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Api;

/// <summary>Adds the API to an application's services.</summary>
public static class MlDurableServiceCollectionExtensions
{
    /// <summary>Adds what <see cref="MlDurableEndpointRouteBuilderExtensions.MapMlDurable"/> needs.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the store, the engine and what else differs from the defaults.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="InvalidOperationException">The store or the engine is not set.</exception>
    public static IServiceCollection AddMlDurable(this IServiceCollection services, Action<MlDurableOptions> configure)
    {
        var options = new MlDurableOptions();
        configure(options);
        var store = options.Store ?? throw new InvalidOperationException($"AddMlDurable: set {nameof(MlDurableOptions)}.{nameof(MlDurableOptions.Store)}.");
        var engine = options.Engine ?? throw new InvalidOperationException($"AddMlDurable: set {nameof(MlDurableOptions)}.{nameof(MlDurableOptions.Engine)}.");
        services.TryAddSingleton(options.TimeProvider);
        services.AddAuthorization(authorization => ApiPolicies.Add(authorization, options));
        return services
            .AddSingleton(options)
            .AddSingleton(store)
            .AddSingleton(engine)
            .AddSingleton(new RunStore(store))
            .AddSingleton(new RunLauncher(store, engine.Client, engine.Name, options.TimeProvider))
            .AddSingleton<IRunStarter>(provider => provider.GetRequiredService<RunLauncher>())
            .AddSingleton(_ => new RunGauges(new RunStore(store), engine, options.TimeProvider))
            .AddSingleton(new ModelRegistry(store, options.TimeProvider))
            .AddSingleton(_ => new ServedModels(store, options.TimeProvider, options.Serving))
            .AddSingleton(new PipelineDeployments(store, options.TimeProvider))
            .AddSingleton(new ClaimStore(store, engine.Name, options.TimeProvider))
            .AddSingleton(provider => new ScheduleTicker(store, provider.GetRequiredService<IRunStarter>(), engine.Name, options.TimeProvider)
            {
                MinimumGap = options.MinimumScheduleGap,
            })
            .AddSingleton(provider => new DataWatch(
                store,
                provider.GetRequiredService<PipelineDeployments>(),
                provider.GetRequiredService<IRunStarter>(),
                provider.GetRequiredService<ClaimStore>(),
                options.Data,
                options.TimeProvider))
            .AddSingleton<AfterTick>()
            .AddSingleton(new ScheduleBoard(store, options.TimeProvider) { MinimumGap = options.MinimumScheduleGap })
            .AddSingleton(new BackfillLauncher(store, engine.Name, options.TimeProvider))
            .AddSingleton(new BackfillStore(store))
            .AddSingleton(new ApprovalBook(store))
            .AddSingleton(new ApprovalDesk(store, engine.Client, options.TimeProvider, options.Approvals))
            .AddSingleton<RunRequests>();
    }

    /// <summary>Adds an <see cref="IPredictor{TIn, TOut}"/> of a model, beside <see cref="AddMlDurable"/>.</summary>
    /// <typeparam name="TIn">A row; its properties are the columns.</typeparam>
    /// <typeparam name="TOut">What a prediction becomes; <see cref="Prediction"/> or a type with some of its properties.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="selector">An alias, or a version's number. Default: the champion.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="Pipelines.PipelineException"><c>predictor-type</c>, when the predictor is first asked for.</exception>
    public static IServiceCollection AddPredictor<TIn, TOut>(this IServiceCollection services, string model, string selector = RegistryDocument.Champion) =>
        services.AddSingleton<IPredictor<TIn, TOut>>(
            provider => new ModelPredictor<TIn, TOut>(provider.GetRequiredService<ServedModels>(), model, selector));
}
