using MlDurable.Learning;
using MlDurable.Orchestration;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Gives the failures of the learning library and the store, which know no engine, to the engine with their codes.</summary>
internal sealed class CodedActivity<TInput, TOutput>(Activity<TInput, TOutput> inner) : Activity<TInput, TOutput>
{
    public override async Task<TOutput> RunAsync(ActivityContext context, TInput input)
    {
        try
        {
            return await inner.RunAsync(context, input);
        }
        catch (LearningException exception)
        {
            throw new PipelineException(exception.Code, exception.Message, exception);
        }
        catch (BlobStoreException exception)
        {
            throw new PipelineException(exception.Code, exception.Message, exception);
        }
    }
}
