namespace MlDurable.Server.Health;

/// <summary>Work that the server does again and again.</summary>
/// <param name="Name">What it is called in the log and in <c>/health/ready</c>.</param>
/// <param name="Interval">How long it rests after each time.</param>
/// <param name="Tick">Does it once.</param>
internal sealed record ServerLoop(string Name, TimeSpan Interval, Func<CancellationToken, Task> Tick);
