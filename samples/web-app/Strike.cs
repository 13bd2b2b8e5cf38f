using System.Text.Json.Serialization;

namespace WebApp;

internal sealed record Strike(
    [property: JsonPropertyName("Airport Name")] string? Airport,
    [property: JsonPropertyName("Aircraft Make Model")] string? Aircraft,
    [property: JsonPropertyName("Flight Date")] DateTime? Date,
    [property: JsonPropertyName("Aircraft Airline Operator")] string? Operator,
    [property: JsonPropertyName("Origin State")] string? State,
    [property: JsonPropertyName("Phase of flight")] string? Phase,
    [property: JsonPropertyName("Wildlife Size")] string? Size,
    [property: JsonPropertyName("Wildlife Species")] string? Species,
    [property: JsonPropertyName("Time of day")] string? Time,
    [property: JsonPropertyName("Speed IAS in knots")] double? Speed);
