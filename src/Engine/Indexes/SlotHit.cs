namespace Hypervex.Indexes;

/// <summary>A row that a search found, with its true distance. Hits are ordered by distance, equal ones by slot.</summary>
internal readonly record struct SlotHit(uint Slot, float Distance) : IComparable<SlotHit>
{
    /// <inheritdoc/>
    public int CompareTo(SlotHit other)
    {
        int byDistance = Distance.CompareTo(other.Distance);
        return byDistance != 0 ? byDistance : Slot.CompareTo(other.Slot);
    }

    /// <summary>Whether this hit comes before another one.</summary>
    public bool IsBefore(SlotHit other) => Distance < other.Distance || (Distance == other.Distance && Slot < other.Slot);
}
