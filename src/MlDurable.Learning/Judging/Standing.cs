namespace MlDurable.Learning.Judging;

/// <summary>What a paired difference says about a candidate.</summary>
internal enum Standing
{
    /// <summary>The whole interval is above 0.</summary>
    Better,

    /// <summary>The whole interval is above -margin, and that is enough.</summary>
    AsGood,

    /// <summary>Too few rows to say.</summary>
    Open,

    /// <summary>Enough rows, and still not shown to be within the margin (or better, where that is asked for).</summary>
    NotShown,

    /// <summary>The whole interval is below the margin: the candidate cannot be better by as much as matters, where that is asked for.</summary>
    NotBetter,

    /// <summary>The whole interval is at or below -margin.</summary>
    Worse,
}
