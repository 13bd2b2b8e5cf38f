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
        ScoredRows.Check(labels, model.Scores);
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
            default:
                return new DecisionMetric(
                    labels.Zip(model.Scores, (label, score) => ConfusionMatrix.Cell(label, score, model.Threshold)).ToArray(), metric.Formula);
        }
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
