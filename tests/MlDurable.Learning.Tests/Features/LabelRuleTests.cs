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
        Assert.Equal([0, 1, double.NaN, 1], LabelRule.Not("a").Apply(Texts));
        Assert.Equal([1, 0, double.NaN, 0], LabelRule.EqualTo("a").Apply(Texts));
        Assert.Equal([0, 0, double.NaN, 1], LabelRule.EqualTo("2.50").Apply(Numbers));
        Assert.Equal([0, 1, double.NaN, 1], LabelRule.Not("0").Apply(Numbers));
        Assert.Equal([0, 0, double.NaN, 1], LabelRule.Above(1).Apply(Numbers));
        Assert.Equal([0, 1, double.NaN], LabelRule.Boolean.Apply(new NumberColumn("n", [0, 1, double.NaN])));
        Assert.Equal(
            [1, 0, 1, 0, double.NaN, 1, 0],
            LabelRule.Boolean.Apply(CategoryColumn.FromTexts("c", ["True", "false", "YES", "no", null, "1", "0"])));
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

    private static void AssertCode(string code, LabelRule rule, Column column) =>
        Assert.Equal(code, Assert.Throws<LearningException>(() => rule.Apply(column)).Code);
}
