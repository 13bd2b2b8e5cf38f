using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlDurable.Api;
using MlDurable.Api.Endpoints;
using MlDurable.Api.Security;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
using MlDurable.Server.Health;
using MlDurable.Server.Security;
using MlDurable.Server.Telemetry;
using MlDurable.Server.Triggers;

namespace MlDurable.Server;

/// <summary>The long-running host: the API and what runs beside it.</summary>
public static class MlDurableServer
{
    private const int MaxHeaderBytes = 16 * 1024;
    private const int BodySlack = 64 * 1024;

    /// <summary>Builds the application. The caller starts and stops it.</summary>
    /// <exception cref="ServerException">
    /// <c>listen-invalid</c>: the address is none; <c>keys-required</c>: it can be reached from other machines, and there is no key.
    /// </exception>
    public static async Task<WebApplication> BuildAsync(ServerOptions options, CancellationToken cancellationToken = default)
    {
        var (address, port) = EndpointOf(options.Listen);
        var isLoopback = address is null || IPAddress.IsLoopback(address);
        var keys = options.Keys ?? new StoredApiKeys(options.Store);
        var hasKeys = !(await keys.ReadAsync(cancellationToken)).Keys.IsEmpty;
        if (!isLoopback && !hasKeys)
        {
            throw new ServerException(
                "keys-required",
                $"{options.Listen} can be reached from other machines, and there is no key in {keys.Description}; make one with "
                + "`mldurable keys create NAME --role admin`, or listen on http://127.0.0.1:8080");
        }

        // Empty: no file of the current directory and no variable of another application configures the server.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Endpoints refuse a body that is too large; what is a little larger is still read, so that the connection is not reset before the
            // answer has arrived.
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes + BodySlack;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            if (address is null)
            {
                kestrel.ListenLocalhost(port);
            }
            else
            {
                kestrel.Listen(address, port);
            }
        });

        // The framework's own lines about requests would hold the tokens of one-time links; ours do not.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        options.Logging?.Invoke(builder.Logging);
        AddServices(builder.Services, options, keys, anonymous: !hasKeys);
        var app = builder.Build();
        Use(app, isLoopback);
        return app;
    }

    private static void AddServices(IServiceCollection services, ServerOptions options, IApiKeySource keys, bool anonymous)
    {
        services.AddMlDurable(api =>
        {
            api.Store = options.Store;
            api.Engine = options.Engine;
            api.TimeProvider = options.TimeProvider;
            api.AnonymousRole = anonymous ? ApiRole.Admin : null;
            api.MaxBodyBytes = options.MaxBodyBytes;
            api.MaxUploadBytes = options.MaxUploadBytes;
            api.Data = options.Data;
            api.Approvals = options.Approvals;
        });
        services.AddMlDurableKeys(keys);
        services.AddRouting();
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = context => ApiProblems.Complete(context.ProblemDetails, context.Exception));
        services.AddOpenApi("v1", OpenApiDescription.Configure);
        services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new() { Timeout = options.RequestTimeout });
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetTokenBucketLimiter(
                context.User.Identity is { IsAuthenticated: true, Name: { } name } ? name : $"{context.Connection.RemoteIpAddress}",
                _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = 2 * options.RequestsPerSecond,
                    TokensPerPeriod = options.RequestsPerSecond,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                }));
            limiter.OnRejected = async (rejected, _) =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = "1";
                await ApiProblems.Of("too-many-requests", $"more than {options.RequestsPerSecond} requests a second; wait a second").ExecuteAsync(rejected.HttpContext);
            };
        });

        // Signals are the caller's: the first one stops, the second one ends the process.
        services.AddSingleton<IHostLifetime, CallerLifetime>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopTimeout);
        services.AddSingleton(options.Feed);
        services.AddSingleton<RunEventsEndpoint>();
        services.AddHostedService<RunLogService>();
        services.AddSingleton<MetricsText>();
        services.AddHostedService<OtlpExport>();
        services.AddHostedService<RunTelemetry>();
        services.AddSingleton<TriggerTicks>();
        AddLoop(services, provider => new ServerLoop("reconcile-runs", options.ReconcileInterval, provider.GetRequiredService<RunLauncher>().ReconcileAsync));
        AddLoop(services, provider => new ServerLoop("schedules", options.TickInterval, provider.GetRequiredService<TriggerTicks>().SchedulesAsync));
        AddLoop(services, provider => new ServerLoop("data", options.TickInterval, provider.GetRequiredService<DataWatch>().TickAsync));
        AddLoop(services, provider => new ServerLoop("list-data", options.DataInterval, provider.GetRequiredService<DataWatch>().ReconcileAsync));
        AddLoop(services, provider => new ServerLoop("after", options.TickInterval, provider.GetRequiredService<TriggerTicks>().AfterAsync));
        if (options.WatchedDirectory is { } directory)
        {
            services.AddHostedService(provider => new DataWatcherService(
                directory, provider.GetRequiredService<DataWatch>(), options.TimeProvider, provider.GetRequiredService<ILogger<DataWatcherService>>()));
        }
    }

    private static void AddLoop(IServiceCollection services, Func<IServiceProvider, ServerLoop> loop)
    {
        // One object each, as hosted service and as what readiness asks.
        var made = new Lock();
        LoopService? service = null;
        LoopService Get(IServiceProvider provider)
        {
            lock (made)
            {
                return service ??= new LoopService(
                    loop(provider), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LoopService>>());
            }
        }

        services.AddSingleton(Get);
        services.AddSingleton<IHostedService>(Get);
    }

    private static void Use(WebApplication app, bool isLoopback)
    {
        app.UseMiddleware<RequestLog>();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = exception => ApiProblems.CodeOf(exception) is { } code ? ApiProblems.StatusOf(code) : StatusCodes.Status500InternalServerError,
        });
        app.UseStatusCodePages();
        if (isLoopback)
        {
            app.Use(LoopbackGuard.InvokeAsync);
        }

        app.Use((context, next) =>
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers.CacheControl = "no-store";
            return next(context);
        });
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.MapOpenApi().RequireAuthorization(ApiPolicies.Read);
        HealthEndpoints.Map(app);

        // Made now, so that it misses no measurement.
        var metrics = app.Services.GetRequiredService<MetricsText>();
        app.MapGet("/metrics", () => TypedResults.Text(metrics.Write(), MetricsText.ContentType))
            .ExcludeFromDescription()
            .RequireAuthorization(ApiPolicies.Read);
        RunEventsEndpoint.Map(app.MapMlDurable());
    }

    private static (IPAddress? Address, int Port) EndpointOf(Uri listen)
    {
        var isPlain = listen.IsAbsoluteUri && listen is { Scheme: "http", AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" };
        if (isPlain && listen.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return listen.Port == 0 ? (IPAddress.Loopback, 0) : (null, listen.Port);
        }

        return isPlain && IPAddress.TryParse(listen.Host.Trim('[', ']'), out var address)
            ? (address, listen.Port)
            : throw new ServerException(
                "listen-invalid",
                $"'{listen.OriginalString}' is not an address to listen on; give http://ADDRESS:PORT with an IP address or localhost (TLS is a reverse proxy's work)");
    }

    private sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
