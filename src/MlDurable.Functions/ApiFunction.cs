using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace MlDurable.Functions;

/// <summary>The whole API. Its keys and roles decide who may do what, as on the server; the host's function keys are not used.</summary>
internal sealed class ApiFunction(ApiPipeline pipeline, InvocationClient invocation)
{
    [Function("Api")]
    public Task RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", Route = "api/{*path}")] HttpRequest request,
        [DurableClient] DurableTaskClient client)
    {
        invocation.Use(client);
        return pipeline.AnswerAsync(request.HttpContext);
    }
}
