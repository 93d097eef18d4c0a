using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>The index of one vector field: rows by slot in, nearest slots out. <see cref="FieldIndex"/> keeps a graph, <see cref="FlatIndex"/> scans.</summary>
internal interface IFieldIndex : IDisposable
{
    /// <summary>What the index holds.</summary>
    FieldIndexStats Stats { get; }

    /// <summary>The recall by the width of the beam, as far as it has been measured.</summary>
    IReadOnlyList<RecallProfile> RecallProfiles { get; }

    /// <summary>Asked for the memory that work in the background takes.</summary>
    MemoryShare? Memory { set; }

    /// <summary>Hears from time to time, from any thread, that <see cref="Unsaved"/> has grown.</summary>
    Action? Progressed { set; }

    /// <summary>Bytes of memory held, and of what is bound to be.</summary>
    long CountedBytes { get; }

    /// <summary>Bytes of codes; part of those of <see cref="Stats"/>.</summary>
    long CodeBytes { get; }

    /// <summary>Bytes of memory that one more row takes, at most.</summary>
    long BytesPerRow { get; }

    /// <summary>The width of searches that name none, from now on; those that run keep theirs. Nothing where all are exact.</summary>
    void UseEf(int ef);

    /// <summary>The codes that searches run on; null where there never are any.</summary>
    CodeStats? Codes { get; }

    /// <summary>Bytes that <see cref="CountedBytes"/> grows by once <see cref="UseQuantization"/> is called; 0 when it does not.</summary>
    long BytesToUse(QuantizationKind quantization);

    /// <summary>The codes that are wanted from now on; they are made in the background, and searches go on. Nothing where there never are any. One caller at a time.</summary>
    void UseQuantization(QuantizationKind quantization);

    /// <summary>Waits until so many rows can be added without waiting.</summary>
    void MakeRoom(int rows);

    /// <summary>Adds a row. Every search that starts after the return sees it.</summary>
    /// <param name="slot">A slot that was never added, or was given back by <see cref="TryTakeFreed"/>; its row is complete.</param>
    void Add(uint slot);

    /// <summary>As <see cref="Add"/> for so many slots that follow each other, in their order.</summary>
    void AddRun(uint first, int count);

    /// <summary>As <see cref="Add"/>, while the collection opens: waits for nothing and links nothing, however many rows come.</summary>
    void AddWhileOpening(uint slot);

    /// <summary>Begins the background work on what <see cref="AddWhileOpening"/> added.</summary>
    void EndOpening();

    /// <summary>Removes a row. No search that starts after the return finds it.</summary>
    void Remove(uint slot);

    /// <summary>Whether a slot has been added and not removed.</summary>
    bool Contains(uint slot);

    /// <summary>Takes a removed slot that no search can come across any more, and whose row may be overwritten.</summary>
    bool TryTakeFreed(out uint slot);

    /// <summary>Finds the <c>hits.Length</c> nearest rows.</summary>
    int Search(ReadOnlySpan<float> preparedQuery, in FieldSearch search, Span<SlotHit> hits, out FieldSearchReport report);

    /// <summary>Measures the recall of answers of k hits; null when every search is exact or there are too few rows.</summary>
    RecallProfile? MeasureRecall(int k, CancellationToken cancellationToken);

    /// <summary>Waits until background work on what was added and removed before the call is done.</summary>
    void WaitUntilLinked(CancellationToken cancellationToken);

    /// <summary>Waits until the slots of all rows that were removed before the call come out of <see cref="TryTakeFreed"/>.</summary>
    void ReleaseRemoved(CancellationToken cancellationToken);

    /// <summary>Checks the invariants.</summary>
    void Verify(Action<string> finding, out long nodes);

    /// <summary>Writes the index for a checkpoint, while it is used and changed.</summary>
    void Save(Stream stream);

    /// <summary>Rows that were linked or taken out since the beginning of the last <see cref="Save"/>, or since <see cref="Load"/>: the work that a kill would undo.</summary>
    long Unsaved { get; }

    /// <summary>Whether searches run on codes.</summary>
    bool HasCodes { get; }

    /// <summary>Whether <see cref="SaveCodes"/> would write nothing that was not saved or loaded before.</summary>
    bool AreCodesSaved { get; }

    /// <summary>Writes the codes for a checkpoint, while the index is used and changed, but not while slots change hands. False, and no stream is made, when there are none that are wanted.</summary>
    bool SaveCodes(Func<Stream> begin);

    /// <summary>Reads what <see cref="Save"/> and <see cref="SaveCodes"/> wrote into an empty index, before any other call. The rows are there already.</summary>
    /// <exception cref="InvalidDataException">The stream is not an index with this field's settings; the index is unusable.</exception>
    void Load(Stream stream, Stream? codes);
}
