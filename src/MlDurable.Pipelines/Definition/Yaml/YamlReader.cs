using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using MlDurable.Pipelines.Definition.Binding;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MlDurable.Pipelines.Definition.Yaml;

/// <summary>
/// Reads the one document of a file into a tree, and refuses the parts of YAML that make a file mean something else than it seems to.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>The most bytes that a file may have.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The deepest nesting; a pipeline file needs less than ten.</summary>
    public const int MaxDepth = 64;

    /// <summary>The most nodes that a file may stand for once its aliases are followed, if it has any.</summary>
    public const int MaxNodes = 100_000;

    // An asterisk starts an alias in YAML, so that such a cron without quotes is no YAML at all. A comma before the next key is not part of it.
    private static readonly Regex UnquotedCron = new(
        @"(^|[ {,])cron: *(?<text>\*[0-9A-Za-z*/\- ]*(,[0-9A-Za-z*/\-]+[0-9A-Za-z*/\- ]*)*)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);

    private readonly Dictionary<string, YamlNode> anchors = [];
    private readonly ProblemList problems;
    private readonly Parser parser;
    private Mark last = Mark.Empty;
    private long aliased;

    private YamlReader(string text, ProblemList problems)
    {
        this.problems = problems;
        parser = new Parser(new StringReader(text));
    }

    /// <summary>The root of the document, or null when the problems say why there is none.</summary>
    public static YamlMapping? Read(ReadOnlyMemory<byte> content, ProblemList problems)
    {
        if (Decode(content.Span, problems) is not { } text)
        {
            return null;
        }

        var reader = new YamlReader(text, problems);
        try
        {
            return reader.ReadDocument();
        }
        catch (LimitException exception)
        {
            problems.Add(MarkOf(exception.Start), PipelineProblemCodes.TooLarge, exception.Message);
            return null;
        }
        catch (YamlException exception)
        {
            reader.RefuseSyntax(text, exception.Start, exception.End, exception.Message);
            return null;
        }
        catch (InvalidOperationException)
        {
            // The scanner of YamlDotNet 16.3 throws this, without a place, when text between brackets goes on at a lesser indentation.
            reader.RefuseSyntax(text, reader.last, reader.last, "a '[' or '{' before this place is not closed");
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            // The scanner of YamlDotNet 16.3 throws this for an escape sequence of no character, such as "\uD800\u0041".
            reader.RefuseSyntax(text, reader.last, reader.last, "an escape sequence after this place stands for no character");
            return null;
        }
    }

    private static string? Decode(ReadOnlySpan<byte> content, ProblemList problems)
    {
        if (content.Length > MaxBytes)
        {
            problems.Add(SourceMark.Start, PipelineProblemCodes.TooLarge, $"the file is larger than {MaxBytes:N0} bytes");
            return null;
        }

        if (content.StartsWith(Encoding.UTF8.Preamble))
        {
            content = content[Encoding.UTF8.Preamble.Length..];
        }

        var invalid = FirstInvalidByte(content);
        if (invalid >= 0)
        {
            var mark = EndOf(Encoding.UTF8.GetString(content[..invalid]));
            problems.Add(mark, PipelineProblemCodes.Syntax, $"byte 0x{content[invalid]:X2} is not UTF-8; save the file as UTF-8");
            return null;
        }

        var text = Encoding.UTF8.GetString(content);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) && text[i] is not ('\t' or '\n' or '\r'))
            {
                problems.Add(
                    EndOf(text[..i]), PipelineProblemCodes.Syntax, $"the control character U+{(int)text[i]:X4} cannot stand in YAML");
                return null;
            }
        }

        return text;
    }

    private static int FirstInvalidByte(ReadOnlySpan<byte> content)
    {
        for (var i = 0; i < content.Length;)
        {
            if (Rune.DecodeFromUtf8(content[i..], out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                return i;
            }

            i += length;
        }

        return -1;
    }

    private static SourceMark EndOf(string text)
    {
        var lastBreak = text.LastIndexOf('\n');
        return new(1 + text.AsSpan().Count('\n'), text.Length - lastBreak);
    }

    private void RefuseSyntax(string text, Mark start, Mark end, string message)
    {
        var tab = IndentingTab(text, MarkOf(start).Line, MarkOf(end).Line);
        var line = text.Split('\n').ElementAtOrDefault(MarkOf(start).Line - 1) ?? "";
        var cron = UnquotedCron.Match(line);
        var found = tab is not null ? "a tab cannot indent YAML; use spaces"
            : cron.Success ? $"not valid YAML: 'cron' must be quoted: cron: \"{cron.Groups["text"].Value.Trim()}\""
            : $"not valid YAML: {message}";
        problems.Add(tab ?? MarkOf(start), PipelineProblemCodes.Syntax, found);
    }

    private static SourceMark? IndentingTab(string text, int firstLine, int lastLine)
    {
        var lines = text.Split('\n');
        for (var line = firstLine; line <= Math.Min(lastLine, lines.Length); line++)
        {
            var tab = lines[line - 1].AsSpan().IndexOfAnyExcept(' ');
            if (tab >= 0 && lines[line - 1][tab] == '\t')
            {
                return new(line, tab + 1);
            }
        }

        return null;
    }

    private static SourceMark MarkOf(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private YamlMapping? ReadDocument()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            problems.Add(
                SourceMark.Start, PipelineProblemCodes.Syntax, "the file is empty; a pipeline file starts with 'pipeline: <name>'");
            return null;
        }

        parser.Consume<DocumentStart>();
        var root = ReadNode(depth: 1, owner: null);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
        {
            problems.Add(
                MarkOf(second.Start), PipelineProblemCodes.Syntax,
                "a pipeline file holds one document; put the other pipeline in a file of its own");
        }

        switch (root)
        {
            case YamlMapping mapping:
                return mapping;
            case YamlRefused:
                return null;
            default:
                problems.Add(
                    root.Mark, PipelineProblemCodes.WrongType, "a pipeline file must be a mapping that starts with 'pipeline: <name>'");
                return null;
        }
    }

    /// <param name="depth">How many nodes deep this one is.</param>
    /// <param name="owner">The key that the node belongs to, if any: where an empty value is reported.</param>
    private YamlNode ReadNode(int depth, SourceMark? owner)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return Follow(alias);
        }

        var node = parser.Consume<NodeEvent>();
        last = node.End;
        var mark = MarkOf(node.Start);
        if (depth > MaxDepth)
        {
            throw new LimitException(node.Start, $"nested more than {MaxDepth} deep");
        }

        YamlNode result = node switch
        {
            Scalar { IsPlainImplicit: true, Style: ScalarStyle.Plain, Value: "" } => new YamlScalar(owner ?? mark, "", isPlain: true),
            Scalar scalar => new YamlScalar(mark, scalar.Value, scalar.Style == ScalarStyle.Plain),
            SequenceStart => ReadSequence(depth, mark),
            _ => ReadMapping(depth, mark, owner ?? mark),
        };
        if (!node.Tag.IsEmpty)
        {
            problems.Add(mark, PipelineProblemCodes.Syntax, $"the tag '{node.Tag}' is not supported; write the value without it");
            result = new YamlRefused(mark);
        }

        if (!node.Anchor.IsEmpty)
        {
            anchors[node.Anchor.Value] = result;
        }

        return result;
    }

    private YamlNode Follow(AnchorAlias alias)
    {
        var mark = MarkOf(alias.Start);
        if (!anchors.TryGetValue(alias.Value.Value, out var target))
        {
            problems.Add(mark, PipelineProblemCodes.Syntax, $"the alias '*{alias.Value.Value}' has no anchor before it");
            return new YamlRefused(mark);
        }

        aliased += target.Size;
        return aliased <= MaxNodes ? target : throw new LimitException(alias.Start, $"the aliases stand for more than {MaxNodes:N0} values");
    }

    private YamlSequence ReadSequence(int depth, SourceMark mark)
    {
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1, owner: null));
        }

        return new YamlSequence(mark, items.ToImmutable());
    }

    private YamlMapping ReadMapping(int depth, SourceMark mark, SourceMark owner)
    {
        var entries = ImmutableArray.CreateBuilder<YamlEntry>();
        var lines = new Dictionary<string, int>();
        var isComplete = true;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(depth + 1, owner: null);
            var value = ReadNode(depth + 1, key.Mark);
            switch (key)
            {
                case YamlScalar { IsPlain: true, Text: "<<" }:
                    problems.Add(key.Mark, PipelineProblemCodes.Syntax, "the merge key '<<' is not supported; write the keys out");
                    isComplete = false;
                    break;
                case YamlScalar { Text: var text } when lines.TryGetValue(text, out var first):
                    problems.Add(key.Mark, PipelineProblemCodes.DuplicateKey, $"duplicate key '{text}'; it is already on line {first}");
                    break;
                case YamlScalar { Text: var text }:
                    lines.Add(text, key.Mark.Line);
                    entries.Add(new YamlEntry(text, key.Mark, value));
                    break;
                default:
                    if (key is not YamlRefused)
                    {
                        problems.Add(key.Mark, PipelineProblemCodes.Syntax, "a key must be plain text");
                    }

                    isComplete = false;
                    break;
            }
        }

        return new YamlMapping(mark, owner, entries.ToImmutable(), isComplete);
    }

    private sealed class LimitException(Mark mark, string message) : YamlException(mark, mark, message);
}
