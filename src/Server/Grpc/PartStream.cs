using Google.Protobuf;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// The parts of an uploaded file as one stream, read in order and once.
/// Thread safety: one caller at a time.
/// </summary>
/// <param name="first">The part that has been read.</param>
/// <param name="rest">The messages behind it; the caller disposes them.</param>
internal sealed class PartStream(ByteString first, IAsyncEnumerator<V1.UploadSnapshotRequest> rest) : Stream
{
    private ReadOnlyMemory<byte> _part = first.Memory;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_part.IsEmpty)
        {
            if (!await rest.MoveNextAsync().ConfigureAwait(false))
            {
                return 0;
            }

            _part = rest.Current.Content.Memory;
        }

        int count = Math.Min(buffer.Length, _part.Length);
        _part[..count].CopyTo(buffer);
        _part = _part[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The parts of an upload are awaited.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
