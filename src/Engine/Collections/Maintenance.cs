using System.Collections.Concurrent;

namespace Hypervex.Collections;

/// <summary>
/// The one background thread of a database that takes checkpoints and compacts, shared by all collections. Thread safety: <see cref="Request"/> from any thread.
/// </summary>
internal sealed class Maintenance : IDisposable
{
    private readonly BlockingCollection<CollectionMaintenance> _requests = [];
    private readonly Thread _thread;

    public Maintenance()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "hypervex maintenance" };
        _thread.Start();
    }

    /// <summary>Asks for a look at a collection, soon.</summary>
    public void Request(CollectionMaintenance collection)
    {
        try
        {
            _requests.TryAdd(collection);
        }
        catch (InvalidOperationException)
        {
            // Closing: the collection takes its last checkpoint itself.
        }
    }

    /// <summary>Ends the thread once all collections are closed.</summary>
    public void Dispose()
    {
        _requests.CompleteAdding();
        _thread.Join();
        _requests.Dispose();
    }

    private void Run()
    {
        BackgroundThread.Lower();
        foreach (CollectionMaintenance collection in _requests.GetConsumingEnumerable())
        {
            collection.Run();
        }
    }
}
