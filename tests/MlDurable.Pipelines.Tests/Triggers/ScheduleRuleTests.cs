using System.Diagnostics;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Tests.Triggers;

public sealed class ScheduleRuleTests
{
    /// <summary>Every kind of change: whole and half hours, at midnight, over a whole day, back and forth within a month, none at all.</summary>
    private static readonly string[] Zones =
    [
        "UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/Chicago", "America/New_York", "America/Sao_Paulo", "America/St_Johns", "America/Caracas",
        "America/Santiago", "Africa/Cairo", "Africa/Casablanca", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Tehran", "Asia/Dhaka", "Asia/Gaza", "Australia/Lord_Howe",
        "Australia/Sydney", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Norfolk", "Antarctica/Troll", "Antarctica/Casey",
    ];

    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    public static TheoryData<string, string, string, string[]> Nights => new()
    {
        // Berlin, 29 March 2026: 02:00 to 03:00 does not exist; 25 October: it exists twice.
        { "Europe/Berlin", "0 30 2 * * *", "2026-03-28", ["28T01:30", "29T01:00", "30T00:30"] },
        { "Europe/Berlin", "0 0 3 * * *", "2026-03-28", ["28T02:00", "29T01:00", "30T01:00"] },
        { "Europe/Berlin", "0 */30 1-3 * * *", "2026-03-29", ["29T00:00", "29T00:30", "29T01:00", "29T01:30", "29T23:00"] },
        { "Europe/Berlin", "0 30 2 * * *", "2026-10-24", ["24T00:30", "25T01:30", "26T01:30"] },
        { "Europe/Berlin", "0 */30 1-3 * * *", "2026-10-25", ["24T23:00", "24T23:30", "25T01:00", "25T01:30", "25T02:00", "25T02:30", "26T00:00"] },
        { "Europe/Berlin", "0 30 * * * *", "2026-03-29T00", ["28T23:30", "29T00:30", "29T01:30", "29T02:30"] },
        { "Europe/Berlin", "0 30 * * * *", "2026-10-25T01", ["24T23:30", "25T00:30", "25T01:30", "25T02:30"] },

        // Chicago, 8 March and 1 November 2026.
        { "America/Chicago", "0 15 2 * * *", "2026-03-07", ["07T08:15", "08T08:00", "09T07:15"] },
        { "America/Chicago", "0 15 1 * * *", "2026-10-31", ["31T06:15", "01T07:15", "02T07:15"] },

        // Lord Howe, 5 April 2026: 01:30 to 02:00 exists twice; 4 October: 02:00 to 02:30 does not exist.
        { "Australia/Lord_Howe", "0 45 1 * * *", "2026-04-04", ["03T14:45", "04T15:15", "05T15:15"] },
        { "Australia/Lord_Howe", "0 15 2 * * *", "2026-10-03", ["02T15:45", "03T15:30", "04T15:15"] },

        // Cairo, 24 April 2026: 00:00 to 01:00 does not exist; 30 October: Thursday's 23:00 to 24:00 exists twice.
        { "Africa/Cairo", "0 0 0 * * *", "2026-04-23", ["22T22:00", "23T22:00", "24T21:00"] },
        { "Africa/Cairo", "0 30 23 * * *", "2026-10-28", ["28T20:30", "29T21:30", "30T21:30"] },

        // São Paulo, 4 November 2018: 00:00 to 01:00 does not exist; 18 February 2018: Saturday's 23:00 to 24:00 exists twice.
        { "America/Sao_Paulo", "0 0 0 * * *", "2018-11-03", ["03T03:00", "04T03:00", "05T02:00"] },
        { "America/Sao_Paulo", "0 0 23 * * *", "2018-02-16", ["17T01:00", "18T02:00", "19T02:00"] },

        // Kathmandu, 5 hours and 45 minutes before UTC, without changes.
        { "Asia/Kathmandu", "0 0 0 * * *", "2026-03-29", ["28T18:15", "29T18:15"] },

        // Apia left out 30 December 2011.
        { "Pacific/Apia", "0 0 12 * * *", "2011-12-29", ["29T22:00", "30T10:00", "30T22:00"] },
        { "Pacific/Apia", "0 0 12 30 12 *", "2010-12-31", ["30T10:00", "29T22:00"] },
        { "Pacific/Apia", "0 0 */6 30 12 *", "2011-01-01", ["30T10:00", "29T10:00"] },
        { "Pacific/Apia", "0 0 * 30 12 *", "2011-01-01", ["29T10:00", "29T11:00"] },
    };

