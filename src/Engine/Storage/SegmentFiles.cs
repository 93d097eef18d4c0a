namespace Hypervex.Storage;

/// <summary>A segment's file, and the range of a compacted one; <c>Last</c> is 0 for any other.</summary>
internal sealed record SegmentFile(string Path, ulong First, ulong Last, SegmentHeader Header)
{
    public bool Covers(SegmentFile other) => other != this && other.First >= First && Math.Max(other.First, other.Last) <= Last;
}

/// <summary>
/// Tells which files of a log's directory are in force and removes the leftovers of compactions that a crash cut short (docs/formats/log.md, "Compacted
/// segments"). Thread safety: none; used while a log opens.
/// </summary>
internal static class SegmentFiles
{
    /// <summary>The files in force, in order of sequence.</summary>
    /// <param name="files">Where the log is.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="named">Nonces of the compacted segments that the manifest names.</param>
    public static IReadOnlyList<SegmentFile> InForce(IFileSystem files, string directory, IReadOnlyCollection<ulong> named)
    {
        List<SegmentFile> found = List(files, directory);
        var leftovers = new List<SegmentFile>();
        foreach (SegmentFile output in found.Where(file => file.Last > 0).OrderBy(file => file.Last - file.First).ToList())
        {
            List<SegmentFile> inside = found.FindAll(output.Covers);
            bool inForce = named.Contains(output.Header.Nonce) || inside.Count < output.Header.Compacted!.Inputs;
            leftovers.AddRange(inForce ? inside : [output]);
            found.RemoveAll(leftovers.Contains);
        }

        foreach (SegmentFile leftover in leftovers.OrderBy(file => file.First))
        {
            files.DeleteFile(leftover.Path);
        }

        if (leftovers.Count > 0)
        {
            files.SyncDirectory(directory);
        }

        found.Sort((left, right) => left.First.CompareTo(right.First));
        return found;
    }

    private static List<SegmentFile> List(IFileSystem files, string directory)
    {
        var found = new List<SegmentFile>();
        foreach (string name in files.ListFiles(directory))
        {
            string path = Path.Combine(directory, name);
            if (DatabasePaths.TryParseLog(name, out ulong first))
            {
                found.Add(new SegmentFile(path, first, 0, default));
            }
            else if (DatabasePaths.TryParseCompactedLog(name, out first, out ulong last))
            {
                found.Add(new SegmentFile(path, first, last, ReadHeader(files, path, first, last)));
            }
            else if (name.EndsWith(DatabasePaths.TemporarySuffix, StringComparison.Ordinal))
            {
                files.DeleteFile(path);
            }
        }

        return found;
    }

    private static SegmentHeader ReadHeader(IFileSystem files, string path, ulong first, ulong last)
    {
        using IFile file = files.Open(path, OpenMode.Read);
        Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
        int read = file.Read(bytes, 0);
        if (!SegmentHeader.TryRead(bytes[..read], path, out SegmentHeader header, out string? problem))
        {
            throw StorageErrors.Damaged(path, 0, problem!); // it was durable before it had its name
        }

        return header.FirstSequence == first && header.Compacted?.LastSequence == last
            ? header
            : throw StorageErrors.Damaged(path, 0, $"the header names the range {header.FirstSequence} to {header.Compacted?.LastSequence ?? 0}, the file's name {first} to {last}.");
    }
}
