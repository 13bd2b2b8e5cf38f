using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using MlDurable.Api.Telemetry;
using MlDurable.Learning.Features;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/models/{name}/predict</c>: rows in, predictions out.</summary>
internal static class PredictEndpoints
{
    private const string Csv = "text/csv";
    private const int DefaultReasons = 5;
    private const int MaxReasons = 100;

    public static void Map(IEndpointRouteBuilder api)
    {
        var models = api.MapGroup("/models/{name}").WithTags("Models");

        // As delegates with a parameter of their own: a plain RequestDelegate would not pass through the filter that makes problems of failures.
        Describe(models.MapPost("/predict", static (HttpContext context, string name) => PredictAsync(context, name, SelectorOf(context.Request.Query))), "predict");
        Describe(
            models.MapPost("/{selector}/predict", static (HttpContext context, string name, string selector) => PredictAsync(context, name, selector)),
            "predictWith");
    }

    private static void Describe(RouteHandlerBuilder endpoint, string name) => endpoint
        .WithName(name)
        .WithSummary("The prediction for one row or many")
        .WithDescription(
            "The body is a row as a JSON object, an array of rows, or a CSV file with a header (text/csv); CSV is answered with CSV. "
            + "The answer is the probability of the positive class and the decision, or the class and the probabilities of all, or a number, as the model predicts. "
            + "The champion answers unless an alias or a version is named in the path or as ?alias= or ?version=. "
            + "With ?explain=true each prediction of JSON rows has the columns that pushed it most, as many as ?reasons= says (5).")
        .Accepts<JsonElement>("application/json", Csv)
        .Produces<PredictionDocument>()
        .ProducesProblems(400, 404, 409, 413, 415, 503)
        .DisableRequestTimeout();

    private static string SelectorOf(IQueryCollection query)
    {
        var version = query["version"];
        var alias = query["alias"];
        return version.Count + alias.Count > 1 || (version.Count == 1 && !int.TryParse(version[0], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? throw new ApiException("request-invalid", "name one version, such as ?version=3, or one alias, such as ?alias=challenger")
            : version.Count == 1 ? version[0]! : alias.Count == 1 ? alias[0]! : RegistryDocument.Champion;
    }

    /// <summary>The most reasons for each row; 0 for no explanation.</summary>
    private static int ReasonsOf(IQueryCollection query)
    {
        var explain = query["explain"];
        var reasons = query["reasons"];
        var most = DefaultReasons;
        return explain is [] or ["false"] && reasons.Count == 0
            ? 0
            : explain is ["true"] && (reasons.Count == 0 || (reasons.Count == 1 && int.TryParse(reasons[0], NumberStyles.None, CultureInfo.InvariantCulture, out most)))
                && most is >= 1 and <= MaxReasons
                ? most
                : throw new ApiException("request-invalid", $"ask for reasons with ?explain=true, and for 1 to {MaxReasons} of them with &reasons=");
    }

    private static async Task PredictAsync(HttpContext context, string name, string selector)
    {
        var started = Stopwatch.GetTimestamp();
        var reasons = ReasonsOf(context.Request.Query);
        var services = context.RequestServices;
        var models = services.GetRequiredService<ServedModels>();
        var options = services.GetRequiredService<MlDurableOptions>();
        var served = await models.GetAsync(name, selector, context.RequestAborted);
        var rows = IsCsv(context.Request)
            ? await ScoreCsvAsync(context, served, options, reasons)
            : await ScoreJsonAsync(context, served, options, reasons);
        ServingMetrics.Predicted(served, rows, Stopwatch.GetElapsedTime(started));
    }

    private static bool IsCsv(HttpRequest request)
    {
        if (request.ContentType is "application/json" || request.HasJsonContentType())
        {
            return false;
        }

        return MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(Csv, StringComparison.OrdinalIgnoreCase)
            ? true
            : throw new ApiException(
                "media-type-unsupported", $"the content type is '{request.ContentType}'; send rows as application/json, or a file with a header as {Csv}");
    }

    private static async Task<long> ScoreJsonAsync(HttpContext context, ServedModel served, MlDurableOptions options, int reasons)
    {
        RequestBody.Allow(context, options.MaxPredictBytes);
        var body = await RequestBody.ReadAsync(context.Request, options.MaxPredictBytes, context.RequestAborted);
        var predictions = JsonScoring.Score(
            new ReadOnlySequence<byte>(body), served.Predictor, reasons > 0 ? options.MaxExplainRows : options.MaxPredictRows, reasons);
        var content = new ArrayBufferWriter<byte>(predictions.IsBatch ? 256 + (64 * predictions.Result.Outputs.Length) : 512);
        using (var writer = new Utf8JsonWriter(content))
        {
            PredictionDocument.Write(writer, served, predictions);
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = content.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(content.WrittenMemory, context.RequestAborted);
        return predictions.Result.Rows;
    }

    /// <summary>Scores a file as it comes. A mistake in the first megabytes is a problem like any other; after that the answer has begun, and breaks off.</summary>
    private static async Task<long> ScoreCsvAsync(HttpContext context, ServedModel served, MlDurableOptions options, int reasons)
    {
        if (reasons > 0)
        {
            throw new ApiException("request-invalid", "rows are explained as application/json; send them so, or use `mldurable predict --explain` for a file");
        }

        if (context.Request.ContentLength > options.MaxUploadBytes)
        {
            throw new ApiException("body-too-large", $"the file has more than {options.MaxUploadBytes} bytes; score it in parts");
        }

        RequestBody.Allow(context, options.MaxUploadBytes);
        var response = context.Response;
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers["MlDurable-Model"] = $"{served.Model}/{served.Version}";
        response.Headers["MlDurable-Model-Hash"] = served.Predictor.Version.ModelHash;
        if (served.Predictor.Target.Task == LearningTask.Binary)
        {
            response.Headers["MlDurable-Threshold"] = served.Predictor.Threshold.ToString("R", CultureInfo.InvariantCulture);
        }

        response.Headers["MlDurable-Stale"] = served.StaleReason is null ? "false" : "true";

        // Not disposed of on failure: that would send what is buffered, and so begin an answer that is none.
        var output = new StreamWriter(response.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16, leaveOpen: true);
        var scored = await new CsvScoring(served.Predictor) { RequiresTypes = true }.ScoreAsync(
            context.Request.Body, output, cancellationToken: context.RequestAborted);
        await output.DisposeAsync();
        return scored.Rows;
    }
}
