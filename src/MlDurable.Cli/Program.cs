using MlDurable.Cli;

using var interruption = new Interruption();
return await CommandLine.RunAsync(args, Host.OfProcess(), interruption.Token);
