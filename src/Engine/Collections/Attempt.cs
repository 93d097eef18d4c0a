namespace Hypervex.Collections;

/// <summary>
/// What came of trying a write: it stands in a group (and the caller may have to commit it), nothing had to be written, or it must be
/// tried again after something else has ended.
/// </summary>
internal readonly record struct Attempt<T>(T Result, CommitGroup? Group, bool MustCommit, Task? RetryAfter)
{
    /// <summary>The same attempt with another result.</summary>
    public Attempt<TOther> With<TOther>(TOther result) => new(result, Group, MustCommit, RetryAfter);

    public static Attempt<T> Again(Task after) => new(default!, null, false, after);
}
