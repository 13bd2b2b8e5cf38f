namespace MlDurable.Learning.Tables;

/// <summary>What the cells of a column are.</summary>
public enum ColumnKind
{
    /// <summary>Finite double-precision numbers; see <see cref="NumberColumn"/>.</summary>
    Number,

    /// <summary>Texts from a dictionary; see <see cref="CategoryColumn"/>.</summary>
    Category,

    /// <summary>Instants in UTC with a resolution of 100 ns; see <see cref="TimeColumn"/>.</summary>
    Time,
}
