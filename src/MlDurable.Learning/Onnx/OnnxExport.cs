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
/// 1e-6 from those of <see cref="BinaryModel.PredictProbability"/>; numbers beyond ±1e100 after scaling are not limited.
/// </remarks>
public static class OnnxExport
{
    /// <summary>The output with the probability of the positive class, of shape [rows, 1].</summary>
    public const string ProbabilityName = "probability";

    /// <summary>The output with 1 where the probability reaches the model's threshold, else 0, of shape [rows, 1].</summary>
    public const string LabelName = "label";

    /// <summary>The input of a model that needs no column: any number for each row.</summary>
    public const string RowName = "row";

    /// <summary>Writes a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stream">Where to; not closed. The same model gives the same bytes.</param>
    /// <exception cref="LearningException">
    /// <c>onnx-unsupported</c>: the trainer or a transform is the program's own, or a column is called as an output; nothing is written then.
    /// </exception>
    public static void Write(BinaryModel model, Stream stream)
    {
        var graph = new OnnxGraph();
        graph.ReserveOutputs(ProbabilityName, LabelName);
        var inputs = model.Features.Inputs.Columns.ToDictionary(
            column => column.Name,
            column => graph.Input(column.Name, column.Kind == Tables.ColumnKind.Number ? OnnxType.Double : OnnxType.String),
            StringComparer.Ordinal);
        var dense = model.Features.Numbers.Select(number => Number(graph, number, inputs[number.Name]))
            .Concat(model.Features.Categories.Where(category => category.Ordinal).Select(category => Ordinal(graph, category, inputs[category.Name])))
            .ToList();
        var probability = model.Scorer switch
        {
            PriorScorer prior => OfLogOdds(Prior(graph, prior, inputs.Values.FirstOrDefault() ?? graph.Input(RowName, OnnxType.Double))),
            LinearScorer linear => OfLogOdds(Linear(graph, linear, dense, model.Features, inputs)),
            TreeScorer trees => OfLogOdds(Trees(graph, trees.Trees, "SUM", trees.Start, dense)),
            ForestScorer forest => Trees(graph, forest.Trees, "AVERAGE", start: 0, dense),
            _ => throw Unsupported($"the trainer '{model.Trainer}' is the program's own"),
        };
        graph.Output(probability, ProbabilityName, OnnxType.Float, 1);
        var threshold = graph.Constant(OnnxTensor.Of([(float)model.Threshold]));
        graph.Output(Cast(graph, graph.Node("GreaterOrEqual", [probability, threshold]), OnnxType.Int64), LabelName, OnnxType.Int64, 1);
        graph.Write(stream, model.Trainer, new Dictionary<string, string>
        {
            ["mldurable.trainer"] = model.Trainer,
            ["mldurable.trainer-version"] = model.TrainerVersion,
            ["mldurable.threshold"] = model.Threshold.ToString("R", CultureInfo.InvariantCulture),
        });

        string OfLogOdds(string score) => graph.Node("Sigmoid", [score]);
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

        var offset = dense.Count;
        foreach (var category in features.Categories.Where(category => !category.Ordinal))
        {
            score = graph.Node("Add", [OneHot(graph, category, linear.Weights.AsSpan(offset, category.LevelCount), inputs[category.Name]), score]);
            offset += category.LevelCount;
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
            OnnxAttribute.Of("values_int64s", [.. Enumerable.Range(0, category.Levels.Length).Select(level => (long)level), Place(category.MissingFeature(0))]),
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

    private static string Together(OnnxGraph graph, List<string> columns) => graph.Node("Concat", columns, OnnxAttribute.Of("axis", 1));

    private static string Cast(OnnxGraph graph, string tensor, OnnxType type) => graph.Node("Cast", [tensor], OnnxAttribute.Of("to", (long)type));

    private static LearningException Unsupported(string what) =>
        new("onnx-unsupported", $"The model cannot be exported: {what}, and ONNX has no operator for it.");
}
