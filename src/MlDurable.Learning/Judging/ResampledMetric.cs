using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Judging;

/// <summary>
/// A metric prepared for many evaluations on the same scored rows, where a row counts as often as a resample drew it.
/// Sorting, logarithms and decisions are done once, so that an evaluation takes one pass over the rows.
/// </summary>
internal abstract class ResampledMetric
{
    /// <summary>The metric of the rows, each counted <paramref name="weights"/>[row] times; as <see cref="Metric.Evaluate"/> when every weight is 1.</summary>
    public abstract double Evaluate(ReadOnlySpan<int> weights);

    public static ResampledMetric Prepare(Metric metric, double[] labels, ScoredModel model)
    {
        ScoredRows.CheckFor(metric.Task, labels, model.Scores);
        switch (metric.Formula)
        {
            case MetricFormula.RocAuc:
            case MetricFormula.PrAuc:
                return new RankedMetric(labels, model.Scores, metric.Formula);
            case MetricFormula.LogLoss:
                ScoredRows.CheckProbabilities(labels, model.Scores);
                return new MeanMetric(labels.Zip(model.Scores, BinaryMetrics.RowLogLoss).ToArray());
            case MetricFormula.Brier:
                ScoredRows.CheckProbabilities(labels, model.Scores);
                return new MeanMetric(labels.Zip(model.Scores, BinaryMetrics.RowBrier).ToArray());
            case MetricFormula.CalibrationError:
                ScoredRows.CheckProbabilities(labels, model.Scores);
                return new CalibrationMetric(labels, model.Scores);
            case MetricFormula.ClassLogLoss:
                return new MeanMetric(OfRows(labels, model.Scores, MulticlassMetrics.RowLogLoss));
            case MetricFormula.ClassBrier:
                return new MeanMetric(OfRows(labels, model.Scores, MulticlassMetrics.RowBrier));
            case MetricFormula.ClassRocAuc:
                return new ClassRankedMetric(labels, model.Scores);
            case MetricFormula.ClassAccuracy:
                return new MeanMetric(MulticlassMetrics.Decided(labels, model.Scores).Right);
            case MetricFormula.ClassCalibrationError:
                var (right, confidence) = MulticlassMetrics.Decided(labels, model.Scores);
                return new CalibrationMetric(right, confidence);
            case MetricFormula.ClassBalancedAccuracy:
            case MetricFormula.ClassF1:
            case MetricFormula.ClassMcc:
                return new ClassDecisionMetric(ClassConfusion.Cells(labels, model.Scores), model.Scores.Length / labels.Length, metric.Formula);
            case MetricFormula.RootMeanSquaredError:
                return new RootMeanMetric(labels.Zip(model.Scores, RegressionMetrics.RowSquaredError).ToArray());
            case MetricFormula.MeanAbsoluteError:
                return new MeanMetric(labels.Zip(model.Scores, RegressionMetrics.RowAbsoluteError).ToArray());
            case MetricFormula.MedianAbsoluteError:
                return new MedianMetric(labels.Zip(model.Scores, RegressionMetrics.RowAbsoluteError).ToArray());
            case MetricFormula.MeanAbsolutePercentageError:
                return new MeanMetric(labels.Zip(model.Scores, RegressionMetrics.RowPercentageError).ToArray());
            case MetricFormula.RSquared:
                return new DeterminationMetric(labels, model.Scores);
            case MetricFormula.PoissonDeviance:
                return new MeanMetric(labels.Zip(model.Scores, RegressionMetrics.RowPoissonDeviance).ToArray());
            case MetricFormula.PinballLoss:
                return new MeanMetric(labels.Zip(model.Scores, (label, score) => RegressionMetrics.RowPinballLoss(label, score, metric.Quantile)).ToArray());
            default:
                return new DecisionMetric(
                    labels.Zip(model.Scores, (label, score) => ConfusionMatrix.Cell(label, score, model.Threshold)).ToArray(), metric.Formula);
        }
    }

