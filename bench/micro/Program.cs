using BenchmarkDotNet.Running;
using MlDurable.Bench.Micro;

BenchmarkSwitcher.FromTypes([typeof(JournalBenchmarks)]).Run(args);
