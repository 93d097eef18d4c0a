namespace Hypervex.Cli.Output;

/// <summary>Records done so far of a snapshot or restore, for a <see cref="ProgressDisplay"/>: of one stage, or of all stages together.</summary>
internal sealed class StageProgress(IProgress<long> display, SnapshotStage? only) : IProgress<SnapshotProgress>
{
    private long _before;
    private SnapshotProgress _last;

    /// <inheritdoc/>
    public void Report(SnapshotProgress value)
    {
        if (value.Stage != _last.Stage)
        {
            _before += _last.Done;
        }

        _last = value;
        if (only is null || value.Stage == only)
        {
            display.Report(only is null ? _before + value.Done : value.Done);
        }
    }
}
