using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using MlDurable.Api;
using MlDurable.Api.Security;

namespace MlDurable.Server;

/// <summary>The long-running host: the API and what runs beside it.</summary>
public static class MlDurableServer
{
    /// <summary>Builds the application. The caller starts and stops it.</summary>
    public static WebApplication Build(ServerOptions options)
    {
        // Empty: no file of the current directory and no variable of another application configures the server.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().UseUrls(options.Listen.ToString());
        builder.Services.AddRouting();
        builder.Services.AddSingleton(options.Feed);
        builder.Services.AddProblemDetails();
        builder.Services.AddOpenApi("v1");
        builder.Services.AddMlDurable(api =>
        {
            api.Store = options.Store;
            api.Engine = options.Engine;
            api.TimeProvider = options.TimeProvider;
            api.AnonymousRole = ApiRole.Admin;
        });
        var app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseAuthorization();
        app.MapOpenApi();
        app.MapMlDurable();
        return app;
    }
}
