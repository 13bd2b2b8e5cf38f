using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Features;

public sealed class LabelRuleTests
{
    private static readonly Column Texts = CategoryColumn.FromTexts("c", ["a", "b", null, "A"]);
    private static readonly Column Numbers = new NumberColumn("n", [0, 1, double.NaN, 2.5]);

    [Fact]
    public void Apply_EachRule_TellsThePositiveCells()
    {
        Assert.Equal([0, 1, double.NaN, 1], Labels(LabelRule.Not("a"), Texts));
        Assert.Equal([1, 0, double.NaN, 0], Labels(LabelRule.EqualTo("a"), Texts));
        Assert.Equal([0, 0, double.NaN, 1], Labels(LabelRule.EqualTo("2.50"), Numbers));
        Assert.Equal([0, 1, double.NaN, 1], Labels(LabelRule.Not("0"), Numbers));
        Assert.Equal([0, 0, double.NaN, 1], Labels(LabelRule.Above(1), Numbers));
        Assert.Equal([0, 1, double.NaN], Labels(LabelRule.Boolean, new NumberColumn("n", [0, 1, double.NaN])));
        Assert.Equal(
            [1, 0, 1, 0, double.NaN, 1, 0],
            Labels(LabelRule.Boolean, CategoryColumn.FromTexts("c", ["True", "false", "YES", "no", null, "1", "0"])));
    }

    [Fact]
    public void Apply_RuleThatDoesNotFitTheColumn_IsRefused()
    {
        AssertCode("label-not-boolean", LabelRule.Boolean, Texts);
        AssertCode("label-not-boolean", LabelRule.Boolean, Numbers);
        AssertCode("label-not-number", LabelRule.Above(1), Texts);
        AssertCode("label-not-number", LabelRule.EqualTo("a"), Numbers);
        AssertCode("label-is-time", LabelRule.Not("a"), new TimeColumn("t", [0]));
    }

    [Fact]
    public void Apply_Class_GivesTheValuesAsTexts()
    {
        var classes = (CategoryColumn)LabelRule.Class.Apply(Numbers);

        Assert.Equal(["0", "1", null, "2.5"], Enumerable.Range(0, 4).Select(classes.TextAt));
        Assert.Equal(LearningTask.Multiclass, LabelRule.Class.Task);
        AssertCode("label-is-time", LabelRule.Class, new TimeColumn("t", [0]));
    }

    [Fact]
    public void Apply_Number_GivesTheNumbersAndRefusesOthers()
    {
        Assert.Equal([0, 1, double.NaN, 2.5], Labels(LabelRule.Number, Numbers));
        Assert.Equal([double.NaN], Labels(LabelRule.Number, CategoryColumn.FromTexts("c", [null])));
        Assert.Equal(LearningTask.Regression, LabelRule.Number.Task);
        AssertCode("label-not-number", LabelRule.Number, Texts);
    }

    private static double[] Labels(LabelRule rule, Column column) => ((NumberColumn)rule.Apply(column)).Values.ToArray();

    private static void AssertCode(string code, LabelRule rule, Column column) =>
        Assert.Equal(code, Assert.Throws<LearningException>(() => rule.Apply(column)).Code);
}
