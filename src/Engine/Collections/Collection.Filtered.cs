using Hypervex.Collections;
using Hypervex.Metadata;

namespace Hypervex;

/// <content>Questions and changes by filter, without a vector.</content>
public sealed partial class Collection
{
    /// <summary>Reads a page of records in order of creation, or of a metadata field (<see cref="ListOptions.OrderBy"/>).</summary>
    public RecordPage List(ListOptions? options = null)
    {
        options ??= new ListOptions();
        OptionChecks.CheckRange("limit", options.Limit, 1, Limits.MaxPage);
        if (options.OrderBy is { } field)
        {
            Names.CheckIndexedField(field);
            return UntilClosing(token => new OrderedListing(_partition, field, options.Descending).Read(options, Schema, token), CancellationToken.None);
        }

        if (options.Descending)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "A descending listing needs a field to order by (order_by).");
        }

        using OperationGate.Pass pass = _gate.Enter();
        List<VectorRecord> page = _reader.List(ListCursor.Decode(options.Cursor), options.Limit, options.Filter, Schema, options.Include, out ulong? next);
        return new RecordPage(page, next is { } after ? ListCursor.Encode(after) : null);
    }

    /// <summary>Counts the records that match; all of them without a filter.</summary>
    public long CountWhere(Filter? filter, CancellationToken cancellationToken = default)
    {
        using OperationGate.Pass pass = _gate.Enter();
        return _reader.Count(filter, cancellationToken);
    }

    /// <summary>Counts how often the values of a metadata field occur. A keyword index of the field makes it fast; else the records are read.</summary>
    /// <param name="field">The field's name; dots lead into nested objects.</param>
    /// <param name="filter">Only over records that match; null = all.</param>
    /// <param name="limit">Greatest number of values, 1 to 10,000.</param>
    /// <param name="cancellationToken">Stops counting.</param>
    public FacetCounts CountValues(string field, Filter? filter = null, int limit = 100, CancellationToken cancellationToken = default)
    {
        Names.CheckIndexedField(field);
        OptionChecks.CheckRange("limit", limit, 1, Limits.MaxPage);
        return UntilClosing(token => new FacetCounter(_partition).Count(field, filter, limit, token), cancellationToken);
    }

    /// <summary>
    /// Deletes the records that match a filter, in atomic batches of up to 10,000, and says how many. A record that is written meanwhile is deleted only if it
    /// still matches; one that is written without end may stay.
    /// </summary>
    /// <param name="filter">Which records; <c>Filter.Parse("{}")</c> = all.</param>
    /// <param name="options">Durability.</param>
    /// <param name="cancellationToken">Stops between two batches; what was deleted stays deleted.</param>
    public long DeleteWhere(Filter filter, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        RefuseCondition(options);
        return UntilClosing(token => new FilteredDeletion(_partition, _writer, () => Schema).Run(filter, options, token), cancellationToken);
    }

    /// <summary>
    /// Changes the metadata of the records that match a filter, in atomic batches of up to 1,000, and says how many records were changed. A record that has the change already is not
    /// written. Each record that matches throughout the call is changed, also one that is written meanwhile; one that begins to match meanwhile may stay as it is.
    /// </summary>
    /// <param name="filter">Which records; <c>Filter.Parse("{}")</c> = all.</param>
    /// <param name="metadata">What is merged (<c>null</c> removes a key) or replaces the old.</param>
    /// <param name="mode">Whether it is merged or replaces.</param>
    /// <param name="options">Durability.</param>
    /// <param name="cancellationToken">Stops between two batches; what was changed stays changed.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>: a record's metadata would be too large or too deep; batches before it stay written.</exception>
    public long UpdateWhere(Filter filter, MetadataObject metadata, MetadataMode mode = MetadataMode.Merge, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentNullException.ThrowIfNull(metadata);
        if (!Enum.IsDefined(mode))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"{(int)mode} is no metadata mode; expected merge or replace.");
        }

        RefuseCondition(options);
        MetadataEncoding.Measure(metadata); // what no record could hold is refused before one is changed
        var change = new MetadataObject(metadata);
        return UntilClosing(token => new FilteredUpdate(_partition, _writer, () => Schema, filter, change, mode, options).Run(token), cancellationToken);
    }

    /// <summary>
    /// Reads records chosen at random, each with the same chance, in random order. With a seed, an open collection that has not been written in between answers the same.
    /// </summary>
    /// <param name="count">How many, 1 to 10,000; fewer when fewer match.</param>
    /// <param name="filter">Only records that match; null = all.</param>
    /// <param name="seed">Decides the choice; null = another one each time.</param>
    /// <param name="include">What is read of each record.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public IReadOnlyList<VectorRecord> Sample(int count, Filter? filter = null, int? seed = null, Include include = Include.All, CancellationToken cancellationToken = default)
    {
        OptionChecks.CheckRange("the number of records to sample", count, 1, Limits.MaxPage);
        return UntilClosing(token => new RandomSample(_partition, filter, seed).Read(count, Schema, include, token), cancellationToken);
    }
}
