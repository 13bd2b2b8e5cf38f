using System.Collections.Immutable;
using System.Globalization;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Onnx;

/// <summary>
/// Writes models as ONNX, for runtimes in other languages. The exported model takes a column for each of the model's inputs: numbers as doubles with NaN
/// where there is none, categories as strings with the empty one where there is none; parts of dates are numbers that the caller derives.
/// </summary>
/// <remarks>
/// It uses operators of ONNX 17 and of <c>ai.onnx.ml</c> 3. The sums over trees are single precision there, so that probabilities differ by up to about
/// 1e-6, and numbers by as large a share, from those of <see cref="TrainedModel.Predict"/>; numbers beyond ±1e100 after scaling are not limited.
/// </remarks>
public static class OnnxExport
{
    /// <summary>The output with the probability of the positive class, of shape [rows, 1].</summary>
    public const string ProbabilityName = "probability";

    /// <summary>The output with 1 where the probability reaches the model's threshold, else 0, or of several classes with the name of the most probable one, of
    /// shape [rows, 1].</summary>
    public const string LabelName = "label";

    /// <summary>The output with the probabilities of several classes, in the order of <see cref="Target.Classes"/>, of shape [rows, classes].</summary>
    public const string ProbabilitiesName = "probabilities";

    /// <summary>The output with the predicted number, of shape [rows, 1].</summary>
    public const string PredictionName = "prediction";

    /// <summary>The input of a model that needs no column: any number for each row.</summary>
    public const string RowName = "row";

    /// <summary>Writes a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stream">Where to; not closed. The same model gives the same bytes.</param>
    /// <exception cref="LearningException">
    /// <c>onnx-unsupported</c>: the trainer or a transform is the program's own, the calibration is isotonic, a column is hashed or text, or a column
    /// is called as an output; nothing is written then.
    /// </exception>
    public static void Write(TrainedModel model, Stream stream)
    {
        if (model.Features.Texts.FirstOrDefault().Fitted is { } text)
        {
            throw Unsupported($"the column '{text.Name}' is text");
        }

        var graph = new OnnxGraph();
        graph.ReserveOutputs(OutputsOf(model.Target.Task));
        var inputs = model.Features.Inputs.Columns.ToDictionary(
            column => column.Name,
            column => graph.Input(column.Name, column.Kind == Tables.ColumnKind.Number ? OnnxType.Double : OnnxType.String),
            StringComparer.Ordinal);
        var dense = model.Features.Numbers.Select(number => Number(graph, number, inputs[number.Name]))
            .Concat(model.Features.Codes.Select(code => Ordinal(graph, WithLevels(code), inputs[code.Name])))
            .Concat(model.Features.Targets.Select(target => Target(graph, target.Fitted, inputs[target.Fitted.Name])))
            .ToList();
        foreach (var (first, second) in model.Features.Factors)
        {
            dense.Add(graph.Node("Mul", [dense[first], dense[second]]));
        }

        var anyInput = inputs.Values.FirstOrDefault() ?? graph.Input(RowName, OnnxType.Double);
        var metadata = new Dictionary<string, string> { ["mldurable.trainer"] = model.Trainer, ["mldurable.trainer-version"] = model.TrainerVersion };
        switch (model.Link)
        {
            case Link.Softmax:
                WriteClasses(graph, model.Target, [.. model.Scorers.Select(scorer => Score(scorer))]);
                break;
            case Link.Logistic:
                WritePositive(graph, model, Probability());
                metadata["mldurable.threshold"] = model.Threshold.ToString("R", CultureInfo.InvariantCulture);
                break;
            default:
                var score = Score(model.Scorer);
                graph.Output(model.Link == Link.Exponential ? graph.Node("Exp", [score]) : score, PredictionName, OnnxType.Float, 1);
                break;
        }

        graph.Write(stream, model.Trainer, metadata);

        string Score(Scorer scorer) => scorer switch
        {
            PriorScorer prior => Prior(graph, prior, anyInput),
            LinearScorer linear => Linear(graph, linear, dense, model.Features, inputs),
            NaiveBayesScorer bayes => NaiveBayes(graph, bayes, dense, model.Features, inputs),
            TreeScorer trees => Trees(graph, trees.Trees, "SUM", trees.Start, dense),
            ForestScorer { Output: ForestOutput.Mean } forest => Trees(graph, forest.Trees, "AVERAGE", start: 0, dense),
            ForestScorer { Output: ForestOutput.Logarithm } forest => graph.Node("Log", [Trees(graph, forest.Trees, "AVERAGE", start: 0, dense)]),
            _ => throw Unsupported($"the trainer '{model.Trainer}' is the program's own"),
        };

        string Probability()
        {
            if (model.Scorer is not ForestScorer forest)
            {
                return OfLogOdds(Score(model.Scorer));
            }

            var mean = Trees(graph, forest.Trees, "AVERAGE", start: 0, dense);
            if (model.Calibrator is null)
            {
                return mean;
            }

            var odds = graph.Node("Div", [mean, graph.Node("Sub", [graph.Constant(OnnxTensor.Of([1f])), mean])]);
            return OfLogOdds(graph.Node("Log", [odds]));
        }

        string OfLogOdds(string logOdds) => graph.Node("Sigmoid", [Calibrated(graph, model.Calibrator, logOdds)]);
    }

