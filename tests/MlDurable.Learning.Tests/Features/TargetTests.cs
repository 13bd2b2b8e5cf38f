using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Features;

public sealed class TargetTests
{
    [Fact]
    public void OfClasses_Texts_AreInOrdinalOrderAndMissingStaysMissing()
    {
        var (target, labels) = Target.OfClasses(CategoryColumn.FromTexts("y", ["b", null, "a", "B"]));

        Assert.Equal(["B", "a", "b"], target.Classes.AsEnumerable());
        Assert.Equal([2, double.NaN, 1, 0], labels);
        Assert.Equal(3, target.OutputCount);
    }

    [Fact]
    public void OfClasses_Numbers_AreInTheOrderOfTheNumbers()
    {
        var (target, labels) = Target.OfClasses(CategoryColumn.FromTexts("y", ["10", "9", "-1", "9"]));

        Assert.Equal(["-1", "9", "10"], target.Classes.AsEnumerable());
        Assert.Equal([2, 1, 0, 1], labels);
    }

    [Fact]
    public void OfClasses_CategoryWithoutARow_IsNoClass()
    {
        var column = CategoryColumn.FromTexts("y", ["a", "gone", "b"]).Take([0, 2]);

        Assert.Equal(["a", "b"], Target.OfClasses(column).Target.Classes.AsEnumerable());
    }

    [Fact]
    public void OfClasses_OneOrNoneOrTooMany_IsRefused()
    {
        Assert.Equal("one-class", Code(["a", "a", null]));
        Assert.Equal("one-class", Code([null]));
        Assert.Equal("too-many-classes", Code([.. Enumerable.Range(0, Target.MaxClasses + 1).Select(i => $"c{i}")]));

        static string Code(string?[] texts) =>
            Assert.Throws<LearningException>(() => Target.OfClasses(CategoryColumn.FromTexts("y", texts))).Code;
    }

    [Fact]
    public void Align_OtherClasses_TakesProbabilitiesByNameAndGivesUnknownOnesNone()
    {
        var model = Target.Multiclass(["a", "b", "c"]);
        double[] predictions = [0.1, 0.2, 0.7, 0.5, 0.3, 0.2];

        Assert.Equal([0.7, 0, 0.1, 0.2, 0, 0.5], model.Align(predictions, Target.Multiclass(["c", "new", "a"])));
        Assert.Same(predictions, model.Align(predictions, Target.Multiclass(["a", "b", "c"])));
        Assert.Equal("task-mismatch", Assert.Throws<LearningException>(() => model.Align(predictions, Target.Binary)).Code);
    }

    [Fact]
    public void Equals_SameTaskAndClasses_IsTrue()
    {
        Assert.Equal(Target.Multiclass(["a", "b"]), Target.Multiclass(["a", "b"]));
        Assert.Equal(Target.Multiclass(["a", "b"]).GetHashCode(), Target.Multiclass(["a", "b"]).GetHashCode());
        Assert.NotEqual(Target.Multiclass(["a", "b"]), Target.Multiclass(["b", "a"]));
        Assert.NotEqual(Target.Binary, Target.Regression);
    }
}
