namespace MlDurable.Cli.Output;

/// <summary>A file that a command was asked to write.</summary>
internal static class OutputFile
{
    /// <summary>Writes beside the target and moves into place, so that a failure leaves no half of a file.</summary>
    public static async Task<T> WriteAsync<T>(string target, Func<Stream, Task<T>> write)
    {
        var part = target + ".part";
        try
        {
            T result;
            await using (var file = File.Create(part))
            {
                result = await write(file);
            }

            File.Move(part, target, overwrite: true);
            return result;
        }
        finally
        {
            File.Delete(part);
        }
    }
}
