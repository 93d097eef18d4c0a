namespace Hypervex.Storage;

/// <summary>A segment of a log that is being repaired; <c>Compacted</c> is null for a plain one. <c>Leftovers</c> are the files that it stands for and that are still there.</summary>
internal sealed record RepairableSegment(string Path, ulong First, ulong Last, CompactedSegmentRepair? Compacted)
{
    public int Leftovers { get; init; }

    public bool Covers(RepairableSegment other) => other != this && other.First >= First && Math.Max(other.First, other.Last) <= Last;
}

/// <summary>
/// Tells which files of a damaged log count (docs/formats/log.md, "Repairing a log"): as <see cref="SegmentFiles"/> does, but that a damaged compacted segment gives
/// way to its inputs when all of them are there. Reads only. Thread safety: none.
/// </summary>
internal sealed class RepairableSegments
{
    private readonly List<RepairableSegment> _inForce;
    private readonly List<SegmentRepair> _removals = [];

    /// <param name="files">Where the log is.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="owner">Collection and partition.</param>
    /// <param name="named">Nonces of the compacted segments that the manifest names.</param>
    public RepairableSegments(IFileSystem files, string directory, SegmentHeader owner, IReadOnlyCollection<ulong> named)
    {
        _inForce = List(files, directory, owner, named);
        foreach (RepairableSegment output in _inForce.Where(file => file.Last > 0).OrderBy(file => file.Last - file.First).ToList())
        {
            Decide(output, output.Compacted!, named);
        }

        _inForce.Sort((left, right) => left.First.CompareTo(right.First));
    }

    /// <summary>The segments that count, in order of sequence.</summary>
    public IReadOnlyList<RepairableSegment> InForce => _inForce;

    /// <summary>Files that must go, since an opening would stumble over them or prefer them.</summary>
    public IReadOnlyList<SegmentRepair> Removals => _removals;

    private void Decide(RepairableSegment output, CompactedSegmentRepair content, IReadOnlyCollection<ulong> named)
    {
        List<RepairableSegment> inside = _inForce.FindAll(output.Covers);

        // Inputs are deleted oldest first: while the oldest is there, all of them are.
        bool hasInputs = content.Header is { } header ? inside.Count >= header.Compacted!.Inputs : inside.Exists(input => input.First == output.First);
        bool isNamed = content.Header is { } known && named.Contains(known.Nonce);
        if (hasInputs && (!isNamed || content.Problems.Count > 0))
        {
            _inForce.Remove(output);
            if (isNamed || content.HeaderProblem is not null)
            {
                _removals.Add(new SegmentRepair(output.Path, content.Problems, [], null, []));
            }

            return;
        }

        foreach (RepairableSegment leftover in inside)
        {
            _inForce.Remove(leftover);
            if (leftover.Compacted?.HeaderProblem is { } problem)
            {
                _removals.Add(new SegmentRepair(leftover.Path, [problem], [], null, []));
            }
        }

        _inForce[_inForce.IndexOf(output)] = output with { Leftovers = inside.Count };
    }

    private static List<RepairableSegment> List(IFileSystem files, string directory, SegmentHeader owner, IReadOnlyCollection<ulong> named)
    {
        var found = new List<RepairableSegment>();
        foreach (string name in files.DirectoryExists(directory) ? files.ListFiles(directory) : [])
        {
            string path = Path.Combine(directory, name);
            if (DatabasePaths.TryParseLog(name, out ulong first))
            {
                found.Add(new RepairableSegment(path, first, 0, null));
            }
            else if (DatabasePaths.TryParseCompactedLog(name, out first, out ulong last))
            {
                found.Add(new RepairableSegment(path, first, last, new CompactedSegmentRepair(files, path, owner with { FirstSequence = first }, last, named)));
            }
        }

        return found;
    }
}
