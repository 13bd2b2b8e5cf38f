using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace MlDurable.Server.Telemetry;

/// <summary>The trace of a run: it follows from the run's id, so that spans of before and after a restart belong together.</summary>
internal static class RunTrace
{
    /// <summary>The context that is the parent of every span of a run. No span has its own id: that one stands for the run itself.</summary>
    public static ActivityContext ContextOf(string runId)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes("mldurable-run:" + runId));
        return new ActivityContext(
            ActivityTraceId.CreateFromBytes(hash.AsSpan(0, 16)), ActivitySpanId.CreateFromBytes(hash.AsSpan(16, 8)), ActivityTraceFlags.Recorded, isRemote: true);
    }
}
