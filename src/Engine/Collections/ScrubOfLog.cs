using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Checks every frame of the log, compacted segments included: of the segment that is written to, those that were durable when its turn came, since nobody writes to
/// them any more. What compaction replaces meanwhile is left; what replaced it is checked. Thread safety: none.
/// </summary>
internal sealed class ScrubOfLog(Log log, ScrubSteps steps, ScrubTally tally)
{
    private const string WhatToDo = "The log is the only home of these records: take a snapshot or export of what can be read, then run `hypervex repair`, which says what is lost before it changes anything.";

    /// <summary>Checks from a sequence on.</summary>
    /// <param name="next">The sequence.</param>
    /// <param name="reached">Told, after each segment, where the next begins.</param>
    public void Run(ulong next, Action<ulong> reached)
    {
        while (true)
        {
            LogSegment[] chain = log.Segments.InOrder;
            int at = Math.Max(0, Array.FindLastIndex(chain, segment => segment.Header.FirstSequence <= next));
            bool isLast = at == chain.Length - 1;
            ulong behind = isLast ? log.DurableSequence + 1 : chain[at + 1].Header.FirstSequence;
            if (IsCheckedToEnd(chain[at], behind - 1))
            {
                if (isLast)
                {
                    return; // what has been written since is for the next scrub
                }

                next = behind;
                reached(next);
            }
        }
    }

    /// <summary>Checks a segment up to a sequence that is durable; false when it was replaced before the end.</summary>
    private bool IsCheckedToEnd(LogSegment segment, ulong last)
    {
        SegmentScanner? scanner = null;
        bool isInForce = true;
        bool isAtEnd = false;
        while (isInForce && !isAtEnd)
        {
            steps.Run(() =>
            {
                // A segment that is in force when the step begins stays open until the step has ended.
                isInForce = Array.IndexOf(log.Segments.InOrder, segment) >= 0;
                if (!isInForce)
                {
                    return 0;
                }

                try
                {
                    scanner ??= Begin(segment);
                    isAtEnd = scanner is null;
                    return scanner is null ? SegmentHeader.Size : Scan(segment, scanner, last, out isAtEnd);
                }
                catch (HypervexException exception) when (exception.Code is ErrorCode.StorageUnavailable)
                {
                    Add(segment, exception.Message);
                    isAtEnd = true;
                    return 0;
                }
            });
        }

        return isInForce;
    }

    /// <summary>Checks the header; null when it does not check.</summary>
    private SegmentScanner? Begin(LogSegment segment)
    {
        Span<byte> expected = stackalloc byte[SegmentHeader.Size];
        Span<byte> found = stackalloc byte[SegmentHeader.Size];
        segment.Header.Write(expected);
        int read = segment.File.Read(found, 0);
        if (read == found.Length && found.SequenceEqual(expected))
        {
            return new SegmentScanner(segment);
        }

        Add(segment, "The segment's header is not the one that it was opened with.");
        return null;
    }

    private long Scan(LogSegment segment, SegmentScanner scanner, ulong last, out bool isAtEnd)
    {
        long start = scanner.Offset;
        while (!scanner.IsAtEnd(last))
        {
            if (scanner.Offset - start >= ScrubSteps.Bytes)
            {
                isAtEnd = false;
                return scanner.Offset - start;
            }

            if (!scanner.TryNext(out _, out _))
            {
                Add(segment, $"offset {scanner.Offset}: the frame of sequence {scanner.Expected} is damaged ({scanner.DescribeBadPlace()}).");
                break;
            }
        }

        isAtEnd = true;
        return scanner.Offset - start;
    }

    private void Add(LogSegment segment, string message) => tally.Add(new VerifyFinding(segment.File.Path, $"{message} {WhatToDo}"), isRepaired: false);
}
