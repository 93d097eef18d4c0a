using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using Google.Protobuf;
using Hypervex.Server.Http;
using Hypervex.Wire;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Reads the messages of a call: <c>flag (1 byte) | length (4 bytes, big-endian) | message</c>, over and over. Flag 1 = the message is compressed by the call's coding.
/// Thread safety: one caller at a time.
/// </summary>
/// <param name="body">The request's body.</param>
/// <param name="coding">The coding of compressed messages: <c>gzip</c>, or <c>identity</c> when there are none.</param>
/// <param name="budget">Memory for messages.</param>
/// <param name="maxBytes">Greatest message, compressed or not.</param>
internal sealed class MessageReader(Stream body, string coding, BodyBudget budget, int maxBytes)
{
    /// <summary>Bytes before each message.</summary>
    public const int PrefixBytes = 5;

    /// <summary>The coding of messages that are compressed.</summary>
    public const string Gzip = "gzip";

    /// <summary>The coding of messages that are not.</summary>
    public const string Identity = "identity";

    private readonly byte[] _prefix = new byte[PrefixBytes];

    /// <summary>The next message; null at the end.</summary>
    /// <param name="parser">What it is.</param>
    /// <param name="enter">Called between its arrival and its parsing.</param>
    /// <param name="cancellationToken">Ends the waiting for it.</param>
    /// <exception cref="ProtocolException">The bytes are no message.</exception>
    /// <exception cref="RefusedException">The message is too large.</exception>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public async ValueTask<T?> ReadAsync<T>(MessageParser<T> parser, Func<ValueTask> enter, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        using var message = new MessageBuffer(budget);
        if (await ReceiveAsync(message, cancellationToken).ConfigureAwait(false) is not { } isCompressed)
        {
            return null;
        }

        await enter().ConfigureAwait(false);
        return Parse(parser, message, isCompressed);
    }

    /// <summary>The only message of a call that has one.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    /// <exception cref="ProtocolException">There is none, or another one behind it.</exception>
    public async ValueTask<T> ReadOnlyAsync<T>(MessageParser<T> parser, Func<ValueTask> enter, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        using var message = new MessageBuffer(budget);
        bool isCompressed = await ReceiveAsync(message, cancellationToken).ConfigureAwait(false)
            ?? throw new ProtocolException(GrpcStatusCode.Unimplemented, "The call has no message; this method takes exactly one.");
        if (await body.ReadAsync(_prefix.AsMemory(0, 1), cancellationToken).ConfigureAwait(false) != 0)
        {
            throw new ProtocolException(GrpcStatusCode.Unimplemented, "The call has several messages; this method takes exactly one.");
        }

        await enter().ConfigureAwait(false);
        return Parse(parser, message, isCompressed);
    }

    private static ProtocolException CutOff() => new(GrpcStatusCode.Internal, "The call ended in the middle of a message.");

    private static ProtocolException NotGzip() => new(GrpcStatusCode.Internal, "A message is said to be compressed by gzip, and is not.");

    // Whether the message is compressed; null at the end.
    private async ValueTask<bool?> ReceiveAsync(MessageBuffer message, CancellationToken cancellationToken)
    {
        int read = await body.ReadAtLeastAsync(_prefix, PrefixBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            return null;
        }

        if (read < PrefixBytes)
        {
            throw CutOff();
        }

        bool isCompressed = IsCompressed(_prefix[0]);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(1));
        if (length > maxBytes)
        {
            throw TooLarge();
        }

        for (int left = (int)length; left > 0;)
        {
            int count = await body.ReadAsync(message.Room(left), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                throw CutOff();
            }

            message.Advance(count);
            left -= count;
        }

        return isCompressed;
    }

    private T Parse<T>(MessageParser<T> parser, MessageBuffer message, bool isCompressed)
        where T : class, IMessage<T>
    {
        if (!isCompressed)
        {
            return Parse(parser, message.Bytes);
        }

        using var decompressed = new MessageBuffer(budget);
        Decompress(message.Bytes, decompressed);
        return Parse(parser, decompressed.Bytes);
    }

    private static T Parse<T>(MessageParser<T> parser, ArraySegment<byte> bytes)
        where T : class, IMessage<T>
    {
        try
        {
            T message = parser.ParseFrom(bytes.AsSpan());
            return TextCheck.IsUtf8(bytes, message.Descriptor)
                ? message
                : throw new ProtocolException(GrpcStatusCode.Internal, "A text in the message is not UTF-8.");
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or ArgumentException)
        {
            throw new ProtocolException(GrpcStatusCode.Internal, $"The message is no {typeof(T).Name} as the files of proto/ describe it.");
        }
    }

    private RefusedException TooLarge() => new(
        ErrorCodes.BodyTooLarge,
        string.Create(CultureInfo.InvariantCulture, $"A message is larger than {maxBytes} bytes; send several smaller ones."));

    private bool IsCompressed(byte flag) => flag switch
    {
        0 => false,
        1 when coding != Identity => true,
        1 => throw new ProtocolException(GrpcStatusCode.Internal, "A message is marked as compressed, but grpc-encoding names no coding."),
        _ => throw new ProtocolException(GrpcStatusCode.Internal, "The flag before a message is neither 0 nor 1."),
    };

    private void Decompress(ArraySegment<byte> compressed, MessageBuffer message)
    {
        const int LengthBytes = 4;
        try
        {
            using var gzip = new GZipStream(new MemoryStream(compressed.Array!, compressed.Offset, compressed.Count, writable: false), CompressionMode.Decompress);
            while (true)
            {
                // One byte beyond the greatest tells that there are more.
                int count = gzip.Read(message.Room(maxBytes + 1 - message.Bytes.Count).Span);
                if (count == 0)
                {
                    break;
                }

                message.Advance(count);
                if (message.Bytes.Count > maxBytes)
                {
                    throw TooLarge();
                }
            }
        }
        catch (InvalidDataException)
        {
            throw NotGzip();
        }

        // A member of gzip ends with its length (RFC 1952); one that is cut off could pass for a shorter message.
        // Some writers make nothing out of an empty message.
        bool isWhole = compressed.Count == 0
            || (compressed.Count > LengthBytes && BinaryPrimitives.ReadInt32LittleEndian(compressed.AsSpan(compressed.Count - LengthBytes)) == message.Bytes.Count);
        if (!isWhole)
        {
            throw NotGzip();
        }
    }
}
