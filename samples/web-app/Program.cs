using MlDurable.Api;
using MlDurable.Api.Security;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Serving;
using MlDurable.Storage;
using WebApp;

var builder = WebApplication.CreateBuilder(args);
var folder = Path.GetFullPath(builder.Configuration["store"] ?? ".mldurable");
var model = builder.Configuration["model"] ?? "bird-strike-damage";

var store = new DirectoryBlobStore(folder);
await using var engine = await EmbeddedEngine.OpenAsync(
    FlowCatalog.Create(store, TimeProvider.System), new EmbeddedEngineOptions { Directory = Path.Combine(folder, "journal") });
builder.Services.AddMlDurable(api =>
{
    api.Store = store;
    api.Engine = new RunEngine("workspace", engine.Client) { Completion = engine.Completion };
    api.AnonymousRole = ApiRole.Viewer;
});
builder.Services.AddPredictor<Strike, Prediction>(model);

var app = builder.Build();
app.UseAuthorization();
app.MapPost("/risk", async (Strike strike, IPredictor<Strike, Prediction> predictor, CancellationToken cancellationToken) =>
    await predictor.PredictAsync(strike, cancellationToken));
app.MapGroup("/ml").MapMlDurable();
await app.RunAsync();
