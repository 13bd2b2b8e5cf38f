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

    /// <summary>Checks a result that did not come from the activity.</summary>
    /// <param name="output">The result as JSON. Throws <see cref="OrchestrationErrorCodes.PayloadInvalid"/> when it is not of the type that the activity gives.</param>
    internal abstract void CheckOutput(string output);
}

internal sealed class ActivityRegistration<TInput, TOutput>(
    ActivityDefinition<TInput, TOutput> definition, Activity<TInput, TOutput> activity) : ActivityRegistration(definition.Name)
{
    public override async Task<string> RunAsync(ActivityContext context, string input) => JsonSerializer.Serialize(
        await activity.RunAsync(context, Payload.Read(input, definition.Input, $"the input of activity '{Name}'")), definition.Output);

    internal override void CheckOutput(string output) => Payload.Read(output, definition.Output, $"the result of activity '{Name}'");
}