    /// <summary>The instants from a local midnight on, by day and time in UTC.</summary>
    [Theory]
    [MemberData(nameof(Nights))]
    public void Between_NightOfAChange_GivesTheInstantsOfTheRule(string zone, string cron, string from, string[] instants)
    {
        var local = DateTime.ParseExact(from, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH"], CultureInfo.InvariantCulture, DateTimeStyles.None);
        var start = local - ZoneOffsets.Of(TimeZones.Find(zone).Zone!).At(DateTime.SpecifyKind(local, DateTimeKind.Utc).AddHours(-12));
        var after = new DateTimeOffset(start, TimeSpan.Zero).AddSeconds(-1);

        var found = Rule(cron, zone).Between(after, after.AddYears(9)).Take(instants.Length);

        Assert.Equal(instants, found.Select(static instant => instant.ToString("dd'T'HH:mm")));
    }

    [Fact]
    public void Between_RandomCronAndZone_IsTheSlowReadingOfTheRule()
    {
        var cases =
            from zone in Gen.Elements(Zones)
            from cron in Crons
            from year in Gen.Elements(1995, 2007, 2009, 2010, 2011, 2012, 2014, 2018, 2024, 2026, 2031)
            from day in Gen.Frequency((1, Gen.Choose(0, 365)), (3, Gen.Choose(0, 1_000_000)))
            select (Zone: zone, Cron: cron, From: Start(zone, year, day));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(600),
            Prop.ForAll(cases.ToArbitrary(), static example =>
            {
                var through = example.From.AddDays(2);
                var fast = Rule(example.Cron, example.Zone).Between(example.From, through).ToList();
                Assert.Equal(SlowRule.Between(example.Cron, TimeZones.Find(example.Zone).Zone!, example.From, through), fast);
                Assert.Equal(fast.Count == 0 ? null : fast[^1], Rule(example.Cron, example.Zone).Last(example.From, through));
            }));
    }

    [Fact]
    public void Next_FollowedFromInstantToInstant_GivesTheListOfBetween()
    {
        foreach (var zone in Zones)
        {
            var rule = Rule("0 */17 1-3,23 * * *", zone);
            var all = rule.Between(At("2026-01-01T00:00:00Z"), At("2027-01-01T00:00:00Z")).ToList();
            var followed = new List<DateTimeOffset>();
            for (var instant = rule.Next(At("2026-01-01T00:00:00Z")); instant <= At("2027-01-01T00:00:00Z"); instant = rule.Next(instant.Value))
            {
                followed.Add(instant.Value);
            }

            Assert.Equal(all, followed);
            Assert.Equal(all.Distinct().Order(), all);
        }
    }

    [Fact]
    public void Between_YearOfEveryFiveMinutes_RunsByElapsedTime()
    {
        var start = At("2026-01-01T00:00:00Z");
        foreach (var zone in Zones)
        {
            var instants = Rule("0 */5 * * * *", zone).Between(start, start.AddYears(1)).ToList();
            Assert.Equal(Enumerable.Range(1, 365 * 24 * 12).Select(step => start.AddMinutes(5 * step)), instants);
        }
    }

    [Fact]
    public void Between_Interval_CountsFromTheStart()
    {
        var rule = ScheduleRule.Of(new ScheduleDefinition
        {
            Name = "s",
            Every = TimeSpan.FromMinutes(90),
            Start = At("2026-03-29T00:30:00+01:00"),
            End = At("2026-03-29T04:00:00Z"),
        });

        Assert.Equal(
            [At("2026-03-28T23:30:00Z"), At("2026-03-29T01:00:00Z"), At("2026-03-29T02:30:00Z")],
            rule.Between(At("2026-01-01T00:00:00Z"), At("2027-01-01T00:00:00Z")));
        Assert.Null(rule.Next(At("2026-03-29T02:30:00Z")));
        Assert.Equal(At("2026-03-29T02:30:00Z"), rule.Last(At("2026-01-01T00:00:00Z"), At("2027-01-01T00:00:00Z")));
        Assert.Equal(At("1970-01-03T00:00:00Z"), ScheduleRule.Of(new ScheduleDefinition { Name = "s", Every = TimeSpan.FromDays(2) }).Next(At("1970-01-01T00:00:00.5Z")));
    }

    [Fact]
    public void Between_StartAndEnd_AreTheFirstAndTheFirstNot()
    {
        var rule = ScheduleRule.Of(new ScheduleDefinition
        {
            Name = "s",
            Cron = "0 0 3 * * *",
            Start = At("2026-03-02T03:00:00Z"),
            End = At("2026-03-04T03:00:00Z"),
        });

        Assert.Equal([At("2026-03-02T03:00:00Z"), At("2026-03-03T03:00:00Z")], rule.Between(At("2026-01-01T00:00:00Z"), At("2027-01-01T00:00:00Z")));
    }

    [Theory]
    [InlineData("0 0 0 29 2 MON", "2044-02-29T00:00:00Z")]
    [InlineData("59 59 23 31 12 *", "2026-12-31T23:59:59Z")]
    public void Next_RareInstant_IsFoundQuickly(string cron, string next)
    {
        var watch = Stopwatch.StartNew();

        Assert.Equal(At(next), Rule(cron, "UTC").Next(At("2026-03-01T00:00:00Z")));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{watch.Elapsed}");
    }

    [Fact]
    public void Next_AtTheEndOfTime_IsNone()
    {
        Assert.Null(Rule("* * * * * *", "Pacific/Kiritimati").Next(At("9997-12-31T23:59:59Z")));
        Assert.Null(Rule("0 0 0 29 2 *", "Europe/Berlin").Next(At("9997-01-01T00:00:00Z")));
        Assert.Null(Rule("* * * * * *", "UTC").Next(DateTimeOffset.MaxValue));
        Assert.Equal(DateTimeOffset.UnixEpoch, Rule("* * * * * *", "UTC").Next(DateTimeOffset.MinValue));
    }

