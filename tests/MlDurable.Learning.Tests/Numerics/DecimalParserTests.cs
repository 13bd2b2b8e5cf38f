using System.Buffers.Text;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

public sealed class DecimalParserTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0.0", -0.0)]
    [InlineData("12345678", 12345678)]
    [InlineData("-.5", -0.5)]
    [InlineData("+5.", 5)]
    [InlineData("00000000000000000000000000001", 1)]
    [InlineData("9007199254740993", 9007199254740992)]
    [InlineData("9007199254740995", 9007199254740996)]
    [InlineData("9007199254740993.0000000000000000001", 9007199254740994)]
    [InlineData("1.7976931348623157e308", double.MaxValue)]
    [InlineData("2.2250738585072011e-308", 2.2250738585072011e-308)]
    [InlineData("4.9e-324", double.Epsilon)]
    [InlineData("1e-9999", 0)]
    [InlineData("9223372036854775808e-22", 9223372036854775808e-22)]
    public void TryParse_Number_GivesTheNearestDouble(string text, double expected)
    {
        Assert.True(DecimalParser.TryParse(Encoding.UTF8.GetBytes(text), out var value));
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("-.")]
    [InlineData("--1")]
    [InlineData("1.2.3")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("e5")]
    [InlineData("1 ")]
    [InlineData("12:45")]
    [InlineData("1/2")]
    [InlineData("1./2")]
    [InlineData("1,5")]
    [InlineData("1\0")]
    [InlineData("123456789e\0")]
    [InlineData("1e999")]
    [InlineData("inf")]
    [InlineData("NaN")]
    [InlineData("\u0661")]
    public void TryParse_NoFiniteNumber_IsRefused(string text) => Assert.False(DecimalParser.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void TryParse_AnyBits_GivesThemBack() =>
        Check(ArbMap.Default.GeneratorFor<long>().Select(BitConverter.Int64BitsToDouble).Where(double.IsFinite).SelectMany(
            value => Gen.Elements("R", "E16", "E17", "E8").Select(format => value.ToString(format, CultureInfo.InvariantCulture))));

    [Fact]
    public void TryParse_AnyDecimalOfManyDigits_GivesWhatDoubleParseGives() =>
        Check(
            from digits in Gen.ListOf(Gen.Choose(0, 9))
            from tail in Gen.Choose(0, int.MaxValue)
            from point in Gen.Choose(0, 25)
            from power in Gen.OneOf(Gen.Constant(""), Gen.Choose(-80, 80).Select(value => $"e{value}"), Gen.Choose(-340, 310).Select(value => $"E{value:+0;-0}"))
            from sign in Gen.Elements("", "-", "+")
            let all = $"{string.Concat(digits)}{tail}"
            select sign + all.Insert(Math.Min(point, all.Length), ".") + power);

    /// <summary>Exactly between two doubles, and one digit beside it: where rounding is decided.</summary>
    [Fact]
    public void TryParse_HalfwayBetweenTwoDoubles_GoesToTheEvenOne() =>
        Check(
            from bits in ArbMap.Default.GeneratorFor<long>()
            let lower = (decimal)((bits & 0x1F_FFFF_FFFF_FFFF) | 0x10_0000_0000_0000)
            from scale in Gen.Elements(1m, 2m, 4m, 64m, 0.5m, 0.25m)
            from beside in Gen.Elements("", "0000", "0001", "1")
            let text = ((lower + 0.5m) * scale).ToString(CultureInfo.InvariantCulture)
            select text.Contains('.', StringComparison.Ordinal) ? text + beside : text);

    [Fact]
    public void TryParse_AnyText_IsANumberWhereUtf8ParserSaysSo() =>
        Prop.ForAll(
            Gen.ListOf(Gen.Elements('0', '1', '9', '.', '-', '+', 'e', 'E', ' ', '/', ':', 'x', ',', '\0')).Select(letters => string.Concat(letters)).ToArbitrary(),
            text =>
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                var expected = Utf8Parser.TryParse(bytes, out double number, out var consumed) && consumed == bytes.Length && double.IsFinite(number);
                Assert.Equal(expected, DecimalParser.TryParse(bytes, out var value));
                if (expected)
                {
                    Assert.Equal(number, value);
                }
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    private static void Check(Gen<string> texts) =>
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var expected = double.Parse(text, CultureInfo.InvariantCulture);
            Assert.Equal(double.IsFinite(expected), DecimalParser.TryParse(Encoding.UTF8.GetBytes(text), out var value));
            if (double.IsFinite(expected))
            {
                Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(value));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
}
