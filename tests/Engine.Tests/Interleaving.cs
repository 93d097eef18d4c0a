namespace Hypervex.Engine.Tests;

/// <summary>
/// Runs two threads one at a time and passes the turn between them at random wherever threads meet without a lock (<see cref="Delays"/>): within a thousand calls
/// they meet in all orders, on one processor too. When the one whose turn it is waits for a lock of the other, the other goes on.
/// </summary>
internal sealed class Interleaving : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(1);

    [ThreadStatic]
    private static int t_role; // 0 = neither of the two

    private readonly Lock _choosing = new();
    private readonly SemaphoreSlim[] _turns = [new(0), new(0)];
    private readonly Random _random;
    private readonly bool[] _waiting = new bool[2];
    private bool _ended;

    public Interleaving(int seed)
    {
        _random = new Random(seed);
        Delays.Arm(MayChange);
    }

    /// <summary>Runs both until the first has ended; the second is called again and again until then.</summary>
    public void Run(Action first, Action second)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            t_role = 1;
            try
            {
                first();
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            End();
        });
        t_role = 2;
        thread.Start();
        try
        {
            while (!Volatile.Read(ref _ended))
            {
                second();
            }
        }
        finally
        {
            t_role = 0;
            End();
            thread.Join();
        }

        Assert.Null(failure);
    }

    public void Dispose()
    {
        Delays.Arm(null);
        Array.ForEach(_turns, turn => turn.Dispose());
    }

    private void End()
    {
        lock (_choosing)
        {
            Volatile.Write(ref _ended, true);
            LetGo(0);
            LetGo(1);
        }
    }

    private void MayChange()
    {
        if (t_role == 0 || Volatile.Read(ref _ended))
        {
            return;
        }

        int me = t_role - 1;
        lock (_choosing)
        {
            if (_ended || _random.Next(2) == 0)
            {
                return;
            }

            LetGo(1 - me);
            _waiting[me] = true;
        }

        if (!_turns[me].Wait(s_patience))
        {
            lock (_choosing)
            {
                if (!_waiting[me])
                {
                    _turns[me].Wait(); // let go just now
                }

                _waiting[me] = false;
            }
        }
    }

    private void LetGo(int other)
    {
        if (_waiting[other])
        {
            _waiting[other] = false;
            _turns[other].Release();
        }
    }
}
