namespace Hypervex;

/// <summary>One thing that a repair found, and what it does about it.</summary>
/// <param name="File">The file, relative to the data directory.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Remedy">What is done, or would be.</param>
public sealed record RepairStep(string File, string Problem, string Remedy);

/// <summary>
/// Operations of a log that are lost. Of a compacted part of the log, not every sequence of the range was there; the step's problem says how many operations were.
/// </summary>
/// <param name="Collection">The collection's name.</param>
/// <param name="FirstSequence">The first lost sequence.</param>
/// <param name="LastSequence">The last lost sequence.</param>
/// <param name="Ids">
/// Ids that can be made out in the damaged bytes, unchecked. Their records may be missing, show an older state, or have come back although they were deleted.
/// </param>
public sealed record LostOperations(string Collection, ulong FirstSequence, ulong LastSequence, IReadOnlyList<string> Ids);

/// <summary>What <see cref="Database.Repair(string, bool)"/> found and did.</summary>
public sealed record RepairReport
{
    /// <summary>Whether the steps were carried out; false = they would be.</summary>
    public required bool Applied { get; init; }

    /// <summary>What is wrong and what is done about it, in order; empty when everything is sound.</summary>
    public required IReadOnlyList<RepairStep> Steps { get; init; }

    /// <summary>What is lost; everything else is kept.</summary>
    public required IReadOnlyList<LostOperations> Lost { get; init; }

    /// <summary>What no repair can bring back; the files stay as they are.</summary>
    public required IReadOnlyList<RepairStep> Unrepairable { get; init; }

    /// <summary>What a check of the repaired database found; empty unless applied.</summary>
    public required IReadOnlyList<VerifyFinding> Remaining { get; init; }

    /// <summary>Where copies of replaced files are, an absolute path; null when nothing was replaced.</summary>
    public required string? Quarantine { get; init; }

    /// <summary>Whether the database is, or would be, whole without any loss.</summary>
    public bool Lossless => Lost.Count == 0 && Unrepairable.Count == 0 && Remaining.Count == 0;
}
