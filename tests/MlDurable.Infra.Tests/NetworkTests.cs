namespace MlDurable.Infra.Tests;

/// <summary>The private option: nothing answers the internet, and every name that the app asks for leads into the network.</summary>
public sealed class NetworkTests
{
    private static readonly string[] s_services =
    [
        "Microsoft.Storage/storageAccounts", "Microsoft.DurableTask/schedulers", "Microsoft.KeyVault/vaults", "Microsoft.Web/sites",
    ];

    [Theory]
    [ClassData(typeof(DeploymentData))]
    public async Task Services_AnswerTheInternet_UnlessThePrivateOptionIsOn(string variant)
    {
        var deployment = await Deployment.OfAsync(variant);

        Assert.All(s_services, type => Assert.All(deployment.Of(type), resource =>
            Assert.Equal(deployment.IsPrivate ? "Disabled" : "Enabled", resource.Text("properties.publicNetworkAccess"))));
        Assert.Equal(variant is "prod" or "dev-private", deployment.IsPrivate);
    }

    [Fact]
    public async Task PrivateOption_Off_MakesNoNetwork() =>
        Assert.DoesNotContain((await Deployment.OfAsync("dev")).Resources, resource => resource.Text("type").StartsWith("Microsoft.Network/", StringComparison.Ordinal));

    [Theory]
    [InlineData("Microsoft.Storage/storageAccounts", "sthost", "blob")]
    [InlineData("Microsoft.Storage/storageAccounts", "sthost", "queue")]
    [InlineData("Microsoft.Storage/storageAccounts", "stml", "blob")]
    [InlineData("Microsoft.Storage/storageAccounts", "stml", "queue")]
    [InlineData("Microsoft.DurableTask/schedulers", "dts-", "scheduler")]
    [InlineData("Microsoft.KeyVault/vaults", "kv-", "vault")]
    [InlineData("Microsoft.Web/sites", "func-", "sites")]
    public async Task Service_OfThePrivateOption_HasItsEndpoint(string type, string namePrefix, string part)
    {
        var deployment = await Deployment.OfAsync("prod");
        var service = deployment.One(type, namePrefix).Text("id");
        var connections = deployment.Of("Microsoft.Network/privateEndpoints")
            .Select(endpoint => Assert.Single(endpoint.At("properties.privateLinkServiceConnections").EnumerateArray()));

        Assert.Single(connections, connection =>
            connection.Text("properties.privateLinkServiceId") == service
            && Assert.Single(connection.At("properties.groupIds").EnumerateArray()).GetString() == part);
    }

    [Fact]
    public async Task Endpoints_HaveNamesInZonesThatTheNetworkReads()
    {
        var deployment = await Deployment.OfAsync("prod");
        var zones = deployment.Of("Microsoft.Network/privateDnsZones").Select(zone => zone.Text("name")).ToList();
        var links = deployment.Of("Microsoft.Network/privateDnsZones/virtualNetworkLinks");
        var groups = deployment.Of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups");

        Assert.Equal(zones.Count, links.Length);
        Assert.All(links, link => Assert.Equal(
            deployment.One("Microsoft.Network/virtualNetworks").Text("id"), link.Text("properties.virtualNetwork.id")));
        Assert.Equal(deployment.Of("Microsoft.Network/privateEndpoints").Length, groups.Length);
        Assert.All(deployment.Of("Microsoft.Network/privateEndpoints"), endpoint =>
            Assert.EndsWith("/subnets/endpoints", endpoint.Text("properties.subnet.id"), StringComparison.Ordinal));
        Assert.All(groups, group =>
        {
            var zone = Assert.Single(group.At("properties.privateDnsZoneConfigs").EnumerateArray()).Text("properties.privateDnsZoneId");
            Assert.Contains(zones, name => zone.Contains(name.Trim('[', ']'), StringComparison.Ordinal));
        });
    }

    [Fact]
    public async Task App_OfThePrivateOption_LeavesThroughASubnetOfItsOwn()
    {
        var deployment = await Deployment.OfAsync("prod");
        var subnets = deployment.One("Microsoft.Network/virtualNetworks").At("properties.subnets").EnumerateArray().ToList();
        var own = Assert.Single(subnets, subnet => subnet.Text("name") == "app");

        Assert.EndsWith("/subnets/app", deployment.One("Microsoft.Web/sites").Text("properties.virtualNetworkSubnetId"), StringComparison.Ordinal);
        Assert.Equal(
            "Microsoft.App/environments", Assert.Single(own.At("properties.delegations").EnumerateArray()).Text("properties.serviceName"));
        Assert.Equal(subnets.Count, subnets.Select(subnet => subnet.Text("properties.addressPrefix")).Distinct().Count());
    }
}
