#pragma warning disable CS1591, MA0048, CA1822
namespace MlDurable.Learning.Tables
{
    public enum ColumnKind { Number, Category, Time }
}

namespace MlDurable.Learning.Features
{
    public enum NumberImputation { Median, Mean, None }

    public enum CategoryEncoding { OneHot, Ordinal }

    public enum DatePart { Year, Month, Day, Weekday, Hour, DayOfYear }
}

namespace MlDurable.Learning.Training
{
    public sealed record HyperparameterSpec(string Name, double Minimum, double Maximum, double Default, bool IsInteger, string Description);

    public interface ITrainer
    {
        string Name { get; }

        string Description { get; }

        IReadOnlyList<HyperparameterSpec> Hyperparameters { get; }
    }

    public static class Trainers
    {
        public static IReadOnlyList<ITrainer> All { get; } =
        [
            new Named("logistic-regression", "Logistic regression.", [new("l2", 0, 1e6, 1, false, "L2."), new("max-iterations", 1, 10_000, 200, true, "Iterations.")]),
            new Named("gradient-boosting", "Gradient-boosted trees.", [
                new("trees", 1, 10_000, 100, true, "Trees."),
                new("leaves", 2, 1024, 31, true, "Leaves."),
                new("learning-rate", 0.0001, 1, 0.1, false, "Rate."),
                new("min-rows-per-leaf", 1, 1_000_000, 20, true, "Rows."),
                new("l2", 0, 1e6, 0, false, "L2."),
                new("early-stopping-rounds", 0, 10_000, 20, true, "Rounds.")]),
            new Named("baseline", "The class prior.", []),
        ];

        private sealed record Named(string Name, string Description, IReadOnlyList<HyperparameterSpec> Hyperparameters) : ITrainer;
    }
}
