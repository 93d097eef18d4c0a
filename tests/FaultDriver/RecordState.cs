namespace Hypervex.FaultDriver;

/// <summary>
/// All that distinguishes one state of a record from another: the stamp of the operation that wrote it, and that of the last change of its
/// metadata since (0 = none).
/// </summary>
internal readonly record struct RecordState(long Stamp, long Change)
{
    public override string ToString() => $"{Stamp:x}+{Change:x}";
}
