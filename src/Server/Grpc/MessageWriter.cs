using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Writes the messages of an answer, each behind its flag and length. Flow control is the pipe's: a flush waits while the client does not read.
/// Thread safety: one caller at a time.
/// </summary>
/// <param name="body">The answer's body.</param>
/// <param name="compress">Whether messages that are worth it are compressed by gzip.</param>
internal sealed class MessageWriter(PipeWriter body, bool compress)
{
    private const int CompressFromBytes = 1_024;

    /// <summary>Whether there has been a message.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>Writes a message; it leaves with the next flush, or at the end of the call.</summary>
    public void Write(IMessage message)
    {
        HasWritten = true;
        int size = message.CalculateSize();
        if (compress && size >= CompressFromBytes && Compress(message, size) is { } compressed)
        {
            WritePrefix(1, (int)compressed.Length);
            body.Write(compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
            return;
        }

        WritePrefix(0, size);
        message.WriteTo(body);
    }

    /// <summary>Sends what was written.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await body.FlushAsync(cancellationToken).ConfigureAwait(false);

    // Null when that would make it longer.
    private static MemoryStream? Compress(IMessage message, int size)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            message.WriteTo(gzip);
        }

        return compressed.Length < size ? compressed : null;
    }

    private void WritePrefix(byte flag, int length)
    {
        Span<byte> prefix = body.GetSpan(MessageReader.PrefixBytes);
        prefix[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        body.Advance(MessageReader.PrefixBytes);
    }
}
