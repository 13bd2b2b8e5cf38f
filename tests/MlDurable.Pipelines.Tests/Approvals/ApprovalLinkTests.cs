using System.Security.Cryptography;
using MlDurable.Pipelines.Approvals;

namespace MlDurable.Pipelines.Tests.Approvals;

public sealed class ApprovalLinkTests
{
    private static readonly byte[] Key = SHA256.HashData("a key for tests"u8);
    private static readonly DateTimeOffset Until = new(2026, 3, 8, 3, 0, 0, TimeSpan.Zero);
    private static readonly ApprovalLink Link = new("20260301T030000-7f3a", 2, ApprovalChoice.Reject, "shown", Until, "ada", "00ff");

    [Fact]
    public void Verify_ItsOwnToken_GivesTheLink()
    {
        var token = Link.ToToken(Key);
        Assert.Equal(Link, ApprovalLink.Verify(token, Key, Until.AddTicks(-1)));
        Assert.Matches("^[A-Za-z0-9_.-]+$", token);
        Assert.Equal("link-expired", Code(() => ApprovalLink.Verify(token, Key, Until)));
    }

    [Fact]
    public void Verify_AnyOtherCharacterOrKey_IsRefused()
    {
        var token = Link.ToToken(Key);
        for (var position = 0; position < token.Length; position++)
        {
            foreach (var other in "A_.=%")
            {
                if (token[position] != other)
                {
                    var changed = token[..position] + other + token[(position + 1)..];
                    Assert.Equal("link-invalid", Code(() => ApprovalLink.Verify(changed, Key, DateTimeOffset.MinValue)));
                }
            }
        }

        Assert.Equal("link-invalid", Code(() => ApprovalLink.Verify(token, SHA256.HashData("another"u8), DateTimeOffset.MinValue)));
    }

    /// <summary>The last character of a signature of 32 bytes has spare bits: other spellings of it would be other tokens for the same link.</summary>
    [Fact]
    public void Verify_AnotherSpellingOfTheSignature_IsRefused()
    {
        var token = Link.ToToken(Key);
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var accepted = alphabet.Count(last => Code(() => ApprovalLink.Verify(token[..^1] + last, Key, DateTimeOffset.MinValue)) is null);
        Assert.Equal(1, accepted);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("e30.AAAA")]
    [InlineData("../../etc/passwd")]
    public void Verify_Junk_IsRefused(string token) => Assert.Equal("link-invalid", Code(() => ApprovalLink.Verify(token, Key, DateTimeOffset.MinValue)));

    [Fact]
    public void Verify_Endless_IsRefused() =>
        Assert.Equal("link-invalid", Code(() => ApprovalLink.Verify(new string('A', 1 << 20) + ".AAAA", Key, DateTimeOffset.MinValue)));

    [Fact]
    public void Options_AShortKey_IsRefused() => Assert.Throws<ArgumentException>(() => new ApprovalOptions { LinkKey = new byte[31] });

    [Theory]
    [InlineData("cli:ada", true)]
    [InlineData("http:ada", true)]
    [InlineData("cli:grace", true)]
    [InlineData("cli:Ada", false)]
    [InlineData("cli:eve", false)]
    [InlineData("cli:", false)]
    [InlineData("cli:linus", false)]
    [InlineData("link:LINUS", false)]
    public void IsAllowed_ByNameAndAuthor_ErrsTowardsRefusing(string by, bool expected)
    {
        var request = Request() with { By = ["ada", "cli:grace", "linus", "LINUS"], Authors = ["cli:Linus", "http:eve"] };
        Assert.Equal(expected, ApproverNames.IsAllowed(request, by));
    }

    [Fact]
    public void Page_ShowsWhatIsAskedEscapedAndPostsOnly()
    {
        var request = Request() with { Summary = "<script>alert(1)</script>" };
        var page = ApprovalPage.Render(Link, new ApprovalView(request, [], null));
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("<form method=\"post\">", page, StringComparison.Ordinal);
        Assert.Contains("required=\"required\"", page, StringComparison.Ordinal);
        Assert.Contains(request.Evidence.Model, page, StringComparison.Ordinal);
        var decision = new ApprovalDecision(1, ApprovalVerdict.TimedOut, null, null, null, request.Evidence, "shown", Until);
        Assert.DoesNotContain("<form", ApprovalPage.Render(Link, new ApprovalView(request, [], decision)), StringComparison.Ordinal);
    }

    internal static ApprovalRequest Request() => new()
    {
        RunId = Link.RunId,
        Number = 1,
        Pipeline = "strikes",
        Model = "strikes",
        Summary = "better",
        Evidence = new ApprovalEvidence("e", "m", "p", "hash-of-the-model"),
        EvidenceHash = "shown",
        AskedAt = Until.AddDays(-7),
        ExpiresAt = Until,
    };

    private static string? Code(Action action) => (Record.Exception(action) as PipelineException)?.Code;
}
