using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Writes that become durable together, and the promise that their writers wait for. Thread safety: filled under the writer's lock, then
/// owned by the one committer.
/// </summary>
internal sealed class CommitGroup
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LogGroup Frames { get; } = new();

    /// <summary>The strongest durability that any of the writers asked for.</summary>
    public Durability Durability { get; set; } = Durability.OperatingSystem;

    /// <summary>Records that will need a row.</summary>
    public int Puts { get; set; }

    /// <summary>Bytes that its writes have reserved in the database's memory.</summary>
    public long Memory { get; set; }

    /// <summary>Ends when the group is as durable as was asked for and applied, or has failed.</summary>
    public Task Done => _done.Task;

    public void Complete() => _done.SetResult();

    /// <summary>Fails the group; nothing of it is in the log.</summary>
    public void Fail(HypervexException cause)
    {
        _done.SetException(cause);
        _ = _done.Task.Exception; // observed: a writer may have given up waiting
    }
}