    private static string[] OutputsOf(LearningTask task) => task switch
    {
        LearningTask.Multiclass => [ProbabilitiesName, LabelName],
        LearningTask.Regression => [PredictionName],
        _ => [ProbabilityName, LabelName],
    };

    private static void WritePositive(OnnxGraph graph, TrainedModel model, string probability)
    {
        graph.Output(probability, ProbabilityName, OnnxType.Float, 1);
        var threshold = graph.Constant(OnnxTensor.Of([(float)model.Threshold]));
        graph.Output(Cast(graph, graph.Node("GreaterOrEqual", [probability, threshold]), OnnxType.Int64), LabelName, OnnxType.Int64, 1);
    }

    private static void WriteClasses(OnnxGraph graph, Target target, List<string> scores)
    {
        var probabilities = graph.Node("Softmax", [Together(graph, scores)], OnnxAttribute.Of("axis", 1));
        graph.Output(probabilities, ProbabilitiesName, OnnxType.Float, target.OutputCount);
        var place = graph.Node("ArgMax", [probabilities], OnnxAttribute.Of("axis", 1), OnnxAttribute.Of("keepdims", 1));
        var label = graph.LearningNode(
            "LabelEncoder", place,
            OnnxAttribute.Of("keys_int64s", [.. Enumerable.Range(0, target.OutputCount).Select(number => (long)number)]),
            OnnxAttribute.Of("values_strings", target.Classes));
        graph.Output(label, LabelName, OnnxType.String, 1);
    }

    private static string Number(OnnxGraph graph, FittedNumber number, string cell)
    {
        if (number.Transform is { } transform)
        {
            throw Unsupported($"the transform '{transform.Name}' of the column '{number.Name}' is the program's own");
        }

        if (number.Fill is { } fill)
        {
            cell = graph.Node("Where", [graph.Node("IsNaN", [cell]), graph.Constant(OnnxTensor.Of([fill])), cell]);
        }

        return (number.Mean, number.Scale) is (0, 1)
            ? cell
            : graph.Node("Div", [graph.Node("Sub", [cell, graph.Constant(OnnxTensor.Of([number.Mean]))]), graph.Constant(OnnxTensor.Of([number.Scale]))]);
    }

    private static FittedCategory WithLevels(ICodedColumn coded) =>
        coded as FittedCategory ?? throw Unsupported($"the categories of the column '{coded.Name}' are hashed");

    // A missing cell, and an unknown category without the level "other", is missing.
    private static string Ordinal(OnnxGraph graph, FittedCategory category, string cell)
    {
        var encoded = graph.LearningNode(
            "LabelEncoder", cell,
            OnnxAttribute.Of("keys_strings", [.. category.Levels, ""]),
            OnnxAttribute.Of("values_floats", [.. Enumerable.Range(0, category.Levels.Length).Select(level => (float)level), float.NaN]),
            OnnxAttribute.Of("default_float", category.HasOther ? category.UnknownLevel : float.NaN));
        return Cast(graph, encoded, OnnxType.Double);
    }

