using MlDurable.Api.Endpoints;

namespace MlDurable.Api.Tests;

public sealed class ApiProblemsTests
{
    [Theory]
    [InlineData("run-not-found", 404)]
    [InlineData("superseded", 409)]
    [InlineData("precondition-failed", 412)]
    [InlineData("run-conflict", 422)]
    [InlineData("csv-empty", 400)]
    [InlineData("store-unavailable", 503)]
    [InlineData("something-else", 500)]
    public void StatusOf_Code_IsThatOfTheTable(string code, int status) => Assert.Equal(status, ApiProblems.StatusOf(code));

    [Fact]
    public void Of_Code_CarriesItInTheBody()
    {
        var problem = ApiProblems.Of("run-not-found", "there is no run").ProblemDetails;

        Assert.Equal(404, problem.Status);
        Assert.Equal("run-not-found", problem.Extensions["code"]);
    }
}
