using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>What a frame's body is.</summary>
internal enum FrameKind : byte
{
    Put = 1,
    Delete = 2,
    Mark = 3,
}

/// <summary>The 32-byte header of a log frame and the arithmetic of frames (docs/formats/log.md).</summary>
internal readonly record struct FrameHeader(int BodyLength, ulong Sequence, ulong DurableMark, uint SchemaVersion, FrameKind Kind, bool Commit)
{
    public const int Size = 32;
    public const int Alignment = 8;

    /// <summary>Greatest body: the largest record (16 vectors of 65,536 floats, document, metadata, id) with room to spare.</summary>
    public const int MaxBody = 16 << 20;

    private const byte CommitFlag = 1;

    /// <summary>Bytes of the frame in the file, padding included.</summary>
    public int FrameLength => LengthOf(BodyLength);

    public static int LengthOf(int bodyLength) => (Size + bodyLength + Alignment - 1) & -Alignment;

    /// <summary>Writes the header of a frame whose body stands behind it already, and zeros the padding.</summary>
    public void Seal(Span<byte> frame, ulong nonce)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, BodyLength);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[16..], DurableMark);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[24..], SchemaVersion);
        frame[28] = (byte)Kind;
        frame[29] = Commit ? CommitFlag : (byte)0;
        frame[30] = frame[31] = 0;
        frame[(Size + BodyLength)..FrameLength].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], ChecksumOf(frame[..(Size + BodyLength)], nonce));
    }

    /// <summary>Reads a header without believing it: false when no frame can look like this.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out FrameHeader header)
    {
        header = default;
        if (source.Length < Size)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(source);
        var kind = (FrameKind)source[28];
        if (length is < 0 or > MaxBody || kind is < FrameKind.Put or > FrameKind.Mark || source[29] > CommitFlag || source[30] != 0 || source[31] != 0)
        {
            return false;
        }

        header = new FrameHeader(
            length,
            BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[24..]),
            kind,
            source[29] == CommitFlag);
        return true;
    }

    /// <summary>Whether the frame's stored checksum is that of its bytes.</summary>
    public bool Checks(ReadOnlySpan<byte> frame, ulong nonce, out uint expected, out uint actual)
    {
        expected = BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]);
        actual = ChecksumOf(frame[..(Size + BodyLength)], nonce);
        return expected == actual;
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> headerAndBody, ulong nonce)
    {
        uint state = Checksum.Append(Checksum.Start, nonce);
        state = Checksum.Append(state, headerAndBody[..4]);
        return Checksum.Finish(Checksum.Append(state, headerAndBody[8..]));
    }
}
