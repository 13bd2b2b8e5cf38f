using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MlDurable.Pipelines.Definition.Yaml;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>A length of time: <c>0</c>, or a whole number with the unit s, m, h or d.</summary>
/// <param name="minimum">The shortest; only when it is zero, <c>0</c> is one.</param>
/// <param name="maximum">The longest.</param>
internal sealed class DurationShape(TimeSpan minimum, TimeSpan maximum) : Shape<TimeSpan>
{
    private static readonly (char Unit, TimeSpan Length)[] Units =
    [
        ('d', TimeSpan.FromDays(1)), ('h', TimeSpan.FromHours(1)), ('m', TimeSpan.FromMinutes(1)), ('s', TimeSpan.FromSeconds(1)),
    ];

    public override string Expected => $"a duration from {Text(minimum)} to {Text(maximum)}, such as 90s, 5m, 1h or 7d";

    /// <summary>A duration of whole seconds as the file has it, in its greatest unit.</summary>
    public static string Text(TimeSpan duration)
    {
        var (unit, length) = Units.First(candidate => duration.Ticks % candidate.Length.Ticks == 0);
        return duration == TimeSpan.Zero ? "0" : string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / length.Ticks}{unit}");
    }

    public override JsonObject Schema()
    {
        var text = new JsonObject { ["type"] = "string", ["pattern"] = "^[1-9][0-9]{0,8}[smhd]$" };
        var options = new JsonArray(text, new JsonObject { ["$ref"] = "#/$defs/parameter" });
        if (minimum == TimeSpan.Zero)
        {
            options.Add(new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = 0 });
        }

        return new() { ["anyOf"] = options };
    }

    public override JsonNode? Json(TimeSpan value) => value == TimeSpan.Zero ? JsonValue.Create(0) : Text(value);

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, out TimeSpan value)
    {
        value = default;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        var text = resolved.Value.Text;
        if (resolved.Value.Kind == ScalarKind.Number && text == "0" && minimum == TimeSpan.Zero)
        {
            return true;
        }

        if (resolved.Value.Kind != ScalarKind.Text)
        {
            RefuseType(scalar.Mark, subject, resolved.Found, context);
            return false;
        }

        var unit = Array.FindIndex(Units, candidate => text.EndsWith(candidate.Unit));
        if (unit >= 0
            && text.Length <= 10
            && text[0] != '0'
            && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= maximum.Ticks / Units[unit].Length.Ticks
            && Units[unit].Length * count is var duration
            && duration >= minimum)
        {
            value = duration;
            return true;
        }

        RefuseValue(scalar.Mark, subject, resolved.Found, context);
        return false;
    }
}

/// <summary>A number of bytes: a whole number, alone or with the unit KiB, MiB, GiB or TiB.</summary>
internal sealed class SizeShape : Shape<long>
{
    private const long Most = 1L << 50;
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB"];

    public override string Expected => "a size from 1 byte to 1024TiB, such as 1048576, 64MiB or 2GiB";

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = Most },
            new JsonObject { ["type"] = "string", ["pattern"] = $"^[1-9][0-9]{{0,15}}({string.Join('|', Units)})$" },
            new JsonObject { ["$ref"] = "#/$defs/parameter" }),
    };

    public override JsonNode? Json(long value) => value;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, out long value)
    {
        value = 0;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        var text = resolved.Value.Text;
        var unit = Array.FindIndex(Units, candidate => text.EndsWith(candidate, StringComparison.Ordinal));
        if (resolved.Value.Kind is not (ScalarKind.Number or ScalarKind.Text))
        {
            RefuseType(scalar.Mark, subject, resolved.Found, context);
            return false;
        }

        var digits = unit < 0 ? text : text[..^Units[unit].Length];
        var factor = 1L << (10 * (unit + 1));
        if (resolved.Value.Kind == (unit < 0 ? ScalarKind.Number : ScalarKind.Text)
            && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count >= 1
            && count <= Most / factor
            && digits[0] != '0')
        {
            value = count * factor;
            return true;
        }

        RefuseValue(scalar.Mark, subject, resolved.Found, context);
        return false;
    }
}

/// <summary>An instant: a date and time of day with its offset from UTC, in whole seconds.</summary>
internal sealed class InstantShape : Shape<DateTimeOffset>
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mmzzz"];

    public override string Expected => "a time with its offset, such as 2026-03-01T00:00:00Z or 2026-03-01T00:00:00+01:00";

    public override JsonObject Schema() => OrParameter(new JsonObject
    {
        ["type"] = "string",
        ["pattern"] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})$",
    });

    public override JsonNode? Json(DateTimeOffset value) => value.UtcDateTime.ToString(Formats[0], CultureInfo.InvariantCulture);

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, out DateTimeOffset value)
    {
        value = default;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind == ScalarKind.Text
            && DateTimeOffset.TryParseExact(
                resolved.Value.Text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out value))
        {
            return true;
        }

        RefuseValue(scalar.Mark, subject, resolved.Found, context);
        return false;
    }
}

/// <summary>An IANA time zone that this machine knows.</summary>
internal sealed class ZoneShape : Shape<string>
{
    public override string Expected => "an IANA time zone, such as Europe/Berlin";

    public override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 64 };

    public override JsonNode? Json(string value) => value;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out string value)
    {
        value = null;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind != ScalarKind.Text || resolved.Value.Text.Length > 64)
        {
            RefuseType(scalar.Mark, subject, resolved.Found, context);
            return false;
        }

        value = resolved.Value.Text;
        if (TimeZones.Find(value) is (null, var problem))
        {
            context.Report(scalar.Mark, PipelineProblemCodes.UnknownName, $"{subject} {problem}");
            return false;
        }

        return true;
    }
}

