using System.Net;
using System.Text.Json;

namespace MlDurable.Server.Tests;

public sealed class OpenApiTests(RanServer ran) : IClassFixture<RanServer>
{
    /// <summary>Set to 1, the test writes the document instead of judging it.</summary>
    private const string UpdateVariable = "MLDURABLE_UPDATE_DOCS";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    [Fact]
    public async Task Document_IsTheOneInTheDocs()
    {
        var document = JsonSerializer.Serialize(await ran.Server.GetJsonAsync("/openapi/v1.json"), Indented) + "\n";
        var file = Repository.PathOf("docs", "openapi.json");
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            await File.WriteAllTextAsync(file, document);
        }

        Assert.True(document == await File.ReadAllTextAsync(file), $"docs/openapi.json is not what the server says; {UpdateVariable}=1 in front of this test writes it");
    }

    [Fact]
    public async Task Operations_AllHaveANameASummaryAndTheirAnswers()
    {
        var operations = (await ran.Server.GetJsonAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Name: $"{operation.Name} {path.Name}", operation.Value)))
            .ToList();

        Assert.True(operations.Count > 25, $"{operations.Count} operations");
        Assert.All(operations, operation =>
        {
            Assert.True(operation.Value.TryGetProperty("operationId", out _), operation.Name);
            Assert.True(operation.Value.TryGetProperty("summary", out _), operation.Name);
            Assert.NotEmpty(operation.Value.GetProperty("responses").EnumerateObject());
        });
        Assert.Equal(operations.Count, operations.Select(operation => operation.Value.GetProperty("operationId").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task Enumerations_AreTheNamesThatTheServerWrites()
    {
        var schemas = (await ran.Server.GetJsonAsync("/openapi/v1.json")).GetProperty("components").GetProperty("schemas");

        Assert.Equal(["Normal", "Low", "High"], schemas.GetProperty("RunPriority").GetProperty("enum").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("string", schemas.GetProperty("RunPriority").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Errors_HaveTheirCodesInTheDocs()
    {
        var problem = await ran.Server.GetAsync("/api/models/none").ShouldFailAsync(HttpStatusCode.NotFound, "model-not-found");
        Assert.Contains($"`{problem.GetProperty("code").GetString()}`", await File.ReadAllTextAsync(Repository.PathOf("docs", "api.md")), StringComparison.Ordinal);
    }
}