    // Through the place of the share, for the encoder itself gives single precision only.
    private static string Target(OnnxGraph graph, FittedTarget target, string cell)
    {
        var place = graph.LearningNode(
            "LabelEncoder", cell,
            OnnxAttribute.Of("keys_strings", [.. target.Levels, ""]),
            OnnxAttribute.Of("values_int64s", [.. Enumerable.Range(0, target.Levels.Length + 1).Select(place => (long)place)]),
            OnnxAttribute.Of("default_int64", target.Levels.Length + 1));
        var shares = graph.Constant(OnnxTensor.Of([.. target.Shares, target.Missing, target.Unseen], target.Levels.Length + 2));
        return Number(graph, target.Number, graph.Node("Gather", [shares, place]));
    }

    private static string Prior(OnnxGraph graph, PriorScorer prior, string anyInput) =>
        graph.Node("Expand", [graph.Constant(OnnxTensor.Of([(float)prior.Score], 1, 1)), graph.Node("Shape", [anyInput])]);

    private static string Linear(OnnxGraph graph, LinearScorer linear, List<string> dense, FittedFeatures features, Dictionary<string, string> inputs)
    {
        var score = graph.Constant(OnnxTensor.Of([linear.Intercept]));
        if (dense.Count > 0)
        {
            var weights = graph.Constant(OnnxTensor.Of([.. linear.Weights.Take(dense.Count)], dense.Count, 1));
            score = graph.Node("Add", [graph.Node("MatMul", [Together(graph, dense), weights]), score]);
        }

        return AddLevels(graph, score, linear.Weights.AsSpan(dense.Count..), features, inputs);
    }

    private static string NaiveBayes(OnnxGraph graph, NaiveBayesScorer bayes, List<string> dense, FittedFeatures features, Dictionary<string, string> inputs)
    {
        var score = graph.Constant(OnnxTensor.Of([bayes.Prior]));
        if (dense.Count > 0)
        {
            var cells = Together(graph, dense);
            var difference = graph.Node(
                "Sub",
                [
                    Squares(number => number.NegativeMean, number => number.NegativeVariance),
                    Squares(number => number.PositiveMean, number => number.PositiveVariance),
                ]);
            var ratios = graph.Node("Add", [graph.Node("Div", [difference, graph.Constant(OnnxTensor.Of([2.0]))]), Each(number => number.LogScale)]);
            var known = graph.Node("Where", [graph.Node("IsNaN", [cells]), graph.Constant(OnnxTensor.Of([0.0])), ratios]);
            var ones = graph.Constant(OnnxTensor.Of([.. Enumerable.Repeat(1.0, dense.Count)], dense.Count, 1));
            score = graph.Node("Add", [graph.Node("MatMul", [known, ones]), score]);

            string Squares(Func<NormalPair, double> mean, Func<NormalPair, double> variance)
            {
                var distance = graph.Node("Sub", [cells, Each(mean)]);
                return graph.Node("Div", [graph.Node("Mul", [distance, distance]), Each(variance)]);
            }
        }

        return AddLevels(graph, score, bayes.Levels.AsSpan(), features, inputs);

        string Each(Func<NormalPair, double> value) => graph.Constant(OnnxTensor.Of([.. bayes.Numbers.Select(value)], dense.Count));
    }

    private static string AddLevels(OnnxGraph graph, string score, ReadOnlySpan<double> weights, FittedFeatures features, Dictionary<string, string> inputs)
    {
        foreach (var category in features.Blocks.Select(WithLevels))
        {
            score = graph.Node("Add", [OneHot(graph, category, weights[..category.LevelCount], inputs[category.Name]), score]);
            weights = weights[category.LevelCount..];
        }

        return Cast(graph, score, OnnxType.Float);
    }

