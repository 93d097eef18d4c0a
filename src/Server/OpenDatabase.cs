using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server;

/// <summary>
/// The server's database, which opens in the background while the server listens already.
/// Invariant: <see cref="Opened"/> ends once, with the database or with the error that every request then gets.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed partial class OpenDatabase : IAsyncDisposable
{
    private readonly DefaultCollectionOptions _defaults;
    private readonly ILogger _logger;

    /// <summary>Starts to open.</summary>
    /// <param name="open">Opens the database; runs on another thread.</param>
    /// <param name="defaults">How the collection <c>default</c> is created.</param>
    /// <param name="logger">Learns of an opening that failed.</param>
    public OpenDatabase(Func<Database> open, DefaultCollectionOptions defaults, ILogger logger)
    {
        _defaults = defaults;
        _logger = logger;
        Opened = Task.Run(() => Open(open));
    }

    /// <summary>The opening.</summary>
    public Task<Database> Opened { get; }

    /// <summary>The database.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Opening"/>, or the code that the opening failed with.</exception>
    public Database Database
    {
        get
        {
            if (Opened.IsCompletedSuccessfully)
            {
                return Opened.Result;
            }

            throw Opened.Exception?.InnerException is { } error
                ? error as HypervexException ?? new HypervexException(ErrorCode.StorageUnavailable, "The database could not be opened; the server's log says why.", error)
                : new HypervexException(ErrorCode.Opening, "The database is opening; ask again when GET /readyz answers 200.");
        }
    }

    /// <summary>What an alias stands for; any other name, and any name while the database is not open, is itself.</summary>
    public string Resolve(string name) => Opened.IsCompletedSuccessfully ? Opened.Result.ResolveAlias(name) : name;

    /// <summary>A collection, by its name or an alias; the one named <c>default</c> is created on first use.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mayCreate">Whether it may be created.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.CollectionNotFound"/>, or what <see cref="Database"/> throws.</exception>
    public Collection FindCollection(string name, bool mayCreate)
    {
        Database database = Database;
        if (!mayCreate || name != DefaultCollectionOptions.Name)
        {
            return database.GetCollection(name);
        }

        return database.TryGetCollection(name, out Collection? found)
            ? found
            : database.GetOrCreateCollection(name, _defaults.ToCollectionOptions());
    }

    public async ValueTask DisposeAsync()
    {
        await Opened.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        if (Opened.IsCompletedSuccessfully)
        {
            await Opened.Result.DisposeAsync().ConfigureAwait(false);
        }
    }

    private Database Open(Func<Database> open)
    {
        try
        {
            Database database = open();
            try
            {
                CheckDefault(database);
                return database;
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }
        catch (HypervexException error)
        {
            LogOpeningRefused(error.Message); // it says what to do; a stack trace would hide that
            throw;
        }
        catch (Exception error)
        {
            LogOpeningFailed(error);
            throw;
        }
    }

    private void CheckDefault(Database database)
    {
        Collection? collection;
        try
        {
            if (!database.TryGetCollection(DefaultCollectionOptions.Name, out collection))
            {
                return;
            }
        }
        catch (HypervexException error) when (error.Code is ErrorCode.Damaged or ErrorCode.UnsupportedFormat)
        {
            // One bad collection does not stop the others; its own requests get the error.
            LogCollectionFailed(DefaultCollectionOptions.Name, error.Message);
            return;
        }

        if (!collection.Options.Vectors.TryGetValue("", out VectorFieldOptions? field))
        {
            return;
        }

        if (_defaults.Dimension is { } dimension && field.Dimension is { } actual && dimension != actual)
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument,
                string.Create(CultureInfo.InvariantCulture, $"VECTOR_DIMENSION is {dimension}, but the collection \"default\" of this data directory has dimension {actual}. Unset it, or use another data directory."));
        }

        if (_defaults.Metric is { } metric && metric != field.Metric)
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument,
                $"VECTOR_METRIC is {Json.WireName<Metric>.Of(metric)}, but the collection \"default\" of this data directory has {Json.WireName<Metric>.Of(field.Metric)}. Unset it, or use another data directory.");
        }

        if (_defaults.Capacity is { } capacity && capacity != collection.Options.Capacity)
        {
            LogCapacityKept(capacity, collection.Options.Capacity);
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The database could not be opened: {Reason}")]
    private partial void LogOpeningRefused(string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The database could not be opened.")]
    private partial void LogOpeningFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The collection {Name} could not be opened; the others are served. {Reason}")]
    private partial void LogCollectionFailed(string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "VECTOR_CAPACITY is {Setting}, but the collection default was created with {Actual}, which stays.")]
    private partial void LogCapacityKept(long setting, long? actual);
}
