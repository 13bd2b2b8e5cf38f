namespace MlDurable.Cli;

/// <summary>Passes reports on at once, on the thread that makes them; <see cref="Progress{T}"/> would do it later and in any order.</summary>
internal sealed class Relay<T>(Action<T> action) : IProgress<T>
{
    public void Report(T value) => action(value);
}
