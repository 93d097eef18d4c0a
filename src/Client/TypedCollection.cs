using System.Runtime.CompilerServices;
using Hypervex.Wire;

namespace Hypervex.Client;

/// <summary>One result of a search as one of the caller's own objects.</summary>
/// <typeparam name="T">The caller's class.</typeparam>
/// <param name="Item">The object.</param>
/// <param name="Score">Greater is better.</param>
/// <param name="Distance">The true distance under the field's metric; smaller is nearer.</param>
public readonly record struct TypedHit<T>(T Item, float Score, float Distance);

/// <summary>
/// A collection of the caller's own objects: two delegates say how one becomes a record and back, so that nothing is found out by reflection and everything can be trimmed.
/// Thread safety: as that of the collection and the delegates.
/// </summary>
/// <typeparam name="T">The caller's class.</typeparam>
/// <param name="collection">The collection.</param>
/// <param name="toRecord">Makes a record of an object.</param>
/// <param name="fromRecord">Makes an object of a record; parts that a search did not ask for are null.</param>
/// <example>
/// <code>
/// var books = new TypedCollection&lt;Book&gt;(
///     docs,
///     book => new RecordMessage { VectorId = book.Isbn, Vector = book.Embedding, Metadata = new JsonObject { ["title"] = book.Title } },
///     record => new Book(record.VectorId!, record.Vector, (string)record.Metadata!["title"]!));
/// </code>
/// </example>
public sealed class TypedCollection<T>(IVectorCollection collection, Func<T, RecordMessage> toRecord, Func<RecordMessage, T> fromRecord)
    where T : class
{
    /// <summary>The collection.</summary>
    public IVectorCollection Records => collection;

    /// <inheritdoc cref="IVectorCollection.UpsertBatchAsync"/>
    public Task<BatchAnswer> UpsertBatchAsync(IReadOnlyList<T> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return collection.UpsertBatchAsync([.. items.Select(toRecord)], cancellationToken);
    }

    /// <inheritdoc cref="IVectorCollection.ImportAsync"/>
    public Task<long> ImportAsync(IAsyncEnumerable<T> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return collection.ImportAsync(RecordsOf(items, cancellationToken), cancellationToken);
    }

    /// <summary>Reads an object; null when there is none.</summary>
    public async Task<T?> GetAsync(string id, CancellationToken cancellationToken = default) =>
        await collection.GetAsync(id, cancellationToken).ConfigureAwait(false) is { } record ? fromRecord(record) : null;

    /// <summary>Reads every object in order of creation, while the caller takes them.</summary>
    public async IAsyncEnumerable<T> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (RecordMessage record in collection.ExportAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return fromRecord(record);
        }
    }

    /// <summary>Finds the nearest objects. What <see cref="SearchMessage.Include"/> does not ask for, <c>fromRecord</c> does not get.</summary>
    public async Task<IReadOnlyList<TypedHit<T>>> SearchAsync(SearchMessage search, CancellationToken cancellationToken = default)
    {
        SearchAnswer answer = await collection.SearchAsync(search, cancellationToken).ConfigureAwait(false);
        return [.. answer.Results.Select(hit => new TypedHit<T>(fromRecord(RecordOf(hit)), hit.Score, hit.Distance))];
    }

    private static RecordMessage RecordOf(HitMessage hit) =>
        new() { VectorId = hit.VectorId, Vector = hit.Vector, Vectors = hit.Vectors, Metadata = hit.Metadata, Document = hit.Document };

    private async IAsyncEnumerable<RecordMessage> RecordsOf(IAsyncEnumerable<T> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (T item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return toRecord(item);
        }
    }
}
