using System.Text;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Tests.Triggers;

public sealed class BlobCreatedEventsTests
{
    [Fact]
    public void Parse_EventGridSchema_GivesBlobETagAndLength()
    {
        var notification = Assert.Single(Parse($"[{Event("/blobServices/default/containers/data/blobs/strikes/a b%20.csv")}]"));

        Assert.Equal(new DataNotification("data/strikes/a b%20.csv", "0x8D4BCC2E4835CD0", 524288), notification);
    }

    [Fact]
    public void Parse_CloudEventsSchemaAndOneObject_IsRead()
    {
        var message = Event("/blobServices/default/containers/data/blobs/1.csv").Replace("eventType", "type", StringComparison.Ordinal);

        Assert.Equal("data/1.csv", Assert.Single(Parse(message)).Blob);
    }

    [Theory]
    [InlineData("PutBlockList", true)]
    [InlineData("CopyBlob", true)]
    [InlineData("FlushWithClose", true)]
    [InlineData("SftpCommit", true)]
    [InlineData("CreateFile", false)]
    [InlineData("DeleteBlob", false)]
    public void Parse_Api_OnlyTheOnesThatCompleteABlobCount(string api, bool counts) =>
        Assert.Equal(counts, Parse(Event("/blobServices/default/containers/data/blobs/1.csv", api)).Count == 1);

    [Theory]
    [InlineData("/blobServices/default/containers/data/blobs/../secret")]
    [InlineData("/blobServices/default/containers/data/blobs/")]
    [InlineData("/blobServices/default/containers/../blobs/1.csv")]
    [InlineData("/blobServices/default/containers/data")]
    [InlineData("data/1.csv")]
    public void Parse_SubjectThatNamesNoBlob_IsLeftOut(string subject) => Assert.Empty(Parse(Event(subject)));

    [Theory]
    [InlineData("\"eTag\": 5")]
    [InlineData("\"eTag\": \"\"")]
    [InlineData("\"other\": 1")]
    public void Parse_WithoutAnETag_TheBlobIsToBeLookedUp(string etag)
    {
        var message = Event("/blobServices/default/containers/data/blobs/1.csv").Replace("\"eTag\": \"0x8D4BCC2E4835CD0\"", etag, StringComparison.Ordinal);

        Assert.Equal(new DataNotification("data/1.csv"), Assert.Single(Parse(message)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("5")]
    [InlineData("[5]")]
    [InlineData("{}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]")]
    [InlineData("{\"eventType\": \"\\ud800\"}")]
    public void Parse_NoEvent_IsRefusedWithACode(string message) =>
        Assert.Equal("event-invalid", Assert.Throws<PipelineException>(() => Parse(message)).Code);

    [Fact]
    public void Parse_TooManyOrTooLarge_IsRefused()
    {
        Assert.Throws<PipelineException>(() => Parse($"[{string.Join(',', Enumerable.Repeat("{}", BlobCreatedEvents.MaxEvents + 1))}]"));
        Assert.Throws<PipelineException>(() => BlobCreatedEvents.Parse(new byte[BlobCreatedEvents.MaxBytes + 1]));
    }

    [Fact]
    public void Parse_EventOfAnotherType_IsLeftOut() =>
        Assert.Empty(Parse(Event("/blobServices/default/containers/data/blobs/1.csv").Replace("BlobCreated", "BlobDeleted", StringComparison.Ordinal)));

    private static IReadOnlyList<DataNotification> Parse(string message) => BlobCreatedEvents.Parse(Encoding.UTF8.GetBytes(message));

    private static string Event(string subject, string api = "PutBlob") => $$"""
        { "topic": "/subscriptions/1/x", "subject": "{{subject}}", "eventType": "Microsoft.Storage.BlobCreated", "id": "1", "eventTime": "2026-06-26T18:41:00Z",
          "data": { "api": "{{api}}", "eTag": "0x8D4BCC2E4835CD0", "contentType": "text/csv", "contentLength": 524288, "blobType": "BlockBlob",
                    "url": "https://account.blob.core.windows.net/data/strikes/1.csv" } }
        """;
}
