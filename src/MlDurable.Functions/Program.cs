using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MlDurable.Functions;

using var stopping = new CancellationTokenSource();
var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
var engine = builder.Services.AddMlDurableFunctions(FunctionsSettings.Read(builder.Configuration));
builder.ConfigureDurableWorker().AddTasks(registry => engine.Register(registry, stopping.Token));
using var host = builder.Build();
host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.Cancel);
await host.RunAsync();
