using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Learning.Training;

namespace MlDurable.Pipelines.Runs;

/// <summary>The rows on which models were judged.</summary>
/// <param name="Holdout">Rows in the holdout part.</param>
/// <param name="Positives">Positive rows among them; null unless labels are binary.</param>
/// <param name="Compared">Holdout rows that none of the compared models had seen in training or validation.</param>
/// <param name="ComparedPositives">Positive rows among those; null unless labels are binary.</param>
/// <param name="From">Earliest time of the compared rows; null without a time column.</param>
/// <param name="To">Latest time of the compared rows; null without a time column.</param>
/// <param name="Hash">Identity of the compared rows.</param>
public sealed record EvaluationRows(
    int Holdout, int? Positives, int Compared, int? ComparedPositives, DateTimeOffset? From, DateTimeOffset? To, string Hash);

/// <summary>One model's figures on the compared rows.</summary>
public sealed record EvaluatedModel
{
    /// <summary>Its part in the comparison: candidate, champion, anchor or baseline.</summary>
    public required string Role { get; init; }

    /// <summary>The trainer's name.</summary>
    public required string Trainer { get; init; }

    /// <summary>The registered version; null for a candidate and the baseline.</summary>
    public int? Version { get; init; }

    /// <summary>SHA-256 of the model file.</summary>
    public required string ModelHash { get; init; }

    /// <summary>Probability at and above which a row is called positive; null unless labels are binary.</summary>
    public required double? Threshold { get; init; }

    /// <summary>What <see cref="Threshold"/> was chosen by; the greatest F1 in records of older versions.</summary>
    public ThresholdRule ThresholdRule { get => field ?? ThresholdRule.GreatestF1; init; }

    /// <summary>Every metric with its interval.</summary>
    public required ImmutableArray<MetricEstimate> Metrics { get; init; }

    /// <summary>Decisions at <see cref="Threshold"/>; null unless labels are binary.</summary>
    public required ConfusionMatrix? Confusion { get; init; }

    /// <summary>Decisions for the most probable class; null unless there are several classes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ClassConfusion? ClassConfusion { get; init; }

    /// <summary>How far predicted numbers are off; null unless numbers are predicted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ErrorFigures? Errors { get; init; }

    /// <summary>The ROC curve: x false positive rate, y true positive rate. This and the next two are empty unless labels are binary.</summary>
    public required ImmutableArray<CurvePoint> Roc { get; init; }

    /// <summary>The precision–recall curve: x recall, y precision.</summary>
    public required ImmutableArray<CurvePoint> PrecisionRecall { get; init; }

    /// <summary>Predicted against observed rates.</summary>
    public required ImmutableArray<CalibrationBin> Calibration { get; init; }

    /// <summary>What its probabilities would be worth without the calibration that the model has; null for a model without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public UncalibratedFigures? Uncalibrated { get; init; }
}

/// <summary>Figures of a calibrated model's probabilities before its calibration, on the rows of its other figures.</summary>
/// <param name="Method">The calibration that they are without.</param>
/// <param name="LogLoss">The log loss.</param>
/// <param name="Brier">The Brier score.</param>
/// <param name="CalibrationError">The expected calibration error.</param>
public sealed record UncalibratedFigures(CalibrationMethod Method, double LogLoss, double Brier, double CalibrationError);

/// <summary>The evidence and the verdict of a run: <c>runs/&lt;run id&gt;/evaluation.json</c>.</summary>
public sealed record Evaluation
{
    /// <summary>The metric that decides.</summary>
    public required string Primary { get; init; }

    /// <summary>What is predicted; binary labels in records of older versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LearningTask Task { get; init; }

    /// <summary>The rows that were scored.</summary>
    public required EvaluationRows Rows { get; init; }

    /// <summary>
    /// The champion's version, when it was made from data that came after those that the run was limited to: the candidate is then judged without it and
    /// does not replace it. Null otherwise.
    /// </summary>
    public int? LaterChampion { get; init; }

    /// <summary>The selected candidate.</summary>
    public required EvaluatedModel Candidate { get; init; }

    /// <summary>The champion; null when there is none.</summary>
    public EvaluatedModel? Champion { get; init; }

    /// <summary>The anchor; null when there is none or it is the champion.</summary>
    public EvaluatedModel? Anchor { get; init; }

    /// <summary>The baseline that every candidate must beat.</summary>
    public required EvaluatedModel Baseline { get; init; }

    /// <summary>Paired differences of candidate and champion, one per metric; empty without a champion.</summary>
    public ImmutableArray<PairedDifference> VersusChampion { get => field.IsDefault ? [] : field; init; }

    /// <summary>McNemar's test of the decisions of candidate and champion; null without a champion, for numbers, and in records of older versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public McNemarResult? Decisions { get; init; }

    /// <summary>The paired difference of candidate and anchor on the primary metric; null without an anchor.</summary>
    public PairedDifference? VersusAnchor { get; init; }

    /// <summary>The paired difference of candidate and baseline on the primary metric.</summary>
    public required PairedDifference VersusBaseline { get; init; }

    /// <summary>Slice by slice: the candidate's primary metric, and its comparison with the champion's.</summary>
    public ImmutableArray<SliceResult> Slices { get => field.IsDefault ? [] : field; init; }

    /// <summary>
    /// Permutation importance of the candidate's columns on the primary metric, most important first. In records of older versions the parts of a date
    /// stand each by itself, and there are no intervals.
    /// </summary>
    public ImmutableArray<FeatureImportance> Importance { get => field.IsDefault ? [] : field; init; }

    /// <summary>Features that alone predict the label suspiciously well on the training rows.</summary>
    public ImmutableArray<LeakWarning> Leaks { get => field.IsDefault ? [] : field; init; }

    /// <summary>What follows.</summary>
    public required Verdict Verdict { get; init; }
}
