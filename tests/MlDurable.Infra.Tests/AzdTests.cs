using YamlDotNet.RepresentationModel;

namespace MlDurable.Infra.Tests;

/// <summary>What azd is told: files that are there, and a service that the deployment tags.</summary>
public sealed class AzdTests
{
    private readonly YamlMappingNode _project = Load();

    [Fact]
    public void Infrastructure_IsTheModuleWithItsParameters()
    {
        var infra = (YamlMappingNode)_project["infra"];

        Assert.True(File.Exists(Repository.PathOf($"{infra["path"]}/{infra["module"]}.bicep")));
        Assert.True(File.Exists(Repository.PathOf($"{infra["path"]}/{infra["module"]}.bicepparam")));
    }

    [Fact]
    public void Hook_IsAnExecutableScript()
    {
        var hook = (YamlMappingNode)_project["hooks"]["postdeploy"];
        var file = Repository.PathOf(hook["run"].ToString());

        Assert.True(File.Exists(file), file);
        Assert.Equal("sh", hook["shell"].ToString());
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute));
        }
    }

    [Fact]
    public async Task Service_IsTheOneThatTheAppIsTaggedWith()
    {
        var services = ((YamlMappingNode)_project["services"]).Children.Keys.Select(key => key.ToString());
        var app = (await Deployment.OfAsync("dev")).One("Microsoft.Web/sites");

        Assert.Equal(app.At("tags").GetProperty("azd-service-name").GetString(), Assert.Single(services));
    }

    private static YamlMappingNode Load()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read("azure.yaml")));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }
}
