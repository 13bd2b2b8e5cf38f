using System.Runtime.CompilerServices;
using MlDurable.Learning.Features;
using MlDurable.Learning.Training;
using OwnTrainer;

namespace MlDurable.Pipelines.Tests.Training;

/// <summary>The trainer and the transform of the sample, registered before any test, because messages list what there is.</summary>
internal static class OwnTrainerSample
{
    [ModuleInitializer]
    internal static void Register()
    {
        Trainers.Register(new NaiveBayesTrainer());
        Transforms.Register(new LogRatioTransform());
    }
}
