using System.Buffers;
using Hypervex.Fields;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The grouped search. A first search finds some hits. What is missing then is looked for with an index of the field by further searches, for records of no group that was met
/// (<c>$nin</c>), then of each group that is short (<c>$eq</c>); without one, or where values stand in arrays, by ranking all records that match exactly. So it comes up short only where there are no more.
/// Groups are values as they are stored, so the index of a field of dates, for which two texts are one instant, or of words is of no use.
/// Rows that move and records that expire under it make it begin anew, and in the end run while nothing is applied and nothing expires.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class GroupedSearch(Partition partition, PartitionReader reader, CollectionSearch search, string field, int groups, int groupSize, string? leftOut)
{
    private const int Repeats = 4;

    private const int LeastHits = 64;

    /// <summary>More searches than this cost more than ranking all.</summary>
    private const int MostSearches = 64;

    private readonly byte[]? _leftOut = leftOut is null ? null : Names.EncodeId(leftOut);
    private CollectionSchema _schema = null!;
    private float[] _query = [];
    private CancellationToken _closing;
    private GroupTable _table = null!;
    private SearchReport _report;
    private long _distancesLeft;
    private bool _isLast;

    public GroupedHits Run(CollectionSchema schema, float[] query, in SearchOptions options, CancellationToken closing)
    {
        (_schema, _query, _closing) = (schema, query, closing);
        for (int attempt = 0; attempt < Repeats; attempt++)
        {
            if (TryRun(options) is { } hits)
            {
                return hits;
            }
        }

        lock (partition.Still)
        {
            _isLast = true;
            return TryRun(options) ?? new GroupedHits([], _report);
        }
    }

    private GroupedHits? TryRun(SearchOptions options)
    {
        _table = new GroupTable(field, groups, groupSize);
        _report = default;
        _distancesLeft = options.MaxDistances;
        return TryFind(options) ? Materialize(options) : null;
    }

    /// <summary>Fills the table; false when a hit was lost on the way.</summary>
    private bool TryFind(SearchOptions options)
    {
        int all = (int)Math.Min(partition.Records.Count + CollectionSearch.RoomToGrow, Array.MaxLength);
        int wanted = (int)Math.Min(all, Math.Max(LeastHits, 4L * groups * groupSize));
        if (options.Exact || wanted == all)
        {
            return TrySearchAll(options, all);
        }

        if (!TrySearch(options, wanted, false, out int found))
        {
            return false;
        }

        if (found < wanted || IsCut || float.IsFinite(_table.FarthestNeeded()))
        {
            return true;
        }

        int generation = partition.FieldIndexes.Generation;
        if (!IsToldByIndex() || !TryComplete(options, wanted, out bool lost))
        {
            return TrySearchAll(options with { Exact = true }, all);
        }

        return !lost && partition.FieldIndexes.Generation == generation; // what is declared decides what the filters mean
    }

    private bool IsToldByIndex() =>
        partition.FieldIndexes.FindReady(field)?.Values is { Arrays.Count: 0 } and (NumberIndex { Kind: not NumberKind.Instants } or KeywordIndex { Kind: not KeywordKind.Tokens });

    /// <summary>Completes the table by searches with narrower filters; false when it cannot be done so.</summary>
    private bool TryComplete(SearchOptions options, int wanted, out bool lost)
    {
        lost = false;
        int searches = 0;
        while (_table.Values.Count < groups && !IsCut)
        {
            int before = _table.Values.Count;
            if (++searches > MostSearches || TryBoth(options.Filter, () => Filter.Field(field).Exists() & Filter.Field(field).NotIn([.. _table.Values])) is not { } others)
            {
                return false;
            }

            if (!TrySearch(options with { Filter = others }, wanted, false, out int found))
            {
                lost = true;
                return true;
            }

            if (_table.Values.Count == before)
            {
                if (found < wanted)
                {
                    break; // there are no others
                }

                return false; // so many have no group, null for example, that others may stand behind them
            }
        }

        foreach ((MetadataValue value, List<GroupTable.Member> members) in _table.Best)
        {
            if (!_table.IsShort(members) || IsCut)
            {
                continue;
            }

            if (++searches > MostSearches || TryBoth(options.Filter, () => Filter.Field(field) == value) is not { } same)
            {
                return false;
            }

            if (!TrySearch(options with { Filter = same }, groupSize + (_leftOut is null ? 0 : 1), true, out _))
            {
                lost = true;
                return true;
            }
        }

        return true;
    }

    private long NowMs => _isLast ? RecordFixed.BeforeAnyExpiry : partition.NowMs;

    private bool IsCut => _report.LimitedBy == SearchLimit.MaxDistances;

    /// <summary>As <see cref="TrySearch"/>, for all records; false also when so many came meanwhile that others were crowded out.</summary>
    private bool TrySearchAll(SearchOptions options, int room) => TrySearch(options, room, false, out int found) && found < room;

    /// <summary>Searches, and adds what is found to the table; false when a record has moved since it was found.</summary>
    private bool TrySearch(SearchOptions options, int room, bool onlyExisting, out int found)
    {
        Hit[] hits = ArrayPool<Hit>.Shared.Rent(room);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            found = search.Run(_schema, _query, options with { MaxDistances = _distancesLeft }, hits.AsSpan(0, room), _closing, out SearchReport report);
            Count(report, options.MaxDistances > 0);
            float farthest = float.PositiveInfinity;
            for (int i = 0; i < found && hits[i].Distance <= farthest; i++)
            {
                if (!reader.TryRead(hits[i].Handle, NowMs, buffer, out RecordBody record))
                {
                    return false;
                }

                if (_leftOut is null || !record.Id.SequenceEqual(_leftOut))
                {
                    _table.Add(hits[i], record, onlyExisting);
                }

                if ((i & (i + 1)) == 0) // after 1, 2, 4, 8 ..: often enough to stop in time, and seldom enough to cost nothing
                {
                    options.CancellationToken.ThrowIfCancellationRequested();
                    farthest = onlyExisting ? float.PositiveInfinity : _table.FarthestNeeded();
                }
            }

            return true;
        }
        finally
        {
            buffer.Return();
            ArrayPool<Hit>.Shared.Return(hits);
        }
    }

    private void Count(SearchReport report, bool isLimited)
    {
        SearchLimit limit = report.LimitedBy == SearchLimit.MaxDistances ? SearchLimit.MaxDistances : _report.LimitedBy;
        if (isLimited)
        {
            _distancesLeft -= report.Distances;
            limit = _distancesLeft < 1 ? SearchLimit.MaxDistances : limit;
            _distancesLeft = Math.Max(1, _distancesLeft);
        }

        _report = new SearchReport(limit, _report.Distances + report.Distances, Math.Max(_report.Ef, report.Ef));
    }

    /// <summary>Both filters; null when they are larger together than a filter may be.</summary>
    private static Filter? TryBoth(Filter? filter, Func<Filter> other)
    {
        try
        {
            return filter is null ? other() : filter & other();
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.InvalidFilter)
        {
            return null;
        }
    }

    private GroupedHits? Materialize(SearchOptions options)
    {
        var result = new List<HitGroup>();
        foreach ((MetadataValue value, List<GroupTable.Member> members) in _table.Best)
        {
            var hits = new List<SearchHit>(members.Count);
            foreach (GroupTable.Member member in members)
            {
                if (reader.Materialize(member.Hit, NowMs, _schema, options.Include) is not { } hit)
                {
                    return null;
                }

                hits.Add(hit);
            }

            result.Add(new HitGroup(value, hits));
        }

        return new GroupedHits(result, _report);
    }
}
