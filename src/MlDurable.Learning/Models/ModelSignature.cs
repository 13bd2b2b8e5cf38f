using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Models;

/// <summary>What a model needs to predict, and what it predicts.</summary>
/// <param name="Inputs">The columns and their kinds: numbers first, then categories, each in ordinal order of their names.</param>
/// <param name="Target">The task and the classes.</param>
public sealed record ModelSignature(TableSchema Inputs, Target Target);
