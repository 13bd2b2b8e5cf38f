using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace MlDurable.Pipelines.Triggers;

/// <summary>The offsets of a time zone from UTC, as stretches of time in which they stay the same. Safe for concurrent use.</summary>
/// <remarks>
/// Only the offset that the zone has at an instant is asked for, which is always one: what .NET makes of local times that do not exist, or exist twice,
/// is not used.
/// </remarks>
internal sealed class ZoneOffsets
{
    private static readonly ConcurrentDictionary<string, ZoneOffsets> Zones = new(StringComparer.Ordinal);

    // No zone has had two changes within so short a time.
    private static readonly TimeSpan Sample = TimeSpan.FromHours(3);

    private readonly TimeZoneInfo zone;
    private readonly ConcurrentDictionary<int, ImmutableArray<OffsetStretch>> years = [];

    private ZoneOffsets(TimeZoneInfo zone) => this.zone = zone;

    public static ZoneOffsets Of(TimeZoneInfo zone) => Zones.GetOrAdd(zone.Id, static (_, zone) => new ZoneOffsets(zone), zone);

    public TimeSpan At(DateTime utc) => zone.GetUtcOffset(utc);

    /// <summary>The stretch that an instant is in. A stretch ends at the latest with the year in UTC, also when the offset stays the same.</summary>
    public OffsetStretch StretchAt(DateTime utc)
    {
        foreach (var stretch in years.GetOrAdd(utc.Year, StretchesOf))
        {
            if (utc < stretch.End)
            {
                return stretch;
            }
        }

        throw new InvalidOperationException($"The year {utc.Year} has no stretch at {utc:O}.");
    }

    private ImmutableArray<OffsetStretch> StretchesOf(int year)
    {
        var stretches = ImmutableArray.CreateBuilder<OffsetStretch>();
        var start = new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var end = start.AddYears(1);
        var offset = At(start);
        for (var time = start; time < end;)
        {
            var next = time + Sample < end ? time + Sample : end;
            if (At(next) != offset)
            {
                var change = FirstOther(offset, time, next);
                if (change < end)
                {
                    stretches.Add(new(start, change, offset));
                    start = change;
                    offset = At(change);
                }
            }

            time = next;
        }

        stretches.Add(new(start, end, offset));
        return stretches.ToImmutable();
    }

    /// <summary>The first second with another offset.</summary>
    private DateTime FirstOther(TimeSpan offset, DateTime same, DateTime other)
    {
        while (other - same > TimeSpan.FromSeconds(1))
        {
            var middle = same.AddSeconds(Math.Floor((other - same).TotalSeconds / 2));
            if (At(middle) == offset)
            {
                same = middle;
            }
            else
            {
                other = middle;
            }
        }

        return other;
    }
}

/// <param name="Start">The first instant, in UTC.</param>
/// <param name="End">The first instant after it.</param>
/// <param name="Offset">Local time less UTC.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct OffsetStretch(DateTime Start, DateTime End, TimeSpan Offset);
