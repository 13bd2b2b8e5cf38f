namespace MlDurable.Cli;

/// <summary>Who uses the tool, for the records.</summary>
internal static class Identity
{
    public static string Current => $"cli:{Environment.UserName}";
}
