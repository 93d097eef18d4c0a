namespace Hypervex.Storage;

/// <summary>The segments of a log that compaction has written, for those who look at files only. Reads only. Thread safety: none.</summary>
internal sealed class CompactedSegments(IFileSystem files, string partition)
{
    private readonly string _directory = DatabasePaths.Logs(partition);

    public bool Any => Names().Any();

    /// <summary>What does not check: a header, or a frame before the last one that the header counts.</summary>
    public IReadOnlyList<(string Path, string Problem)> Damaged()
    {
        List<(string Path, string Problem)> found = [];
        foreach (string path in Names())
        {
            using IFile file = files.Open(path, OpenMode.Read);
            var bytes = new byte[SegmentHeader.Size];
            int read = file.Read(bytes, 0);
            if (!SegmentHeader.TryRead(bytes.AsSpan(0, read), path, out SegmentHeader header, out string? problem))
            {
                found.Add((path, problem!));
                continue;
            }

            var scanner = new SegmentScanner(new LogSegment(file, header, 0));
            while (scanner.TryNext(out _, out _))
            {
            }

            if (header.Compacted is { } range && !scanner.IsAtEnd(range.LastSequence))
            {
                found.Add((path, $"offset {scanner.Offset}: a frame is damaged ({scanner.DescribeBadPlace()})"));
            }
        }

        return found;
    }

    private IEnumerable<string> Names() => files.DirectoryExists(_directory)
        ? files.ListFiles(_directory).Where(name => DatabasePaths.TryParseCompactedLog(name, out _, out _)).Select(name => Path.Combine(_directory, name))
        : [];
}
