using System.Text;

namespace MlDurable.Storage;

/// <summary>
/// Which names blobs may have: the same on every store and every operating system, so that a workspace can be moved.
/// </summary>
/// <remarks>
/// <para>A name is two or more segments joined by <c>/</c>, at most <see cref="MaxBytes"/> bytes of UTF-8 and <see cref="MaxSegments"/> segments.
/// The first segment is the container: 3 to 63 lower-case letters, digits and single hyphens, a letter or digit at both ends (Azure's rule).
/// A further segment has 1 to <see cref="MaxSegmentBytes"/> bytes; it is not <c>.</c> or <c>..</c>, does not end with a dot or a space, has no control
/// character and none of <c>\ : * ? " &lt; &gt; |</c>, is no device name of Windows (<c>con</c>, <c>nul.txt</c>, <c>com1</c> …), and does not end with
/// <see cref="ReservedSuffix"/>.</para>
/// <para>Names are compared ordinally. On a file system that ignores case, names that differ only in case are one blob.</para>
/// </remarks>
public static class BlobName
{
    /// <summary>The longest name, in bytes of UTF-8: 1,024.</summary>
    public const int MaxBytes = 1024;

    /// <summary>The longest segment, in bytes of UTF-8: 255, what common file systems keep.</summary>
    public const int MaxSegmentBytes = 255;

    /// <summary>The most segments: 254, Azure's limit.</summary>
    public const int MaxSegments = 254;

    /// <summary>The ending that stores keep for their own files and folders.</summary>
    public const string ReservedSuffix = ".mldurable-tmp";

    private const int MinContainerLength = 3;
    private const int MaxContainerLength = 63;
    private const string ForbiddenCharacters = "\\:*?\"<>|";
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Says what is wrong with a name.</summary>
    /// <param name="name">The full name.</param>
    /// <returns>The reason, as the end of a sentence, or <see langword="null"/> when the name is valid.</returns>
    public static string? Problem(string name)
    {
        if (name.Length == 0)
        {
            return "it is empty";
        }

        if (name[0] == '/')
        {
            return "it is absolute: it must begin with a container, not with '/'";
        }

        if (CharacterProblem(name) is { } characterProblem)
        {
            return characterProblem;
        }

        if (StrictUtf8.GetByteCount(name) > MaxBytes)
        {
            return $"it is longer than {MaxBytes} bytes";
        }

        var segments = name.Split('/');
        if (segments.Length < 2)
        {
            return "it has no '/': a name is a container, a slash and a path";
        }

        if (segments.Length > MaxSegments)
        {
            return $"it has more than {MaxSegments} segments";
        }

        return ContainerProblem(segments[0]) ?? segments.Select(SegmentProblem).FirstOrDefault(problem => problem is not null);
    }

    internal static void Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Problem(name) is { } problem)
        {
            throw new BlobStoreException(BlobStoreErrorCodes.InvalidBlobName, $"'{Printable(name)}' is not a valid blob name: {problem}.", name);
        }
    }

    internal static void RequirePrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);

        // What follows the last slash is only the beginning of a segment: it is valid when some name can go on from it.
        if (Problem(prefix.Contains('/', StringComparison.Ordinal) ? prefix + "x" : prefix) is { } problem)
        {
            throw new BlobStoreException(BlobStoreErrorCodes.InvalidBlobName, $"'{Printable(prefix)}' cannot begin a blob name: {problem}.", prefix);
        }
    }

    internal static (string Container, string Path) Split(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return (name[..slash], name[(slash + 1)..]);
    }

    private static string? CharacterProblem(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            var character = name[i];
            if (char.IsControl(character))
            {
                return $"it has a control character (U+{(int)character:X4}) at position {i}";
            }

            if (ForbiddenCharacters.Contains(character, StringComparison.Ordinal))
            {
                return $"it has the character {character} at position {i}, which not every file system can keep";
            }

            if (char.IsHighSurrogate(character) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(character) || character is '\uFFFD' or '\uFFFE' or '\uFFFF')
            {
                return $"it has no valid Unicode character (U+{(int)character:X4}) at position {i}";
            }
        }

        return null;
    }

    private static string? ContainerProblem(string container)
    {
        var wellFormed = container.Length is >= MinContainerLength and <= MaxContainerLength
            && container.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            && container[0] != '-'
            && container[^1] != '-'
            && !container.Contains("--", StringComparison.Ordinal);
        return wellFormed
            ? null
            : $"its container '{container}' must be {MinContainerLength} to {MaxContainerLength} lower-case letters, digits and single hyphens, with a letter or digit at both ends";
    }

    private static string? SegmentProblem(string segment)
    {
        if (segment.Length == 0)
        {
            return "it has an empty segment ('//', or a '/' at its end)";
        }

        if (segment is "." or "..")
        {
            return $"it has the segment '{segment}', which would leave its place";
        }

        if (segment[^1] is '.' or ' ')
        {
            return $"its segment '{segment}' ends with a dot or a space, which Windows drops";
        }

        if (StrictUtf8.GetByteCount(segment) > MaxSegmentBytes)
        {
            return $"its segment '{segment[..32]}…' is longer than {MaxSegmentBytes} bytes";
        }

        if (segment.EndsWith(ReservedSuffix, StringComparison.OrdinalIgnoreCase))
        {
            return $"its segment '{segment}' ends with {ReservedSuffix}, which is kept for files that are being written";
        }

        return IsWindowsDevice(segment) ? $"its segment '{segment}' is a device on Windows" : null;
    }

    /// <remarks>From "Naming Files, Paths, and Namespaces" of the Windows documentation: an extension, and spaces before it, change nothing, and the
    /// superscript digits count as digits.</remarks>
    private static bool IsWindowsDevice(string segment)
    {
        var dot = segment.IndexOf('.', StringComparison.Ordinal);
        var stem = (dot < 0 ? segment : segment[..dot]).TrimEnd(' ').ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$"
            || (stem.Length == 4
                && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal))
                && (char.IsAsciiDigit(stem[3]) || stem[3] is '¹' or '²' or '³'));
    }

    private static string Printable(string name) =>
        string.Concat(name.Take(200).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString()));
}
