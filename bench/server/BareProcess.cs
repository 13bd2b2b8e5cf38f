using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace MlDurable.Bench.Server;

/// <summary>A minimal API of one endpoint that parses the same row into a record, and answers a constant of the same shape.</summary>
internal static class BareProcess
{
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        await using var app = builder.Build();
        app.UseRouting();
        app.MapPost("/predict", (Strike row) => new Answer("strikes", 1, "none", 0.5, false, row.Speed ?? 0, 0));
        await app.StartAsync();
        Console.WriteLine(app.Urls.Single());
        await Console.In.ReadLineAsync();
        await app.StopAsync();
    }

    private sealed record Answer(string Model, int Version, string ModelHash, double Threshold, bool Stale, double Probability, int Decision);

    private sealed record Strike(
        [property: JsonPropertyName("Airport Name")] string? Airport,
        [property: JsonPropertyName("Aircraft Make Model")] string? Aircraft,
        [property: JsonPropertyName("Flight Date")] DateTimeOffset? Date,
        [property: JsonPropertyName("Aircraft Airline Operator")] string? Operator,
        [property: JsonPropertyName("Origin State")] string? State,
        [property: JsonPropertyName("Phase of flight")] string? Phase,
        [property: JsonPropertyName("Wildlife Size")] string? Size,
        [property: JsonPropertyName("Wildlife Species")] string? Species,
        [property: JsonPropertyName("Time of day")] string? Time,
        [property: JsonPropertyName("Speed IAS in knots")] double? Speed);
}
