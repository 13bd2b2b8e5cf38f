using FsCheck;
using FsCheck.Fluent;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Triggers;

/// <summary>Two hosts on one store, uploads, losses, duplicates and crashes in any order: each content that stays is given to exactly one run, and none to two.</summary>
public sealed class DataWatchInterleavingTests
{
    private const int Names = 6;

    [Fact]
    public void AnyInterleaving_OfUploadsNotificationsTicksListingsAndCrashes_GivesOneEffectPerIdentity()
    {
        var step = Gen.Choose(0, 9).SelectMany(kind => Gen.Choose(0, 11).Select(value => (kind, value)));
        var scripts = Gen.Choose(5, 60).SelectMany(length => step.ListOf(length)).ToArbitrary();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(250),
            Prop.ForAll(scripts, script => HoldsAsync([.. script]).GetAwaiter().GetResult()));
    }

    private static async Task<bool> HoldsAsync(List<(int Kind, int Value)> script)
    {
        var harness = new DataWatchHarness
        {
            BlobsPerReconcile = 1 + (script.Count % 4),
            Trigger = new DataTriggerDefinition { QuietFor = script.Count % 3 == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(30), Count = script.Count % 2 == 0 ? 3 : null },
        };
        var views = new[] { new HostStore(harness.Store), new HostStore(harness.Store) };
        var hosts = new[] { harness.Host("0", views[0]), harness.Host("1", views[1]) };
        var heard = new List<DataNotification>();
        foreach (var (kind, value) in script)
        {
            var host = value % 2;
            switch (kind)
            {
                case 0 or 1:
                    heard.Add(await harness.AddAsync($"strikes/{value % Names}.csv", new string('x', 1 + value)));
                    break;
                case 2 when heard.Count > 0:
                    await RunAsync(host, () => hosts[host].NotifyAsync([heard[value % heard.Count], heard[^1]]));
                    break;
                case 3 when heard.Count > 0:
                    await RunAsync(host, () => hosts[host].NotifyAsync([new DataNotification(heard[value % heard.Count].Blob)]));
                    break;
                case 4:
                    await RunAsync(host, () => hosts[host].TickAsync());
                    break;
                case 5:
                    await RunAsync(host, () => hosts[host].ReconcileAsync());
                    break;
                case 6:
                    await Task.WhenAll(RunAsync(0, () => hosts[0].TickAsync()), RunAsync(1, () => value < 6 ? hosts[1].TickAsync() : hosts[1].ReconcileAsync()));
                    break;
                case 7:
                    views[host].HalfStepsLeft = value;
                    break;
                case 8:
                    harness.Clock.Advance(TimeSpan.FromSeconds(value * 3));
                    break;
                case 9 when value < 3:
                    await harness.Store.DeleteAsync($"data/strikes/{value}.csv", BlobCondition.None);
                    break;
                case 9:
                    harness.Runs.EndAll();
                    break;
            }
        }

        var current = new List<string>();
        await foreach (var blob in harness.Store.ListAsync("data/"))
        {
            current.Add($"{blob.Name["data/".Length..]} {blob.ETag}");
        }

        for (var round = 0; round < 2 * Names; round++)
        {
            harness.Runs.EndAll();
            harness.Clock.Advance(TimeSpan.FromMinutes(2));
            await harness.Host("later").ReconcileAsync();
            await harness.Host("later").TickAsync();
        }

        var effects = harness.Runs.Effects;
        return effects.Count == effects.Distinct().Count()
            && current.TrueForAll(effects.Contains)
            && effects.All(effect => current.Contains(effect) || heard.Exists(blob => effect == $"{blob.Blob["data/".Length..]} {blob.ETag}"));

        async Task RunAsync(int host, Func<Task> act)
        {
            try
            {
                await act();
            }
            catch (Exception exception) when (exception is CrashException
                || (exception is AggregateException several && several.InnerExceptions.All(inner => inner is CrashException)))
            {
                // The host comes back with nothing but its name.
                views[host] = new HostStore(harness.Store);
                hosts[host] = harness.Host($"{host}", views[host]);
            }
        }
    }
}
