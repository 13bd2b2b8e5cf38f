namespace MlDurable.Testing;

/// <summary>What can fail in a <see cref="CrashPlay"/>.</summary>
public enum CrashFault
{
    /// <summary>The power, at a changing operation of the disk: what was not flushed may be lost.</summary>
    PowerLossAtDisk,

    /// <summary>One changing operation of the disk, which the process survives: its engine stops, and another one is opened.</summary>
    FailedDiskOperation,

    /// <summary>The power, at a call that <see cref="CrashPlay.Pass"/> counts.</summary>
    PowerLossAtCall,

    /// <summary>One such call, which the process survives.</summary>
    FailedCall,
}

/// <summary>One place at which something fails.</summary>
/// <param name="Fault">What fails.</param>
/// <param name="Number">At which operation or call, counted from 1.</param>
public sealed record CrashPoint(CrashFault Fault, int Number);
