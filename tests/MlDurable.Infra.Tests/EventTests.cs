using System.Text.Json;

namespace MlDurable.Infra.Tests;

/// <summary>Notifications of new data: by webhook after the deployment, or by queue in a private network.</summary>
public sealed class EventTests
{
    private const string SubscriptionType = "Microsoft.EventGrid/systemTopics/eventSubscriptions";

    [Theory]
    [InlineData("dev", false)]
    [InlineData("test", false)]
    [InlineData("prod", true)]
    [InlineData("dev-private", true)]
    public async Task Subscription_OfADeployment_IsMadeInAPrivateNetworkOnly(string variant, bool made)
    {
        var deployment = await Deployment.OfAsync(variant);

        Assert.Equal(made ? 1 : 0, deployment.Of(SubscriptionType).Length);
        Assert.Equal(made ? "SystemAssigned" : "None", deployment.One("Microsoft.EventGrid/systemTopics").Text("identity.type"));
    }

    [Fact]
    public async Task Queue_ThatEventsAreDeliveredTo_IsMadeAndWrittenUnderTheIdentityOfTheTopic()
    {
        var deployment = await Deployment.OfAsync("prod");
        var delivery = deployment.One(SubscriptionType).At("properties.deliveryWithResourceIdentity");
        var queue = deployment.One("Microsoft.Storage/storageAccounts/queueServices/queues").Text("name").Split('/')[^1];

        Assert.Equal("SystemAssigned", delivery.Text("identity.type"));
        Assert.Equal("StorageQueue", delivery.Text("destination.endpointType"));
        Assert.Equal(queue, delivery.Text("destination.properties.queueName"));
        Assert.Equal(
            deployment.One("Microsoft.Storage/storageAccounts", "stml").Text("id"), delivery.Text("destination.properties.resourceId"));
    }

    [Fact]
    public async Task Filter_OfBothDeliveries_IsNewBlobsOfTheContainerData()
    {
        var queue = (await Deployment.OfAsync("prod")).One(SubscriptionType).At("properties");
        var webhook = (await WebhookAsync()).At("properties");

        Assert.Equal("/blobServices/default/containers/data/blobs/", queue.Text("filter.subjectBeginsWith"));
        Assert.Equal("Microsoft.Storage.BlobCreated", Assert.Single(queue.At("filter.includedEventTypes").EnumerateArray()).GetString());
        Assert.Equal("[variables('newData')]", webhook.Text("filter"));
        Assert.Equal("EventGridSchema", queue.Text("eventDeliverySchema"));
        Assert.Equal("EventGridSchema", webhook.Text("eventDeliverySchema"));
    }

    [Fact]
    public async Task Webhook_IsTheBlobFunctionWithTheKeyThatAzureReads()
    {
        var template = await WebhookTemplateAsync();
        var url = (await WebhookAsync()).Text("properties.destination.properties.endpointUrl");

        Assert.Contains("listKeys(", url, StringComparison.Ordinal);
        Assert.Contains("systemKeys.blobs_extension", url, StringComparison.Ordinal);
        Assert.Contains("/runtime/webhooks/blobs?functionName=Host.Functions.DataUploaded", template.ToString(), StringComparison.Ordinal);
        Assert.False(template.TryGetProperty("outputs", out _), "An output would show the key.");
    }

    private static async Task<JsonElement> WebhookAsync() =>
        (await WebhookTemplateAsync()).At("resources").EnumerateObject().Select(item => item.Value)
            .Single(resource => resource.Text("type") == SubscriptionType);

    private static async Task<JsonElement> WebhookTemplateAsync()
    {
        var result = await Bicep.RunAsync("build", "--stdout", Repository.PathOf("infra/modules/data-webhook.bicep"));
        return JsonElement.Parse(result.Output);
    }
}
