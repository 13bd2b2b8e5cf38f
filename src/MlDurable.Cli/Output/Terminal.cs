using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace MlDurable.Cli.Output;

/// <summary>Where results, remarks and errors go: text for people, JSON for programs.</summary>
/// <remarks>Safe for concurrent use; lines are never torn.</remarks>
internal sealed class Terminal
{
    private readonly Lock gate = new();
    private readonly Host host;
    private readonly bool color;

    public Terminal(Host host, bool json, bool noColor)
    {
        this.host = host;
        IsJson = json;
        IsInteractive = host.OutputIsTerminal && !json;
        color = IsInteractive && !noColor && string.IsNullOrEmpty(host.Environment("NO_COLOR")) && host.Environment("TERM") != "dumb";
    }

    /// <summary>Whether a program reads the output.</summary>
    public bool IsJson { get; }

    /// <summary>Whether a person watches, so that lines may be drawn again.</summary>
    public bool IsInteractive { get; }

    /// <summary>Writes a line of text for people; with --json nothing.</summary>
    public void Line(string text = "")
    {
        if (!IsJson)
        {
            WriteLine(host.Output, text);
        }
    }

    /// <summary>Writes a line of text for people that begins with a coloured word; with --json nothing.</summary>
    public void Line(Tone tone, string word, string rest)
    {
        if (!IsJson)
        {
            WriteLine(host.Output, Paint(tone, word) + rest);
        }
    }

    /// <summary>Writes a remark for people beside the results, to the error stream.</summary>
    public void Remark(string text)
    {
        if (!IsJson)
        {
            WriteLine(host.Error, text);
        }
    }

    /// <summary>Writes text as it is, whether a person or a program reads it.</summary>
    public void Raw(string text)
    {
        lock (gate)
        {
            host.Output.Write(text);
            host.Output.Flush();
        }
    }

    /// <summary>With --json, writes the result document; otherwise nothing.</summary>
    public void Json<T>(T value, JsonTypeInfo<T> typeInfo)
    {
        if (IsJson)
        {
            WriteLine(host.Output, JsonSerializer.Serialize(value, typeInfo));
        }
    }

    /// <summary>Writes an error: text for people, one JSON document for programs.</summary>
    public void Error(string code, string message) => Error(new ErrorBody(code, message));

    /// <summary>Writes an error: text for people, one JSON document for programs.</summary>
    public void Error(ErrorBody error)
    {
        if (IsJson)
        {
            WriteLine(host.Error, JsonSerializer.Serialize(new ErrorDocument(error), CliJson.Default.ErrorDocument));
            return;
        }

        foreach (var problem in error.Problems ?? [])
        {
            WriteLine(host.Error, problem.ToString());
        }

        WriteLine(host.Error, $"error: {error.Message}");
    }

    /// <summary>The console for progress bars. Only when <see cref="IsInteractive"/>.</summary>
    public IAnsiConsole Console() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Detect,
        ColorSystem = color ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Out = new AnsiConsoleOutput(host.Output),
    });

    private string Paint(Tone tone, string word) => !color
        ? word
        : tone switch
        {
            Tone.Good => $"\e[32m{word}\e[0m",
            Tone.Warning => $"\e[33m{word}\e[0m",
            Tone.Bad => $"\e[31m{word}\e[0m",
            _ => $"\e[1m{word}\e[0m",
        };

    private void WriteLine(TextWriter writer, string text)
    {
        lock (gate)
        {
            writer.Write(text + "\n");
            writer.Flush();
        }
    }
}

/// <summary>What a coloured word says before it is read.</summary>
internal enum Tone
{
    /// <summary>Bold.</summary>
    Heading,

    /// <summary>Green.</summary>
    Good,

    /// <summary>Yellow.</summary>
    Warning,

    /// <summary>Red.</summary>
    Bad,
}
