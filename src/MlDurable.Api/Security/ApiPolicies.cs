using Microsoft.AspNetCore.Authorization;

namespace MlDurable.Api.Security;

/// <summary>The authorization policies of the endpoints, by what they allow.</summary>
public static class ApiPolicies
{
    /// <summary>Looking and scoring: every role.</summary>
    public const string Read = "mldurable-read";

    /// <summary>Starting and steering runs, bringing data in: operators and admins.</summary>
    public const string Operate = "mldurable-operate";

    /// <summary>Answering approvals, moving the champion: approvers and admins.</summary>
    public const string Approve = "mldurable-approve";

    /// <summary>Deploying pipelines, purging: admins.</summary>
    public const string Administer = "mldurable-administer";

    internal static void Add(AuthorizationOptions options, MlDurableOptions api)
    {
        Add(Read, ApiRole.Viewer, ApiRole.Operator, ApiRole.Approver, ApiRole.Admin);
        Add(Operate, ApiRole.Operator, ApiRole.Admin);
        Add(Approve, ApiRole.Approver, ApiRole.Admin);
        Add(Administer, ApiRole.Admin);

        void Add(string name, params ApiRole[] roles) => options.AddPolicy(
            name,
            policy =>
            {
                foreach (var scheme in api.AuthenticationSchemes)
                {
                    policy.AuthenticationSchemes.Add(scheme);
                }

                policy.RequireAssertion(context =>
                    roles.Any(role => context.User.IsInRole(role.ToString().ToLowerInvariant()))
                    || (context.User.Identity is not { IsAuthenticated: true } && api.AnonymousRole is { } anonymous && roles.Contains(anonymous)));
            });
    }
}