    private static double[] OfRows(double[] labels, double[] probabilities, MulticlassMetrics.RowMetric ofRow)
    {
        var classes = probabilities.Length / labels.Length;
        var values = new double[labels.Length];
        for (var row = 0; row < values.Length; row++)
        {
            values[row] = ofRow(labels[row], probabilities.AsSpan(row * classes, classes));
        }

        return values;
    }

    private sealed class RankedMetric : ResampledMetric
    {
        private readonly int[] rows;
        private readonly bool[] positive;
        private readonly bool[] lastOfTie;
        private readonly MetricFormula formula;

        public RankedMetric(double[] labels, double[] scores, MetricFormula formula)
        {
            this.formula = formula;
            rows = ScoredRows.DescendingOrder(scores);
            positive = Array.ConvertAll(rows, row => labels[row] == 1);
            lastOfTie = rows.Select((row, rank) => rank + 1 == rows.Length || scores[rows[rank + 1]] != scores[row]).ToArray();
        }

        public override double Evaluate(ReadOnlySpan<int> weights) =>
            formula == MetricFormula.RocAuc ? RocAuc(weights) : PrAuc(weights);

        private double RocAuc(ReadOnlySpan<int> weights)
        {
            long positives = 0, negatives = 0, twiceWins = 0, tiedPositives = 0, tiedNegatives = 0;
            for (var rank = 0; rank < rows.Length; rank++)
            {
                var weight = weights[rows[rank]];
                if (positive[rank])
                {
                    tiedPositives += weight;
                }
                else
                {
                    tiedNegatives += weight;
                }

                if (lastOfTie[rank])
                {
                    twiceWins += tiedNegatives * ((2 * positives) + tiedPositives);
                    positives += tiedPositives;
                    negatives += tiedNegatives;
                    tiedPositives = tiedNegatives = 0;
                }
            }

            return twiceWins / (2.0 * positives * negatives);
        }

        private double PrAuc(ReadOnlySpan<int> weights)
        {
            long positives = 0, count = 0, tiedPositives = 0;
            double sum = 0;
            for (var rank = 0; rank < rows.Length; rank++)
            {
                var weight = weights[rows[rank]];
                count += weight;
                tiedPositives += positive[rank] ? weight : 0;
                if (lastOfTie[rank] && tiedPositives > 0)
                {
                    positives += tiedPositives;
                    sum += tiedPositives * ((double)positives / count);
                    tiedPositives = 0;
                }
            }

            return positives == 0 ? 0 : sum / positives;
        }
    }

    private sealed class MeanMetric(double[] values) : ResampledMetric
    {
        public override double Evaluate(ReadOnlySpan<int> weights)
        {
            double sum = 0;
            long count = 0;
            for (var row = 0; row < values.Length; row++)
            {
                sum += weights[row] * values[row];
                count += weights[row];
            }

            return sum / count;
        }
    }

    private sealed class RootMeanMetric(double[] values) : ResampledMetric
    {
        private readonly MeanMetric mean = new(values);

        public override double Evaluate(ReadOnlySpan<int> weights) => Math.Sqrt(mean.Evaluate(weights));
    }

    private sealed class MedianMetric : ResampledMetric
    {
        private readonly int[] rows;
        private readonly double[] sorted;

        public MedianMetric(double[] values)
        {
            sorted = [.. values];
            rows = [.. Enumerable.Range(0, values.Length)];
            Array.Sort(sorted, rows);
        }

        public override double Evaluate(ReadOnlySpan<int> weights)
        {
            long count = 0;
            foreach (var weight in weights)
            {
                count += weight;
            }

            // Halfway between the middle two of an even number.
            return (At((count - 1) / 2, weights) + At(count / 2, weights)) / 2;
        }

        private double At(long place, ReadOnlySpan<int> weights)
        {
            var rank = -1;
            for (long before = 0; before <= place; before += weights[rows[rank]])
            {
                rank++;
            }

            return sorted[rank];
        }
    }

