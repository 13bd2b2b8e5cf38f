namespace MlDurable.Orchestration;

/// <summary>
/// Starts, watches and steers instances. Safe to use from several threads. A call that changes something returns only when the change is
/// on disk; a cancelled call may still have happened.
/// </summary>
public interface IOrchestrationClient
{
    /// <summary>Starts an instance. Idempotent by id: with the same orchestrator and input it is the same instance, finished or not.</summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="definition">Which orchestrator and version.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">Id, time, priority, tags. Default: a random id, at once, normal, none.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The id.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceConflict"/>: the id has another orchestrator or input;
    /// <see cref="OrchestrationErrorCodes.OrchestratorNotRegistered"/>; <see cref="OrchestrationErrorCodes.InstanceIdInvalid"/>;
    /// <see cref="OrchestrationErrorCodes.PayloadTooLarge"/>; <see cref="OrchestrationErrorCodes.SingletonTaken"/>: another unfinished instance has the
    /// singleton key; <see cref="OrchestrationErrorCodes.TagReserved"/>.
    /// </exception>
    Task<string> StartAsync<TInput, TOutput>(
        OrchestratorDefinition<TInput, TOutput> definition, TInput input, StartOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Looks at an instance.</summary>
    /// <param name="instanceId">Which.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Its state, or <see langword="null"/> when there is none of this id.</returns>
    Task<OrchestrationState?> GetAsync(string instanceId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives a page of the instances, in the order of their creation, then of their ids. Instances that are started, end or are purged between two pages
    /// do not shift what follows.
    /// </summary>
    /// <param name="query">Which.</param>
    /// <param name="pageSize">How many at most, 1 to 1,000. Default: 100.</param>
    /// <param name="continuationToken">What the page before gave. Default: the first page.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Their states at the time of the call.</returns>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.ContinuationTokenInvalid"/>.</exception>
    Task<OrchestrationPage> ListPageAsync(
        OrchestrationQuery query, int pageSize = 100, string? continuationToken = null, CancellationToken cancellationToken = default);

    /// <summary>Lists instances page by page, in the order of their creation, then of their ids.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>Their states at the time of their page.</returns>
    IAsyncEnumerable<OrchestrationState> ListAsync(OrchestrationQuery query, CancellationToken cancellationToken = default);

    /// <summary>Waits until an instance has ended, in whatever way.</summary>
    /// <param name="instanceId">Which.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Its last state.</returns>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.InstanceNotFound"/>.</exception>
    Task<OrchestrationState> WaitForCompletionAsync(string instanceId, CancellationToken cancellationToken = default);

    /// <summary>Sends an event to an unfinished instance, which need not be waiting for it yet.</summary>
    /// <typeparam name="T">The payload.</typeparam>
    /// <param name="instanceId">Which.</param>
    /// <param name="definition">Which event.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when the event is on disk.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceNotFound"/>; <see cref="OrchestrationErrorCodes.InstanceStatus"/>: it has ended;
    /// <see cref="OrchestrationErrorCodes.PayloadTooLarge"/>.
    /// </exception>
    Task RaiseEventAsync<T>(
        string instanceId, EventDefinition<T> definition, T payload, CancellationToken cancellationToken = default);

    /// <summary>Stops the code of an instance until it is resumed. Steps under way go on. Nothing happens when it is suspended already.</summary>
    /// <param name="instanceId">Which.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when it is on disk.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceNotFound"/>; <see cref="OrchestrationErrorCodes.InstanceStatus"/>: it has ended.
    /// </exception>
    Task SuspendAsync(string instanceId, string reason, CancellationToken cancellationToken = default);

    /// <summary>Lets a suspended instance go on. Nothing happens when it is not suspended.</summary>
    /// <param name="instanceId">Which.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when it is on disk.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceNotFound"/>; <see cref="OrchestrationErrorCodes.InstanceStatus"/>: it has ended.
    /// </exception>
    Task ResumeAsync(string instanceId, string reason, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends an instance at once, and its children under way by their <see cref="SubOrchestrationOptions.ParentClosePolicy"/>; activities under way
    /// are cancelled and their results dropped. Nothing happens when it is terminated already.
    /// </summary>
    /// <param name="instanceId">Which.</param>
    /// <param name="reason">Why; it becomes the message of <see cref="OrchestrationState.Failure"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when it is on disk.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceNotFound"/>; <see cref="OrchestrationErrorCodes.InstanceStatus"/>: it has ended otherwise.
    /// </exception>
    Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets a failed instance go on from the step whose failure ended it. That failure, those of steps that were asked for in the same turn, and
    /// all that the code did after the first of them are undone; what had ended well by then keeps its result. The steps are tried again with all
    /// their attempts; a failed sub-orchestration is rewound, one that was terminated is started anew. When no step's failure ended the instance, its
    /// last turn is undone. Events that were received since then are received again.
    /// </summary>
    /// <param name="instanceId">Which.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when it is on disk.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceNotFound"/>; <see cref="OrchestrationErrorCodes.InstanceStatus"/>: it has not failed, or it is a
    /// sub-orchestration (rewind its parent); <see cref="OrchestrationErrorCodes.NotSupported"/>.
    /// </exception>
    Task RewindAsync(string instanceId, string reason, CancellationToken cancellationToken = default);

    /// <summary>
    /// Starts a finished instance anew, with the same orchestrator, version, input and tags. Without another id it takes the place of the former one
    /// in one step.
    /// </summary>
    /// <param name="instanceId">Which.</param>
    /// <param name="newInstanceId">The id of the new one, which must be free; the former one stays. Default: the same id.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The id.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceNotFound"/>; <see cref="OrchestrationErrorCodes.InstanceStatus"/>: it has not ended;
    /// <see cref="OrchestrationErrorCodes.InstanceConflict"/>: the new id is taken; <see cref="OrchestrationErrorCodes.InstanceIdInvalid"/>;
    /// <see cref="OrchestrationErrorCodes.OrchestratorNotRegistered"/>: this build does not have its version.
    /// </exception>
    Task<string> RestartAsync(string instanceId, string? newInstanceId = null, CancellationToken cancellationToken = default);

    /// <summary>Starts a finished instance anew with another input, and in the version that the definition names.</summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="instanceId">Which.</param>
    /// <param name="definition">Its orchestrator; the version may be another.</param>
    /// <param name="input">The new input.</param>
    /// <param name="newInstanceId">The id of the new one, which must be free; the former one stays. Default: the same id.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The id.</returns>
    /// <exception cref="OrchestrationException">
    /// As without an input; <see cref="OrchestrationErrorCodes.InstanceConflict"/>: the instance has another orchestrator;
    /// <see cref="OrchestrationErrorCodes.PayloadTooLarge"/>.
    /// </exception>
    Task<string> RestartAsync<TInput, TOutput>(
        string instanceId, OrchestratorDefinition<TInput, TOutput> definition, TInput input, string? newInstanceId = null,
        CancellationToken cancellationToken = default);

    /// <summary>Takes a step out of quarantine: it begins again, with as many starts before it as a new one.</summary>
    /// <param name="instanceId">The instance whose step it is.</param>
    /// <param name="sequence">The sequence number of the step.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when it is on disk.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceNotFound"/>; <see cref="OrchestrationErrorCodes.InstanceStatus"/>: it has ended;
    /// <see cref="OrchestrationErrorCodes.StepNotQuarantined"/>; <see cref="OrchestrationErrorCodes.NotSupported"/>.
    /// </exception>
    Task RetryStepAsync(string instanceId, int sequence, string reason, CancellationToken cancellationToken = default);

    /// <summary>Ends a step in quarantine with a result that a person gives. The history keeps that it was given, and why.</summary>
    /// <param name="instanceId">The instance whose step it is.</param>
    /// <param name="sequence">The sequence number of the step.</param>
    /// <param name="output">The result as JSON; it must be of the type that the activity gives.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when it is on disk.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceNotFound"/>; <see cref="OrchestrationErrorCodes.InstanceStatus"/>: it has ended;
    /// <see cref="OrchestrationErrorCodes.StepNotQuarantined"/>; <see cref="OrchestrationErrorCodes.PayloadInvalid"/>: the result is no JSON or of
    /// another type; <see cref="OrchestrationErrorCodes.PayloadTooLarge"/>; <see cref="OrchestrationErrorCodes.NotSupported"/>.
    /// </exception>
    Task SkipStepAsync(string instanceId, int sequence, string output, string reason, CancellationToken cancellationToken = default);

    /// <summary>Forgets a finished instance; its id is free again.</summary>
    /// <param name="instanceId">Which.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns><see langword="true"/> when it was there.</returns>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.InstanceStatus"/>: it has not ended.</exception>
    Task<bool> PurgeAsync(string instanceId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Forgets the finished instances that meet a policy, each with its finished children, in small bites between which other work goes on. A child is
    /// forgotten with its parent, never before it. Interrupted at any place, what was purged is purged, and the same call goes on.
    /// </summary>
    /// <param name="policy">Which.</param>
    /// <param name="within">How long at most, a bite more or less. Default: until it is done.</param>
    /// <param name="cancellationToken">Ends it after a bite.</param>
    /// <returns>How far it has come.</returns>
    Task<PurgeProgress> PurgeAsync(PurgePolicy policy, TimeSpan? within = null, CancellationToken cancellationToken = default);
}
