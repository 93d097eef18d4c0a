namespace Hypervex.Storage;

/// <summary>The checksums of a snapshot's blocks (docs/formats/checkpoint.md).</summary>
internal static class SnapshotBlocks
{
    public static uint BlockChecksum(long number, ReadOnlySpan<byte> content)
    {
        uint state = Checksum.Append(Checksum.Start, (ulong)number);
        state = Checksum.Append(state, (ulong)content.Length);
        return Checksum.Finish(Checksum.Append(state, content));
    }

    public static uint EndChecksum(long blocks, long totalBytes) =>
        Checksum.Finish(Checksum.Append(Checksum.Append(Checksum.Start, (ulong)blocks), (ulong)totalBytes));
}