    private sealed class DeterminationMetric : ResampledMetric
    {
        private readonly double[] deviations;
        private readonly double[] squaredErrors;

        public DeterminationMetric(double[] labels, double[] predictions)
        {
            // Away from their mean, so that the squares lose no digits.
            var mean = labels.Average();
            deviations = Array.ConvertAll(labels, label => label - mean);
            squaredErrors = labels.Zip(predictions, RegressionMetrics.RowSquaredError).ToArray();
        }

        public override double Evaluate(ReadOnlySpan<int> weights)
        {
            double error = 0, sum = 0, squares = 0;
            long count = 0;
            for (var row = 0; row < squaredErrors.Length; row++)
            {
                error += weights[row] * squaredErrors[row];
                sum += weights[row] * deviations[row];
                squares += weights[row] * deviations[row] * deviations[row];
                count += weights[row];
            }

            var deviation = squares - (sum * sum / count);
            return deviation > 0 ? 1 - (error / deviation) : double.NaN;
        }
    }

    private sealed class ClassRankedMetric : ResampledMetric
    {
        private readonly RankedMetric[] ofClasses;

        public ClassRankedMetric(double[] labels, double[] probabilities)
        {
            ofClasses = new RankedMetric[probabilities.Length / labels.Length];
            for (var place = 0; place < ofClasses.Length; place++)
            {
                var (isOfClass, scores) = (new double[labels.Length], new double[labels.Length]);
                MulticlassMetrics.OneAgainstRest(labels, probabilities, place, isOfClass, scores);
                ofClasses[place] = new RankedMetric(isOfClass, scores, MetricFormula.RocAuc);
            }
        }

        public override double Evaluate(ReadOnlySpan<int> weights)
        {
            var (sum, count) = (0.0, 0);
            foreach (var ofClass in ofClasses)
            {
                var auc = ofClass.Evaluate(weights);
                if (!double.IsNaN(auc))
                {
                    sum += auc;
                    count++;
                }
            }

            return sum / count;
        }
    }

    private sealed class ClassDecisionMetric(int[] cells, int classes, MetricFormula formula) : ResampledMetric
    {
        public override double Evaluate(ReadOnlySpan<int> weights)
        {
            var counts = new int[classes * classes];
            for (var row = 0; row < cells.Length; row++)
            {
                counts[cells[row]] += weights[row];
            }

            return MulticlassMetrics.OfDecisions(formula, counts, classes);
        }
    }

    private sealed class DecisionMetric(byte[] cells, MetricFormula formula) : ResampledMetric
    {
        public override double Evaluate(ReadOnlySpan<int> weights)
        {
            Span<int> counts = stackalloc int[4];
            for (var row = 0; row < cells.Length; row++)
            {
                counts[cells[row]] += weights[row];
            }

            return BinaryMetrics.OfDecisions(formula, new ConfusionMatrix(counts[3], counts[1], counts[0], counts[2]));
        }
    }

    private sealed class CalibrationMetric : ResampledMetric
    {
        private readonly byte[] bins;
        private readonly double[] gaps;

        public CalibrationMetric(double[] labels, double[] probabilities)
        {
            bins = Array.ConvertAll(probabilities, probability => (byte)CalibrationBins.Find(probability, CalibrationBins.Default));
            gaps = labels.Zip(probabilities, (label, probability) => label - probability).ToArray();
        }

        public override double Evaluate(ReadOnlySpan<int> weights)
        {
            // A bin's count times the distance of its means is the distance of its sums, so the counts cancel.
            Span<double> sums = stackalloc double[CalibrationBins.Default];
            sums.Clear();
            long count = 0;
            for (var row = 0; row < bins.Length; row++)
            {
                sums[bins[row]] += weights[row] * gaps[row];
                count += weights[row];
            }

            double sum = 0;
            foreach (var bin in sums)
            {
                sum += Math.Abs(bin);
            }

            return sum / count;
        }
    }
}
