namespace MlDurable.Learning;

/// <summary>
/// Something is wrong with the data, the settings or a file that Learning was given. Every error that this library
/// raises on purpose is of this type; the message says what, where and what to do.
/// </summary>
/// <param name="code">Stable, lower-case, hyphenated name of the error, such as <c>one-class</c>; see <see cref="Code"/>.</param>
/// <param name="message">What is wrong, where, and what to do about it, for a person.</param>
/// <param name="innerException">The error that caused this one, or <see langword="null"/>.</param>
public class LearningException(string code, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The stable name of the error, for programs: it never changes meaning between versions; the message may.</summary>
    public string Code { get; } = code;
}
