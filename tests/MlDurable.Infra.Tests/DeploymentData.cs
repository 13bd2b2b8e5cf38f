namespace MlDurable.Infra.Tests;

/// <summary>All variants of the deployment, as the data of theories.</summary>
public sealed class DeploymentData : TheoryData<string>
{
    /// <summary>Lists them.</summary>
    public DeploymentData() => AddRange([.. Deployment.Variants]);
}
