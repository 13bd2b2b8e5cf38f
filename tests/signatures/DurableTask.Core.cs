namespace DurableTask.Core.Exceptions;

public class OrchestrationException(string message) : Exception(message);

public class OrchestrationAlreadyExistsException(string message) : OrchestrationException(message);