    [Fact]
    public void Of_UnknownZone_IsRefused() =>
        Assert.Equal("schedule-invalid", Assert.Throws<PipelineException>(() => Rule("* * * * * *", "Europe/Atlantis")).Code);

    private static Gen<string> Crons =>
        from second in Gen.Elements("0", "0", "30", "0,59", "*/20")
        from minute in Gen.Elements("0", "30", "*", "*/5", "59", "15,45", "1-58/19")
        from hour in Gen.OneOf(
            Gen.Elements("*", "*/2", "0", "1", "2", "3", "23", "1-3", "0-23", "22-23", "0,2,3", "2-3", "12"), Gen.Choose(0, 23).Select(static value => $"{value}"))
        from date in Gen.Frequency(
            (6, Gen.Constant("* * *")),
            (1, Gen.Choose(1, 31).Select(static day => $"{day} * *")),
            (1, Gen.Choose(1, 12).Select(static month => $"* {month} *")),
            (2, Gen.Elements(Days).Select(static day => $"* * {day}")),
            (1, Gen.Elements("29-31 12 *", "*/2 * 0-3", "1 1 *", "28-29 2 *")))
        select $"{second} {minute} {hour} {date}";

    /// <summary>A day of a year; or two days before one of its changes, when it has some.</summary>
    private static DateTimeOffset Start(string zone, int year, int day)
    {
        var start = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var info = TimeZones.Find(zone).Zone!;
        var changes = Enumerable.Range(0, 366).Select(index => start.AddDays(index)).Where(at => info.GetUtcOffset(at) != info.GetUtcOffset(at.AddDays(1))).ToList();
        return day < 366 || changes.Count == 0 ? start.AddDays(day % 366) : changes[day % changes.Count].AddDays(-1).AddSeconds(day % 3_600);
    }

    private static ScheduleRule Rule(string cron, string zone) => ScheduleRule.Of(new ScheduleDefinition { Name = "s", Cron = cron, Zone = zone });

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The rule as docs/triggers.md states it, read slowly: every minute that the clock shows is written down, and every time of the calendar is looked up.</summary>
    private static class SlowRule
    {
        public static List<DateTimeOffset> Between(string cron, TimeZoneInfo zone, DateTimeOffset after, DateTimeOffset through)
        {
            var fields = cron.Split(' ');
            var seconds = Values(fields[0], 0, 59);
            var minutes = Values(fields[1], 0, 59);
            var hours = Values(fields[2], 0, 23);

            // What the clock shows, minute by minute: every change of these years is at a whole minute.
            var clock = new List<(DateTime Utc, DateTime Local)>();
            for (var utc = Minute(after.UtcDateTime.AddDays(-2.5)); utc < through.UtcDateTime.AddDays(2.5); utc = utc.AddMinutes(1))
            {
                clock.Add((utc, utc + zone.GetUtcOffset(utc)));
            }

            var shown = clock.ToLookup(static entry => entry.Local, static entry => entry.Utc);
            var instants = new SortedSet<DateTimeOffset>();
            for (var local = Minute(after.UtcDateTime.AddDays(-2)); local < through.UtcDateTime.AddDays(2); local = local.AddMinutes(1))
            {
                if (!minutes.Contains(local.Minute) || !hours.Contains(local.Hour) || !IsDay(local, fields))
                {
                    continue;
                }

                var times = shown[local].ToList();
                if (hours.Count == 24 || times.Count > 0)
                {
                    foreach (var time in hours.Count == 24 ? times : [times.Max()])
                    {
                        instants.UnionWith(seconds.Select(second => new DateTimeOffset(time.AddSeconds(second))));
                    }
                }
                else
                {
                    instants.Add(new DateTimeOffset(clock.First(entry => entry.Local > local).Utc));
                }
            }

            return [.. instants.Where(instant => instant > after && instant <= through)];
        }

        private static bool IsDay(DateTime date, string[] fields) =>
            Values(fields[3], 1, 31).Contains(date.Day)
            && Values(fields[4], 1, 12).Contains(date.Month)
            && (Array.IndexOf(Days, fields[5]) is var named and >= 0 ? (int)date.DayOfWeek == named : Values(fields[5], 0, 6).Contains((int)date.DayOfWeek));

        private static DateTime Minute(DateTime time) => new(time.Ticks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, DateTimeKind.Utc);

        private static HashSet<int> Values(string field, int minimum, int maximum) =>
        [
            .. field.Split(',').SelectMany(part =>
            {
                var (span, step) = part.Split('/') is [var before, var after] ? (before, int.Parse(after)) : (part, 1);
                var (first, last) = span == "*" ? (minimum, maximum)
                    : span.Split('-') is [var low, var high] ? (int.Parse(low), int.Parse(high))
                    : (int.Parse(span), int.Parse(span));
                return Enumerable.Range(first, last - first + 1).Where(value => (value - first) % step == 0);
            }),
        ];
    }
}
