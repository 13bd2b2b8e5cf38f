using System.Text.Json;

namespace MlDurable.Orchestration;

/// <summary>An activity as an engine sees it: from JSON to JSON.</summary>
public abstract class ActivityRegistration
{
    private protected ActivityRegistration(string name) => Name = name;

    /// <summary>The name in the history.</summary>
    public string Name { get; }

    /// <summary>Runs the activity.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="input">The input as JSON.</param>
    /// <returns>The result as JSON. Throws <see cref="OrchestrationErrorCodes.PayloadInvalid"/> for an input that is not of its type.</returns>
    public abstract Task<string> RunAsync(ActivityContext context, string input);
}

internal sealed class ActivityRegistration<TInput, TOutput>(
    ActivityDefinition<TInput, TOutput> definition, Activity<TInput, TOutput> activity) : ActivityRegistration(definition.Name)
{
    public override async Task<string> RunAsync(ActivityContext context, string input) => JsonSerializer.Serialize(
        await activity.RunAsync(context, Payload.Read(input, definition.Input, $"the input of activity '{Name}'")), definition.Output);
}
