using System.Diagnostics;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>
/// Fills a collection of a running server, measures an operation in it, and drops it; so for every operation. Every request is made before the clock starts. A search is measured when all rows are linked; its recall is that of each
/// query asked once before.
/// </summary>
internal sealed class ServerBenchmark
{
    private const int MostPrepared = 20_000;
    private const long MostPreparedBytes = 256L << 20;
    private const int FillBatch = 500;

    private readonly ServerBenchmarkSettings _settings;
    private readonly ServerBenchmarkData _data;
    private readonly ILoadProtocol _protocol;
    private int _rows;
    private int _deleted;

    /// <summary>Creates a benchmark over data of the same settings.</summary>
    public ServerBenchmark(ServerBenchmarkSettings settings, ServerBenchmarkData data)
    {
        _settings = settings;
        _data = data;
        _protocol = settings.Protocol;
    }

    /// <summary>Called once, when the first collection is filled and all its rows are linked.</summary>
    public Action? Filled { get; init; }

    /// <summary>Creates, fills, measures, drops.</summary>
    /// <param name="progress">Receives the number of points done.</param>
    /// <param name="cancellationToken">Stops between two points.</param>
    public IReadOnlyList<LoadPoint> Run(IProgress<long> progress, CancellationToken cancellationToken)
    {
        using LoadConnection control = _protocol.Connect();
        var points = new List<LoadPoint>();
        foreach (LoadOperation operation in _settings.Operations)
        {
            Require(control.Ask(_protocol.Create()), "creating the collection");
            try
            {
                Fill(control);
                WaitUntilLinked(control, cancellationToken);
                if (points.Count == 0)
                {
                    Filled?.Invoke();
                }

                double? recall = operation is LoadOperation.Search or LoadOperation.Mixed ? Recall(control) : null;
                foreach (int connections in _settings.Connections)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    points.Add(Measure(operation, connections) with { Recall = recall });
                    progress.Report(points.Count);
                }
            }
            finally
            {
                control.Ask(_protocol.Drop());
            }
        }

        return points;
    }

    private static void Require(LoadAnswer answer, string what)
    {
        if (!answer.IsGood)
        {
            throw CommandException.Create("unexpected_answer", $"The server refused {what}: {answer.Failure}", ExitCode.Failed);
        }
    }

    private void Fill(LoadConnection control)
    {
        for (int first = 0; first < _data.Rows.Length; first += FillBatch)
        {
            Require(control.Ask(_protocol.Upsert(first, _data.Rows.AsSpan(first, Math.Min(FillBatch, _data.Rows.Length - first)))), "a batch of rows");
        }

        (_rows, _deleted) = (_data.Rows.Length, 0);
    }

    private void WaitUntilLinked(LoadConnection control, CancellationToken cancellationToken)
    {
        while (true)
        {
            LoadAnswer stats = control.Ask(_protocol.Stats());
            Require(stats, "its statistics");
            if (_protocol.ReadPending(stats.Body.Span) == 0)
            {
                return;
            }

            cancellationToken.ThrowIfCancellationRequested();
            Thread.Sleep(20);
        }
    }

    private double Recall(LoadConnection control)
    {
        double sum = 0;
        for (int query = 0; query < _data.Queries.Length; query++)
        {
            LoadAnswer answer = control.Ask(_protocol.Search(_data.Queries[query]));
            Require(answer, "a search");
            sum += _data.RecallOf(query, _protocol.ReadRows(answer.Body.Span));
        }

        return sum / _data.Queries.Length;
    }

    private LoadPoint Measure(LoadOperation operation, int connections)
    {
        double? greatest = null;
        LatencySamples? service = null;
        double rate = _settings.Rate ?? 0;
        if (_settings.Rate is null)
        {
            RunLoad(operation, connections, double.PositiveInfinity, _settings.WarmUp);
            LoadRun full = RunLoad(operation, connections, double.PositiveInfinity, _settings.WarmUp);
            greatest = full.Latencies.Count / full.Seconds;
            service = full.Latencies;
            rate = Math.Max(1, greatest.Value * _settings.Load);
        }

        LoadRun run = RunLoad(operation, connections, rate, _settings.Duration);
        return new LoadPoint
        {
            Operation = operation,
            Connections = connections,
            GreatestPerSecond = greatest,
            OfferedPerSecond = rate,
            AnsweredPerSecond = run.Latencies.Count / run.Seconds,
            Refused = run.Refused,
            Failed = run.Failed,
            Failure = run.Failure,
            Latencies = run.Latencies,
            ServiceTimes = service,
        };
    }

    private LoadRun RunLoad(LoadOperation operation, int connections, double rate, TimeSpan duration)
    {
        byte[][] requests = Prepare(operation);
        bool isOnce = operation is LoadOperation.Insert or LoadOperation.Delete;
        LoadConnection[] opened = [.. Enumerable.Range(0, connections).Select(_ => _protocol.Connect())];
        try
        {
            LoadSender[] senders = [.. opened.Select(connection => new LoadSender(connection, requests, isOnce))];
            long begin = Stopwatch.GetTimestamp();
            var schedule = new ArrivalSchedule(begin, rate, duration);
            Thread[] threads = [.. senders.Select(sender => new Thread(() => sender.Run(schedule)))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            if (operation == LoadOperation.Delete)
            {
                _deleted += requests.Length;
            }

            return LoadRun.Of(senders, seconds);
        }
        finally
        {
            Array.ForEach(opened, connection => connection.Dispose());
        }
    }

    private byte[][] Prepare(LoadOperation operation)
    {
        int rowBytes = (_settings.Transport == LoadTransport.Rest ? 12 : 6) * _settings.Dimension;
        int most = (int)Math.Clamp(MostPreparedBytes / ((long)rowBytes * (operation == LoadOperation.Insert ? _settings.Batch : 1)), 100, MostPrepared);
        switch (operation)
        {
            case LoadOperation.Insert:
                return [.. Enumerable.Range(0, most).Select(_ => Insert(_settings.Batch))];
            case LoadOperation.Get:
                return [.. Enumerable.Range(0, Math.Min(most, _data.Rows.Length)).Select(row => _protocol.Get(Spread(row)))];
            case LoadOperation.Update:
                return [.. Enumerable.Range(0, Math.Min(most, _data.Rows.Length)).Select(row => _protocol.Update(Spread(row), _data.Rows[Spread(row + 1)]))];
            case LoadOperation.Delete:
                return [.. Enumerable.Range(0, Math.Min(most, (_data.Rows.Length - _deleted) / 4)).Select(row => _protocol.Delete(_deleted + row))];
            case LoadOperation.Mixed:
                return [.. Enumerable.Range(0, most / 4).Select(i => i % 10 == 0 ? Insert(_settings.Batch) : _protocol.Search(_data.Queries[i % _data.Queries.Length]))];
            default:
                return [.. _data.Queries.Select(_protocol.Search)];
        }
    }

    private byte[] Insert(int batch)
    {
        int first = _rows;
        _rows += batch;
        return _protocol.Upsert(first, [.. Enumerable.Range(first, batch).Select(_data.Row)]);
    }

    // Neighbours in the order of requests are not neighbours in the files.
    private int Spread(int row) => (int)(row * 7_919L % _data.Rows.Length);
}