/// <summary>A six-field NCRONTAB expression in quotes.</summary>
internal sealed class CronShape : Shape<string>
{
    public override string Expected => "a cron expression of six fields in quotes (second minute hour day month weekday), such as \"0 0 3 * * MON\"";

    public override JsonObject Schema() => new()
    {
        ["type"] = "string",
        ["pattern"] = @"^\s*([0-9A-Za-z*/,\-]+\s+){5}[0-9A-Za-z*/,\-]+\s*$|^\$\{[a-z][a-z0-9-]*\}$",
        ["maxLength"] = CronExpression.MaxLength,
    };

    public override JsonNode? Json(string value) => value;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out string value)
    {
        value = null;
        if (scalar is { IsPlain: true, Text.Length: > 0 })
        {
            // Unquoted, a comma ends the value between braces, and an asterisk at the start is an alias: so it is never taken.
            context.Report(scalar.Mark, PipelineProblemCodes.InvalidValue, $"{subject} must be quoted: cron: \"{scalar.Text}\"");
            return false;
        }

        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind != ScalarKind.Text)
        {
            RefuseType(scalar.Mark, subject, resolved.Found, context);
            return false;
        }

        value = resolved.Value.Text;
        if (CronExpression.TryParse(value, out _, out var problem))
        {
            return true;
        }

        context.Report(scalar.Mark, PipelineProblemCodes.InvalidValue, $"{subject} {problem}{resolved.Origin}");
        return false;
    }
}

/// <summary>A schedule. Between braces YAML cuts an unquoted cron at its commas; the pieces are put together again, so that the slip is one problem.</summary>
/// <param name="section">The keys of a schedule.</param>
/// <param name="cron">The key of the cron.</param>
internal sealed class ScheduleShape(SectionShape section, Key cron) : Shape<Section>
{
    private static readonly Regex Piece = new("^[0-9A-Za-z*/, -]+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public override string Expected => section.Expected;

    public override JsonObject Schema() => section.Schema();

    public override JsonNode? Json(Section value) => null;

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out Section value) =>
        section.TryBind(Mended(mapping), subject, context, out value);

    private YamlMapping Mended(YamlMapping mapping)
    {
        var at = -1;
        for (var i = 0; i < mapping.Entries.Length; i++)
        {
            if (mapping.Entries[i].Key == cron.Name && mapping.Entries[i].Value is YamlScalar { IsPlain: true })
            {
                at = i;
            }
        }

        var pieces = at < 0 ? [] : mapping.Entries.Skip(at + 1).TakeWhile(IsPiece).ToArray();
        if (pieces.Length == 0)
        {
            return mapping;
        }

        var start = (YamlScalar)mapping.Entries[at].Value;
        var text = new YamlScalar(start.Mark, string.Join(',', pieces.Select(static piece => piece.Key).Prepend(start.Text)), isPlain: true);
        var entries = mapping.Entries.RemoveRange(at, pieces.Length + 1).Insert(at, mapping.Entries[at] with { Value = text });
        return new YamlMapping(mapping.Mark, mapping.Owner, entries, mapping.IsComplete);
    }

    private bool IsPiece(YamlEntry entry) =>
        entry.Value is YamlScalar { IsPlain: true, Text: "" } && Piece.IsMatch(entry.Key) && section.Keys.All(key => key.Name != entry.Key);
}

/// <summary>The values that are set for parameters: a mapping from declared names to values.</summary>
internal sealed class SettingsShape : Shape<IReadOnlyList<Setting>>
{
    private readonly AnyScalarShape scalar = new();

    public override string Expected => "a mapping from names of parameters to their values";

    public override JsonObject Schema() => new() { ["type"] = "object", ["additionalProperties"] = scalar.Schema() };

    public override JsonNode? Json(IReadOnlyList<Setting> value) => null;

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out IReadOnlyList<Setting> value)
    {
        var settings = new List<Setting>();
        foreach (var entry in mapping.Entries)
        {
            if (scalar.TryBind(entry.Value, $"'{entry.Key}'", context, out var bound))
            {
                settings.Add(new(entry.Key, entry.Mark, new(bound, entry.Value.Mark)));
            }
        }

        value = settings;
        return true;
    }
}

/// <param name="Name">The parameter's name.</param>
/// <param name="Mark">Where the name is.</param>
/// <param name="Value">The value.</param>
internal sealed record Setting(string Name, SourceMark Mark, Located<ScalarValue> Value);

/// <summary>A web address that secrets may be sent to: https, or http on this machine.</summary>
internal sealed class WebAddressShape : Shape<Uri>
{
    private const int MaxLength = 2_000;

    public override string Expected => "a web address that starts with https:// (http:// only on this machine)";

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = @"^(https://|http://|\$\{)", ["maxLength"] = MaxLength };

    public override JsonNode? Json(Uri value) => value.OriginalString;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out Uri value)
    {
        value = null;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        if (resolved.Value.Kind == ScalarKind.Text
            && resolved.Value.Text.Length <= MaxLength
            && Uri.TryCreate(resolved.Value.Text, UriKind.Absolute, out var address)
            && address.UserInfo.Length == 0
            && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
        {
            value = address;
            return true;
        }

        // Not shown: an address may hold a secret.
        context.Report(scalar.Mark, PipelineProblemCodes.InvalidValue, $"{subject} must be {Expected}, without a user name{resolved.Origin}");
        return false;
    }
}
