using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Hypervex.Bench.Storage;

/// <summary>What one row showed.</summary>
/// <param name="RecordsPerSecond">Records whose transaction had been committed.</param>
/// <param name="P50">Median duration of a batch in microseconds.</param>
/// <param name="P99">99 % of the batches took no longer.</param>
internal sealed record Inserted(double RecordsPerSecond, double P50, double P99);

/// <summary>
/// SQLite with a write-ahead log and <c>synchronous=FULL</c>: a table of id, vector and metadata, a connection for every writer, a prepared
/// statement, one transaction for a batch. A committed record is durable; nothing can search its vector.
/// </summary>
internal sealed class SqlitePeer(int dimension)
{
    private const string Schema = "CREATE TABLE records (id TEXT PRIMARY KEY, vector BLOB NOT NULL, metadata TEXT NOT NULL) WITHOUT ROWID";
    private const string Upsert = "INSERT INTO records (id, vector, metadata) VALUES ($id, $vector, $metadata) ON CONFLICT (id) DO UPDATE SET vector = excluded.vector, metadata = excluded.metadata";

    /// <summary>The library's version.</summary>
    public static string Version
    {
        get
        {
            using var connection = new SqliteConnection("Data Source=:memory:");
            connection.Open();
            return connection.ServerVersion;
        }
    }

    /// <summary>Does the same into other databases until the code is compiled as well as it will be, and the disk awake.</summary>
    public void WarmUp(string parent, int writers, int batch, double seconds)
    {
        const int Records = 20_000;
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds)
        {
            Measure(parent, writers, batch, Math.Max(Records, writers * batch), seconds);
        }
    }

    /// <summary>Inserts with several writers into a fresh database.</summary>
    public Inserted Measure(string parent, int writers, int batch, int records, double seconds)
    {
        string directory = Path.Combine(parent, $"sqlite-bench-{Path.GetRandomFileName()}");
        Directory.CreateDirectory(directory);
        try
        {
            return MeasureIn(new SqliteConnectionStringBuilder { DataSource = Path.Combine(directory, "records.db"), Pooling = false }.ToString(), writers, batch, records, seconds);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private Inserted MeasureIn(string source, int writers, int batch, int records, double seconds)
    {
        using SqliteConnection first = Open(source);
        Execute(first, Schema);
        int perWriter = Math.Max(1, records / writers / batch) * batch;
        byte[][] vectors = Vectors(Math.Min(perWriter, 4_096));
        var durations = new List<double>[writers];
        int[] written = new int[writers];
        var threads = new Thread[writers];
        using var start = new Barrier(writers + 1);
        for (int i = 0; i < writers; i++)
        {
            int writer = i;
            durations[i] = [];
            threads[i] = new Thread(() =>
            {
                using SqliteConnection connection = Open(source);
                start.SignalAndWait();
                written[writer] = Write(connection, vectors, (long)writer * perWriter, perWriter, batch, seconds, durations[writer]);
            });
            threads[i].Start();
        }

        start.SignalAndWait();
        long begin = Stopwatch.GetTimestamp();
        Array.ForEach(threads, thread => thread.Join());
        double took = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        double[] all = [.. durations.SelectMany(each => each).Order()];
        return new Inserted(written.Sum() / took, Percentile(all, 0.5), Percentile(all, 0.99));
    }

    private static int Write(SqliteConnection connection, byte[][] vectors, long firstId, int records, int batch, double seconds, List<double> durations)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = Upsert;
        SqliteParameter id = command.Parameters.Add("$id", SqliteType.Text);
        SqliteParameter vector = command.Parameters.Add("$vector", SqliteType.Blob);
        SqliteParameter metadata = command.Parameters.Add("$metadata", SqliteType.Text);
        command.Prepare();
        long begin = Stopwatch.GetTimestamp();
        int done = 0;
        while (done < records && Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds)
        {
            long before = Stopwatch.GetTimestamp();

            // IMMEDIATE: a writer that waits for another does so at the beginning, under busy_timeout.
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            command.Transaction = transaction;
            for (int i = 0; i < batch; i++, done++)
            {
                long number = firstId + done;
                id.Value = number.ToString(CultureInfo.InvariantCulture);
                vector.Value = vectors[done % vectors.Length];
                metadata.Value = string.Create(CultureInfo.InvariantCulture, $"{{\"number\":{number},\"row\":{number}}}");
                command.ExecuteNonQuery();
            }

            transaction.Commit();
            durations.Add(Stopwatch.GetElapsedTime(before).TotalMicroseconds);
        }

        return done;
    }

    private static SqliteConnection Open(string source)
    {
        var connection = new SqliteConnection(source);
        connection.Open();
        Execute(connection, "PRAGMA busy_timeout=60000");
        Execute(connection, "PRAGMA journal_mode=WAL");
        Execute(connection, "PRAGMA synchronous=FULL");
        return connection;
    }

    private static void Execute(SqliteConnection connection, string statement)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    private byte[][] Vectors(int count)
    {
        var random = new Random(1);
        var vectors = new byte[count][];
        float[] vector = new float[dimension];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < dimension; j++)
            {
                vector[j] = (random.NextSingle() * 2) - 1;
            }

            vectors[i] = MemoryMarshal.AsBytes<float>(vector).ToArray();
        }

        return vectors;
    }

    private static double Percentile(double[] sorted, double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length), 1, sorted.Length) - 1];
}
