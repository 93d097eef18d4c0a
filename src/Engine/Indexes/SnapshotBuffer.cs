using System.Buffers.Binary;

namespace Hypervex.Indexes;

/// <summary>
/// Reads small pieces from a stream through a buffer of its own. A piece stays valid until the next one is taken. Thread safety: none.
/// </summary>
internal sealed class SnapshotBuffer(Stream stream, int bytes)
{
    private readonly byte[] _bytes = new byte[bytes];
    private int _at;
    private int _end;

    /// <summary>The next bytes, at most as many as the buffer has.</summary>
    /// <exception cref="EndOfStreamException">The stream ends before.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (_end - _at < count)
        {
            Refill(count);
        }

        var taken = new ReadOnlySpan<byte>(_bytes, _at, count);
        _at += count;
        return taken;
    }

    /// <summary>The next number.</summary>
    /// <exception cref="EndOfStreamException">The stream ends before.</exception>
    public uint TakeUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    private void Refill(int least)
    {
        int rest = _end - _at;
        _bytes.AsSpan(_at, rest).CopyTo(_bytes);
        _at = 0;
        _end = rest + stream.ReadAtLeast(_bytes.AsSpan(rest), least - rest);
    }
}
