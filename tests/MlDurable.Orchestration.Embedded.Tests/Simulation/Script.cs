using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MlDurable.Orchestration.Embedded.Tests.Simulation;

/// <summary>
/// A random workflow as a text of one letter a step, and the plain model of it: what it gives whatever the machine does meanwhile.
/// </summary>
internal sealed partial record Script(string Steps)
{
    private const string ChildSteps = "arftpvu";

    /// <summary>The letters, some of them several times, for they come more often.</summary>
    public const string AllSteps = "aaartfhbzvplcdnkwwwqqguxm";

    /// <summary>Steps that wait for an event.</summary>
    public bool Listens => Steps.AsSpan().ContainsAny('w', 'q');

    public static Script Random(Random chance) => new(Text(AllSteps, chance.Next(1, 10), chance));

    /// <summary>That of the child of a step, which is told no events.</summary>
    public static Script OfChild(char step, int position) => new((step == 'd' ? "y" : "") + Text(ChildSteps, 1 + (position % 3), new(position)));

    /// <summary>What a step with an activity is told, and gives back.</summary>
    public static string Token(char step, int position) => string.Create(CultureInfo.InvariantCulture, $"[{step}{position}]");

    /// <summary>Says what is wrong with the result of the script, or null.</summary>
    /// <param name="output">The result.</param>
    /// <param name="sent">How many events were sent.</param>
    /// <param name="accepted">The numbers of those that were certainly accepted.</param>
    public string? Check(string output, int sent, IReadOnlySet<int> accepted)
    {
        if (!Regex.IsMatch(output, $"^{Pattern()}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking))
        {
            return $"'{output}' is not of the form {Pattern()}";
        }

        var received = Event().Matches(output).Select(match => int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture)).ToList();
        if (received.Zip(received.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            return $"the events {string.Join(' ', received)} are out of order, or came twice";
        }

        var last = received.Count == 0 ? -1 : received[^1];
        return last >= sent ? $"event {last} was never sent"
            : accepted.FirstOrDefault(number => number < last && !received.Contains(number), -1) is var lost and >= 0
                ? $"event {lost} was accepted and lost; received: {string.Join(' ', received)}"
                : null;
    }

    private static string Text(string letters, int length, Random chance) => new(chance.GetItems<char>(letters, length));

    private string Pattern()
    {
        var pattern = new StringBuilder();
        foreach (var (position, step) in Steps.Index())
        {
            pattern.Append(step switch
            {
                'w' => @"\[w\d+\]",
                'q' => @"\[(q|w\d+)\]",
                'f' or 'l' => Regex.Escape(string.Concat(Enumerable.Range(0, 3).Select(branch => Token(step, (position * 10) + branch)))),
                'c' or 'd' => OfChild(step, position).Pattern(),
                'g' => "",
                _ => Regex.Escape(Token(step, position)),
            });
        }

        return pattern.ToString();
    }

    [GeneratedRegex(@"\[w(?<number>\d+)\]", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Event();
}
