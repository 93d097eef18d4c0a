namespace Hypervex.Collections;

/// <summary>What one scrub has read and found. Thread safety: one writer; <see cref="Copy"/> from any thread.</summary>
internal sealed class ScrubTally
{
    /// <summary>Further findings are counted only.</summary>
    public const int MaxFindings = 32;

    private readonly Lock _lock = new();
    private readonly List<VerifyFinding> _findings = [];
    private long _bytes;

    public ScrubTally()
    {
    }

    public ScrubTally(long bytes, long problems, long repaired, IEnumerable<VerifyFinding> findings)
    {
        _bytes = bytes;
        Problems = problems;
        Repaired = repaired;
        _findings.AddRange(findings.Take(MaxFindings));
    }

    /// <summary>Bytes read.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Places that do not check.</summary>
    public long Problems { get; private set; }

    /// <summary>Of <see cref="Problems"/>, those that were put right at once.</summary>
    public long Repaired { get; private set; }

    /// <summary>The first <see cref="MaxFindings"/> problems.</summary>
    public IReadOnlyList<VerifyFinding> Findings => _findings;

    public void Read(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Add(VerifyFinding finding, bool isRepaired)
    {
        lock (_lock)
        {
            Problems++;
            Repaired += isRepaired ? 1 : 0;
            if (_findings.Count < MaxFindings)
            {
                _findings.Add(finding);
            }
        }
    }

    /// <summary>The tally as it is now.</summary>
    public ScrubTally Copy()
    {
        lock (_lock)
        {
            return new ScrubTally(Bytes, Problems, Repaired, _findings);
        }
    }
}