    // The weight of the level; nothing for a cell without one.
    private static string OneHot(OnnxGraph graph, FittedCategory category, ReadOnlySpan<double> weights, string cell)
    {
        var none = weights.Length;
        var level = graph.LearningNode(
            "LabelEncoder", cell,
            OnnxAttribute.Of("keys_strings", [.. category.Levels, ""]),
            OnnxAttribute.Of("values_int64s", [.. Enumerable.Range(0, category.Levels.Length).Select(level => (long)level), Place(category.MissingLevel)]),
            OnnxAttribute.Of("default_int64", Place(category.UnknownLevel)));
        return graph.Node("Gather", [graph.Constant(OnnxTensor.Of([.. weights, 0.0], none + 1)), level]);

        long Place(int levelOrNone) => levelOrNone < 0 ? none : levelOrNone;
    }

    private static string Trees(OnnxGraph graph, ImmutableArray<Tree> trees, string aggregate, double start, List<string> dense)
    {
        var nodes = trees.SelectMany((tree, number) => Enumerable.Range(0, tree.Feature.Length).Select(node => (Tree: tree, Number: (long)number, Node: node))).ToList();
        var leaves = nodes.Where(node => node.Tree.Feature[node.Node] < 0).ToList();
        return graph.LearningNode(
            "TreeEnsembleRegressor", Together(graph, dense),
            OnnxAttribute.Of("aggregate_function", aggregate),
            OnnxAttribute.Of("base_values_as_tensor", OnnxTensor.Of([start], 1)),
            OnnxAttribute.Of("n_targets", 1),
            OnnxAttribute.Of("nodes_treeids", [.. nodes.Select(node => node.Number)]),
            OnnxAttribute.Of("nodes_nodeids", [.. nodes.Select(node => (long)node.Node)]),
            OnnxAttribute.Of("nodes_featureids", [.. nodes.Select(node => (long)Math.Max(node.Tree.Feature[node.Node], 0))]),
            OnnxAttribute.Of("nodes_modes", [.. nodes.Select(node => node.Tree.Feature[node.Node] < 0 ? "LEAF" : "BRANCH_LEQ")]),
            OnnxAttribute.Of("nodes_values_as_tensor", OnnxTensor.Of([.. nodes.Select(node => node.Tree.Threshold[node.Node])], nodes.Count)),
            OnnxAttribute.Of("nodes_missing_value_tracks_true", [.. nodes.Select(node => node.Tree.MissingLeft[node.Node] ? 1L : 0L)]),
            OnnxAttribute.Of("nodes_truenodeids", [.. nodes.Select(node => (long)node.Tree.Left[node.Node])]),
            OnnxAttribute.Of("nodes_falsenodeids", [.. nodes.Select(node => (long)node.Tree.Right[node.Node])]),
            OnnxAttribute.Of("target_treeids", [.. leaves.Select(leaf => leaf.Number)]),
            OnnxAttribute.Of("target_nodeids", [.. leaves.Select(leaf => (long)leaf.Node)]),
            OnnxAttribute.Of("target_ids", [.. leaves.Select(_ => 0L)]),
            OnnxAttribute.Of("target_weights_as_tensor", OnnxTensor.Of([.. leaves.Select(leaf => leaf.Tree.Value[leaf.Node])], leaves.Count)));
    }

    private static string Calibrated(OnnxGraph graph, Calibrator? calibrator, string score)
    {
        switch (calibrator)
        {
            case null:
                return score;
            case PlattCalibrator platt:
                var limited = graph.Node("Clip", [score, Constant(-Calibrator.MostLogOdds), Constant(Calibrator.MostLogOdds)]);
                return graph.Node("Sub", [graph.Node("Mul", [limited, Constant(-platt.A)]), Constant(platt.B)]);
            default:
                // A tree could hold the steps, but where they are steep the single precision of scores there would give another probability.
                throw Unsupported($"its {calibrator.Method.ToString().ToLowerInvariant()} calibration is a table of steps");
        }

        string Constant(double value) => graph.Constant(OnnxTensor.Of([(float)value]));
    }

    private static string Together(OnnxGraph graph, List<string> columns) => graph.Node("Concat", columns, OnnxAttribute.Of("axis", 1));

    private static string Cast(OnnxGraph graph, string tensor, OnnxType type) => graph.Node("Cast", [tensor], OnnxAttribute.Of("to", (long)type));

    private static LearningException Unsupported(string what) =>
        new("onnx-unsupported", $"The model cannot be exported: {what}, and ONNX has no operator for it.");
}
