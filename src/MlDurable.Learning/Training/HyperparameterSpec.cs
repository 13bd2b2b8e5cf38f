namespace MlDurable.Learning.Training;

/// <summary>A setting of a trainer.</summary>
/// <param name="Name">The name in lower case with hyphens, as in a pipeline file.</param>
/// <param name="Minimum">The smallest value allowed.</param>
/// <param name="Maximum">The greatest value allowed.</param>
/// <param name="Default">The value where none is given.</param>
/// <param name="IsInteger">Whether only whole numbers are allowed.</param>
/// <param name="Description">What it does, for a person.</param>
public sealed record HyperparameterSpec(string Name, double Minimum, double Maximum, double Default, bool IsInteger, string Description);
