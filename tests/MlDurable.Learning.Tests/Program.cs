using MlDurable.Learning.Tests;

foreach (var line in ModelProcess.Lines())
{
    Console.WriteLine(line);
}
