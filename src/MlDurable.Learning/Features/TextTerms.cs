using System.Runtime.InteropServices;

namespace MlDurable.Learning.Features;

/// <summary>The terms of one text at a time. Keeps its buffers, so that reading another text allocates nothing unless it is longer. For one caller.</summary>
internal sealed class TextTerms(TextUnit unit, int from, int to)
{
    /// <summary>The text in lower case: its words with a space between them, or its characters with a space for white space.</summary>
    private char[] letters = new char[256];
    private int length;

    /// <summary>Where each unit begins and ends in the letters.</summary>
    private readonly List<(int Start, int End)> units = [];

    /// <summary>The number of terms, each as often as it occurs.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            for (var size = from; size <= to; size++)
            {
                count += Math.Max(units.Count - size + 1, 0);
            }

            return count;
        }
    }

    /// <summary>Takes a text.</summary>
    public void Read(ReadOnlySpan<char> text)
    {
        // No word is longer in lower case, and a space between two words stands where there was a character.
        if (letters.Length < text.Length)
        {
            letters = new char[text.Length];
        }

        length = 0;
        units.Clear();
        if (unit == TextUnit.Word)
        {
            ReadWords(text);
        }
        else
        {
            ReadCharacters(text);
        }
    }

    /// <summary>Adds the different terms to a set.</summary>
    public void AddTo(HashSet<string> terms)
    {
        var lookup = terms.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var term in this)
        {
            lookup.Add(term);
        }
    }

    public Enumerator GetEnumerator() => new(this, from, to);

    private void ReadWords(ReadOnlySpan<char> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (!IsOfWord(text[at]))
            {
                continue;
            }

            var end = at + 1;
            while (end < text.Length && IsOfWord(text[end]))
            {
                end++;
            }

            if (end - at > 1)
            {
                if (length > 0)
                {
                    letters[length++] = ' ';
                }

                units.Add((length, length + end - at));
                length += text[at..end].ToLowerInvariant(letters.AsSpan(length));
            }

            at = end;
        }
    }

    private void ReadCharacters(ReadOnlySpan<char> text)
    {
        foreach (var letter in text)
        {
            var isSpace = char.IsWhiteSpace(letter);
            if (!isSpace || length == 0 || letters[length - 1] != ' ')
            {
                units.Add((length, length + 1));
                letters[length++] = isSpace ? ' ' : char.ToLowerInvariant(letter);
            }
        }
    }

    private static bool IsOfWord(char letter) => char.IsLetterOrDigit(letter) || letter == '_';

    /// <summary>Goes through the terms: those of fewer units first, from the beginning of the text to its end.</summary>
    [StructLayout(LayoutKind.Auto)]
    public ref struct Enumerator(TextTerms terms, int from, int to)
    {
        private int size = from;
        private int first = -1;

        public readonly ReadOnlySpan<char> Current
        {
            get
            {
                var start = terms.units[first].Start;
                return terms.letters.AsSpan(start, terms.units[first + size - 1].End - start);
            }
        }

        public bool MoveNext()
        {
            first++;
            while (first + size > terms.units.Count)
            {
                if (size >= to)
                {
                    return false;
                }

                size++;
                first = 0;
            }

            return true;
        }
    }
}
