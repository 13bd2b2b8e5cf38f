using MlDurable.Api;
using MlDurable.Api.Security;
using MlDurable.Learning.Features;
using MlDurable.Learning.Training;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Storage;
using OwnTrainer;

Trainers.Register(new NaiveBayesTrainer());
Transforms.Register(new LogRatioTransform());

var builder = WebApplication.CreateBuilder(args);
var folder = Path.GetFullPath(builder.Configuration["store"] ?? ".mldurable");
var store = new DirectoryBlobStore(folder);
await using var engine = await EmbeddedEngine.OpenAsync(
    FlowCatalog.Create(store, TimeProvider.System), new EmbeddedEngineOptions { Directory = Path.Combine(folder, "journal") });
builder.Services.AddMlDurable(api =>
{
    api.Store = store;
    api.Engine = new RunEngine("workspace", engine.Client) { Completion = engine.Completion };
    api.AnonymousRole = ApiRole.Admin; // only on the loopback address
});

var app = builder.Build();
app.UseAuthorization();
app.MapMlDurable();
await app.RunAsync();
