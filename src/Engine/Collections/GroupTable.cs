using System.Text;
using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The groups that a search has met so far, each with its best hits, in order of distance and then of id bytes.
/// Invariant: no record stands in a group twice. Thread safety: none.
/// </summary>
internal sealed class GroupTable(string field, int groups, int groupSize)
{
    private readonly FieldPath _path = new(field);
    private readonly Dictionary<MetadataValue, Group> _groups = [];
    private readonly HashSet<MetadataValue> _ofRecord = [];

    public readonly record struct Member(Hit Hit, byte[] Id);

    /// <summary>Values of the groups that were met.</summary>
    public IReadOnlyCollection<MetadataValue> Values => _groups.Keys;

    /// <summary>The best groups, at most as many as are wanted.</summary>
    public List<KeyValuePair<MetadataValue, List<Member>>> Best
    {
        get
        {
            var all = _groups.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Members)).ToList();
            all.Sort((left, right) => Compare(left.Value[0], right.Value[0]) is var order and not 0 ? order : CompareValues(left.Key, right.Key));
            return all.Count > groups ? all[..groups] : all;
        }
    }

    /// <summary>Whether a group is not full yet.</summary>
    public bool IsShort(List<Member> members) => members.Count < groupSize;

    /// <summary>Adds a hit to the groups of its record.</summary>
    /// <param name="hit">The hit.</param>
    /// <param name="record">Its record.</param>
    /// <param name="onlyExisting">Whether groups that were not met are passed over.</param>
    public void Add(in Hit hit, in RecordBody record, bool onlyExisting)
    {
        if (!_path.TryFind(record.Metadata, out EncodedValue value))
        {
            return;
        }

        _ofRecord.Clear();
        FacetCounter.Collect(value, _ofRecord);
        foreach (MetadataValue one in _ofRecord)
        {
            if (one.Kind == MetadataKind.Null)
            {
                continue;
            }

            if (!_groups.TryGetValue(one, out Group? group))
            {
                if (onlyExisting)
                {
                    continue;
                }

                _groups.Add(one, group = new Group());
            }

            Add(group, new Member(hit, record.Id.ToArray()));
        }
    }

    /// <summary>The distance beyond which no hit changes the answer; infinite while groups are missing or short.</summary>
    public float FarthestNeeded()
    {
        if (_groups.Count < groups)
        {
            return float.PositiveInfinity;
        }

        float farthest = float.NegativeInfinity;
        foreach ((_, List<Member> members) in Best)
        {
            if (IsShort(members))
            {
                return float.PositiveInfinity;
            }

            farthest = Math.Max(farthest, members[^1].Hit.Distance);
        }

        return farthest;
    }

    private void Add(Group group, Member member)
    {
        List<Member> members = group.Members;
        if ((members.Count == groupSize && Compare(member, members[^1]) >= 0) || !group.Ids.Add(Encoding.UTF8.GetString(member.Id)))
        {
            return;
        }

        int at = members.Count;
        while (at > 0 && Compare(member, members[at - 1]) < 0)
        {
            at--;
        }

        members.Insert(at, member);
        if (members.Count > groupSize)
        {
            group.Ids.Remove(Encoding.UTF8.GetString(members[^1].Id));
            members.RemoveAt(members.Count - 1);
        }
    }

    private static int Compare(in Member left, in Member right)
    {
        int byDistance = left.Hit.Distance.CompareTo(right.Hit.Distance);
        return byDistance != 0 ? byDistance : left.Id.AsSpan().SequenceCompareTo(right.Id);
    }

    // Two groups have the same best hit when its record has an array.
    private static int CompareValues(MetadataValue left, MetadataValue right) =>
        left.Kind != right.Kind ? left.Kind.CompareTo(right.Kind) : string.CompareOrdinal(left.ToString(), right.ToString());

    private sealed class Group
    {
        public List<Member> Members { get; } = [];

        public HashSet<string> Ids { get; } = new(StringComparer.Ordinal);
    }
}
