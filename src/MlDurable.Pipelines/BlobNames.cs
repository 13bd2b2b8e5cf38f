namespace MlDurable.Pipelines;

/// <summary>Where everything lies in a workspace. The first segment is the container in Azure and the folder on disk.</summary>
internal static class BlobNames
{
    public const string Data = "data/";
    public const string Runs = "runs/";
    public const string Models = "models/";
    public const string Pipelines = "pipelines/";

    /// <summary>The end of the name of each deployment.</summary>
    public const string DeploymentFile = "/deployment.json";

    /// <summary>Ends of runs that others may follow.</summary>
    public const string EndedRuns = "triggers/ended/";

    public const string Backfills = "triggers/backfills/";

    /// <summary>Marks of the runs that have not ended, so that they are found without reading the records of all runs.</summary>
    public const string AllUnfinished = "triggers/unfinished/";

    public static string Schema(string pipeline) => $"features/{pipeline}/schema.json";

    public static string Features(string pipeline, string featureSet, string partition) => $"features/{pipeline}/{featureSet}/{partition}.col";

    public static string Quality(string pipeline, string qualityHash, string partition) => $"quality/{pipeline}/{qualityHash}/{partition}.json";

    public static string TrainedModel(string pipeline, string key) => $"cache/{pipeline}/candidates/{key}.model";

    public static string TrainedCandidate(string pipeline, string key) => $"cache/{pipeline}/candidates/{key}.json";

    public static string TestedFold(string pipeline, string key) => $"cache/{pipeline}/folds/{key}.json";

    public static string Run(string runId, string file) => $"{Runs}{runId}/{file}";

    /// <summary>Nothing is cut off the partition's name, so that no two partitions share a file.</summary>
    public static string Predictions(string pipeline, int version, string partition) => $"predictions/{pipeline}/{version}/{partition}.csv";

    public static string PredictionLineage(string pipeline, int version, string partition) => $"predictions/{pipeline}/{version}/{partition}.json";

    public static string Registry(string model) => $"{Models}{model}/registry.json";

    public static string Versions(string model) => $"{Models}{model}/versions/";

    public static string Version(string model, int version, string file) => $"{Versions(model)}{version}/{file}";

    public static string Deployment(string pipeline) => Pipelines + pipeline + DeploymentFile;

    public static string PipelineVersion(string pipeline, string hash) => $"{Pipelines}{pipeline}/versions/{hash}.yaml";

    public static string Claim(string name) => $"triggers/claims/{name}.json";

    public static string ActivityStarts(string callHash) => $"triggers/starts/{callHash}.json";

    public static string ScheduleStates(string pipeline) => $"triggers/state/schedules/{pipeline}/";

    public static string ScheduleState(string pipeline, string schedule) => $"{ScheduleStates(pipeline)}{schedule}.json";

    public static string EndedRun(string runId) => $"{EndedRuns}{runId}.json";

    public static string Backfill(string id) => $"{Backfills}{id}.json";

    public static string DataWatch(string pipeline) => $"triggers/state/data/{pipeline}/";

    public static string Unfinished(string pipeline) => $"{AllUnfinished}{pipeline}/";
}
