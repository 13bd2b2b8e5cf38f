using MlDurable.Orchestration.Embedded.Files;

namespace MlDurable.Orchestration.Embedded.Journal;

internal static class JournalErrors
{
    public static OrchestrationException Corrupt(
        IJournalDirectory directory, string file, long offset, string problem, Exception? innerException = null) => new(
            EmbeddedErrorCodes.JournalCorrupt,
            $"The journal file '{Path.Combine(directory.Path, file)}' is damaged at offset {offset}: {problem}. " +
            "Nothing after this point was read and nothing was changed. Check the disk, keep a copy of the directory, and restore the " +
            "journal from a backup; to give up all unfinished work instead, move the journal directory away and start again.",
            innerException);

    public static OrchestrationException WriteFailed(IJournalDirectory directory, Exception innerException) => new(
        EmbeddedErrorCodes.JournalWriteFailed,
        $"The journal in '{directory.Path}' cannot be written: {innerException.Message} The engine has stopped; everything that it had " +
        "confirmed is on disk. Make room, make the disk writable or repair it, then start it again: it continues where the journal ends.",
        innerException);
}
