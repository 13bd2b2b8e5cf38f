#pragma warning disable CS1591, MA0048
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
