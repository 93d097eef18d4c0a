using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Reads everything that an open collection has on disk once in a while, and checks it (docs/decisions/scrubber.md). Knows when the last scrub finished and how
/// far one under way is, across restarts. A scrub ends when the collection closes, and goes on where it was when it is open again.
/// Thread safety: <see cref="Run"/> on the thread of <see cref="Scrubbing"/>; <see cref="Stats"/> from any thread; <see cref="Dispose"/> when no call is under way.
/// </summary>
internal sealed class Scrubber : IDisposable
{
    /// <summary>A collection that has just been opened is left alone for so long, and so is one whose scrub failed.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    /// <summary>Timers take no more than seven weeks.</summary>
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(1);

    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly Partition _partition;
    private readonly Func<ScrubTally, long> _description;
    private readonly OperationGate _gate;
    private readonly Scrubbing _scrubbing;
    private readonly DatabaseOptions _options;
    private readonly ITimer _timer;
    private ScrubState _state;
    private DateTimeOffset _notBefore;
    private long _savedAt;
    private bool _isRequested;
    private volatile bool _isRunning;

    public Scrubber(IFileSystem files, string directory, Partition partition, Func<ScrubTally, long> description, OperationGate gate, Scrubbing scrubbing, DatabaseOptions options)
    {
        _files = files;
        _directory = directory;
        _partition = partition;
        _description = description;
        _gate = gate;
        _scrubbing = scrubbing;
        _options = options;
        _state = ScrubState.Load(files, directory, partition.CollectionId);
        _notBefore = Now + Quiet;
        _timer = options.TimeProvider.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        SetTimer();
    }

    /// <summary>What the last scrub, and the one under way, have read and found.</summary>
    public ScrubStats Stats
    {
        get
        {
            ScrubState state = Volatile.Read(ref _state);
            ScrubTally current = state.Current.Copy();
            return new ScrubStats
            {
                LastFinished = state.Finished,
                IsRunning = _isRunning,
                BytesChecked = state.Position is null ? state.Last.Bytes : current.Bytes,
                Problems = state.Last.Problems + current.Problems,
                Repaired = state.Last.Repaired + current.Repaired,
                Findings = [.. current.Findings, .. state.Last.Findings],
            };
        }
    }

    private DateTimeOffset Now => _options.TimeProvider.GetUtcNow();

    private TimeSpan UntilDue
    {
        get
        {
            DateTimeOffset now = Now;
            DateTimeOffset due = _state is { Position: null, Finished: { } finished } ? (finished < now ? finished : now) + _options.ScrubInterval : now;
            return (due > _notBefore ? due : _notBefore) - now;
        }
    }

    /// <summary>Scrubs, from where the last scrub was interrupted or from the beginning.</summary>
    public void Run()
    {
        if (!_gate.TryEnterMaintenance(out OperationGate.Pass pass))
        {
            return;
        }

        using (pass)
        {
            _isRunning = true;
            try
            {
                Scrub();
            }
            catch (Exception exception) when (exception is OperationCanceledException or HypervexException)
            {
                // It is closing, or what has been found cannot be written down. What is known in memory stays.
                _notBefore = Now + Quiet;
                TrySave();
            }
#pragma warning disable CA1031 // A defect in the background must not end the user's process.
            catch (Exception)
#pragma warning restore CA1031
            {
                _notBefore = Now + _options.ScrubInterval;
                SetState(_state with { Position = null });
                _state.Current.Add(new VerifyFinding("", "The scrub ended early because of a defect in it; it will be tried again. Run `hypervex verify` in its place."), isRepaired: false);
            }
            finally
            {
                Volatile.Write(ref _isRequested, false);
                SetTimer();
                _isRunning = false;
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Scrub()
    {
        ScrubTally tally = _state.Position is null ? new ScrubTally() : _state.Current;
        ScrubPosition from = _state.Position ?? new ScrubPosition(ScrubPart.Log, 0, 0);
        _savedAt = tally.Bytes;
        SetState(_state with { Position = from, Current = tally });
        var steps = new ScrubSteps(_gate, _scrubbing.Pace, tally);
        if (from.Part == ScrubPart.Log)
        {
            new ScrubOfLog(_partition.Log, steps, tally).Run(from.Next, next => Reach(new ScrubPosition(ScrubPart.Log, next, 0)));
            Reach(new ScrubPosition(ScrubPart.Checkpoint, 0, 0));
        }

        if (from.Part <= ScrubPart.Checkpoint)
        {
            steps.Run(() => _description(tally));
            steps.Run(() => _scrubbing.Description(tally));
            new ScrubOfCheckpoint(_files, _directory, _partition, steps, tally).Run();
            Reach(new ScrubPosition(ScrubPart.Rows, 0, 0));
        }

        if (_files.CanMap)
        {
            (uint field, uint slot) = from.Part == ScrubPart.Rows ? (from.Field, (uint)from.Next) : (0, 0);
            new ScrubOfRows(_files, _partition, steps, tally).Run(field, slot, (field, next) => Reach(new ScrubPosition(ScrubPart.Rows, next, field)));
        }

        SetState(new ScrubState(Now, tally, null, new ScrubTally()));
        Save();
    }

    private void Reach(ScrubPosition position)
    {
        SetState(_state with { Position = position });
        if (_state.Current.Bytes - _savedAt >= _options.ScrubSaveBytes)
        {
            Save();
        }
    }

    private void Save()
    {
        _savedAt = _state.Current.Bytes;
        _state.Save(_files, _directory, _partition.CollectionId);
    }

    private void TrySave()
    {
        try
        {
            Save();
        }
        catch (HypervexException)
        {
            // The next scrub repeats some of this one.
        }
    }

    private void SetState(ScrubState state) => Volatile.Write(ref _state, state);

    private void Look()
    {
        if (UntilDue > TimeSpan.Zero)
        {
            SetTimer();
        }
        else if (!Interlocked.Exchange(ref _isRequested, true))
        {
            _scrubbing.Request(this);
        }
    }

    private void SetTimer()
    {
        TimeSpan wait = UntilDue;
        _timer.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < s_longestTimer ? wait : s_longestTimer, Timeout.InfiniteTimeSpan);
    }
}
