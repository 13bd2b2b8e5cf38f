using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;

namespace MlDurable.Testing.Tests;

/// <summary>The fourth example of docs/testing.md.</summary>
public sealed partial class TransferTests
{
    // <example>
    private static readonly OrchestratorDefinition<string, int> Transfer = new("transfer", TransferJson.Default.String, TransferJson.Default.Int32);
    private static readonly ActivityDefinition<int, int> Post = new("post", TransferJson.Default.Int32, TransferJson.Default.Int32);

    [Fact]
    public async Task Transfer_WhateverFails_IsPostedOnceOnBothSides()
    {
        var tried = await CrashLoop.RunAsync(() => new TransferPlay());

        Assert.True(tried.Count > 20, $"{tried.Count} places are no test.");
    }

    private sealed class TransferPlay : CrashPlay
    {
        // What the bank has in its books: a repeated posting has the same key, and changes nothing.
        private readonly ConcurrentDictionary<string, int> books = [];

        public override async Task LiveAsync()
        {
            var catalog = new OrchestrationCatalog()
                .AddOrchestrator(Transfer, () => new TransferFromOneToTheOther())
                .AddActivity(Post, new PostIntoBooks(this));
            await using var engine = await EmbeddedEngine.OpenAsync(catalog, Options);
            await LiveAsync(RunAsync(engine.Client), engine);
        }

        public override Task<string> FactsAsync() => Task.FromResult($"{string.Join(' ', books.Values.Order())}, {books.Values.Sum()} left over");

        private static async Task RunAsync(IOrchestrationClient client)
        {
            await client.StartAsync(Transfer, "", new() { InstanceId = "transfer" });
            while ((await client.WaitForCompletionAsync("transfer")).RuntimeStatus == OrchestrationRuntimeStatus.Failed)
            {
                await client.RewindAsync("transfer", "the books are open again");
            }
        }

        private sealed class PostIntoBooks(TransferPlay play) : Activity<int, int>
        {
            public override Task<int> RunAsync(ActivityContext context, int input)
            {
                play.Pass();
                play.books.TryAdd(context.IdempotencyKey, input);
                return Task.FromResult(input);
            }
        }
    }

    private sealed class TransferFromOneToTheOther : Orchestrator<string, int>
    {
        public override async Task<int> RunAsync(OrchestrationContext context, string input) =>
            await context.CallActivityAsync(Post, -100) + await context.CallActivityAsync(Post, 100);
    }
    // </example>

    [JsonSerializable(typeof(string))]
    [JsonSerializable(typeof(int))]
    private sealed partial class TransferJson : JsonSerializerContext;
}
