using System.Buffers.Binary;
using System.Text;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>
/// A connection that speaks as much of HTTP/2 (RFC 9113) as one unary call of gRPC after the other takes. Requests are a block of headers and a message (<see cref="Request"/>). It
/// asks for a header table of size 0, so that the server's trailers come as literals, in which <c>grpc-status</c> is found without a decoder.
/// </summary>
internal sealed class GrpcLoadConnection : LoadConnection
{
    private const int FrameHeader = 9;
    private const int MostData = 16_384;
    private const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;
    private const byte EndStream = 1, EndHeaders = 4, Acknowledge = 1;
    private const int GreatestWindow = int.MaxValue;
    private const int DefaultWindow = 65_535;
    private const int ResourceExhausted = 8;

    private byte[] _message = new byte[64 * 1024];
    private byte[] _sending = [];
    private int _stream = -1;
    private long _connectionWindow = DefaultWindow;
    private long _streamWindow = DefaultWindow;
    private long _initialWindow = DefaultWindow;
    private long _received;

    public GrpcLoadConnection(Uri server)
        : base(server)
    {
        Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        byte[] settings = new byte[FrameHeader + 12 + FrameHeader + 4];
        WriteHeader(settings, 12, Settings, 0, 0);
        WriteSetting(settings.AsSpan(FrameHeader), 1, 0); // SETTINGS_HEADER_TABLE_SIZE
        WriteSetting(settings.AsSpan(FrameHeader + 6), 4, GreatestWindow); // SETTINGS_INITIAL_WINDOW_SIZE
        WriteHeader(settings.AsSpan(FrameHeader + 12), 4, WindowUpdate, 0, 0);
        BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(settings.Length - 4), GreatestWindow - DefaultWindow);
        Send(settings);
    }

    /// <summary>The bytes of a call: <c>length of the headers (4 bytes) | headers | flag and length | message</c>.</summary>
    /// <param name="server">The server.</param>
    /// <param name="path">The method, <c>/package.Service/Method</c>.</param>
    /// <param name="key">A key; null = none.</param>
    /// <param name="message">The message.</param>
    public static byte[] Request(Uri server, string path, string? key, byte[] message)
    {
        using var block = new MemoryStream();
        block.Write([0x83, 0x86]); // :method POST, :scheme http
        WriteLiteral(block, [0x04], path);
        WriteLiteral(block, [0x01], server.Authority);
        WriteLiteral(block, [0x0F, 0x10], "application/grpc");
        WriteNamed(block, "te", "trailers");
        if (key is not null)
        {
            WriteNamed(block, "x-api-key", key);
        }

        byte[] request = new byte[4 + block.Length + 5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(request, (int)block.Length);
        block.ToArray().CopyTo(request, 4);
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(4 + (int)block.Length + 1), message.Length);
        message.CopyTo(request, 4 + (int)block.Length + 5);
        return request;
    }

    /// <inheritdoc/>
    public override LoadAnswer Ask(byte[] request)
    {
        _stream += 2;
        _streamWindow = _initialWindow;
        int headers = BinaryPrimitives.ReadInt32BigEndian(request);
        SendCall(request.AsSpan(4, headers), request.AsSpan(4 + headers));
        int length = 0;
        int status = -1;
        for (bool ended = false; !ended;)
        {
            (byte type, byte flags, int stream, ReadOnlyMemory<byte> content) = ReadFrame();
            if (type == Data)
            {
                GiveBack(content.Length);
            }

            if (stream != _stream)
            {
                continue;
            }

            ended = type is Data or Headers && (flags & EndStream) != 0;
            switch (type)
            {
                case Data:
                    Append(content.Span, ref length);
                    break;
                case Headers or Continuation:
                    status = StatusIn(content.Span) ?? status;
                    break;
                case Reset:
                    return new LoadAnswer(false, false, default, "the server reset the call");
                default:
                    break;
            }
        }

        return status == 0
            ? new LoadAnswer(true, false, length >= 5 ? _message.AsMemory(5, length - 5) : default, "")
            : new LoadAnswer(false, status == ResourceExhausted, default, $"grpc-status {status}");
    }

    // The value of the literal "grpc-status", one or two digits.
    private static int? StatusIn(ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> name = "grpc-status"u8;
        int at = block.IndexOf(name);
        if (at < 0 || at + name.Length + 1 >= block.Length)
        {
            return null;
        }

        int digits = block[at + name.Length];
        return int.TryParse(block.Slice(at + name.Length + 1, Math.Min(digits, 2)), System.Globalization.CultureInfo.InvariantCulture, out int status) ? status : null;
    }

    private static void WriteHeader(Span<byte> frame, int length, byte type, byte flags, int stream)
    {
        frame[0] = (byte)(length >> 16);
        frame[1] = (byte)(length >> 8);
        frame[2] = (byte)length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame[5..], stream);
    }

    private static void WriteSetting(Span<byte> setting, short id, int value)
    {
        BinaryPrimitives.WriteInt16BigEndian(setting, id);
        BinaryPrimitives.WriteInt32BigEndian(setting[2..], value);
    }

    // A literal without indexing whose name stands in the static table (RFC 7541, section 6.2.2).
    private static void WriteLiteral(MemoryStream block, ReadOnlySpan<byte> name, string value)
    {
        block.Write(name);
        WriteText(block, value);
    }

    private static void WriteNamed(MemoryStream block, string name, string value)
    {
        block.WriteByte(0);
        WriteText(block, name);
        WriteText(block, value);
    }

    // Not Huffman-coded; lengths of 127 and more take the prefix of 7 bits and a second byte.
    private static void WriteText(MemoryStream block, string text)
    {
        const int Prefix = 127;
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        block.WriteByte((byte)Math.Min(bytes.Length, Prefix));
        for (int rest = bytes.Length - Prefix; rest >= 0; rest = rest >= 128 ? rest >> 7 : -1)
        {
            block.WriteByte((byte)(rest >= 128 ? (rest & 127) | 128 : rest));
        }

        block.Write(bytes);
    }

    private void SendCall(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
    {
        int first = (int)Math.Min(Math.Min(body.Length, MostData), Math.Min(_connectionWindow, _streamWindow));
        int bytes = FrameHeader + headers.Length + FrameHeader + first;
        if (_sending.Length < bytes)
        {
            _sending = new byte[bytes];
        }

        // Headers and a body that fits travel in one packet.
        WriteHeader(_sending, headers.Length, Headers, EndHeaders, _stream);
        headers.CopyTo(_sending.AsSpan(FrameHeader));
        WriteHeader(_sending.AsSpan(FrameHeader + headers.Length), first, Data, first == body.Length ? EndStream : (byte)0, _stream);
        body[..first].CopyTo(_sending.AsSpan(bytes - first));
        Send(_sending.AsSpan(0, bytes));
        Spend(first);
        Span<byte> frame = stackalloc byte[FrameHeader];
        for (body = body[first..]; !body.IsEmpty;)
        {
            int part = (int)Math.Min(Math.Min(body.Length, MostData), Math.Min(_connectionWindow, _streamWindow));
            if (part <= 0)
            {
                ReadFrame();
                continue;
            }

            WriteHeader(frame, part, Data, part == body.Length ? EndStream : (byte)0, _stream);
            Send(frame);
            Send(body[..part]);
            Spend(part);
            body = body[part..];
        }
    }

    private void Spend(int bytes)
    {
        _connectionWindow -= bytes;
        _streamWindow -= bytes;
    }

    // Reads one frame and obeys what is about the connection.
    private (byte Type, byte Flags, int Stream, ReadOnlyMemory<byte> Content) ReadFrame()
    {
        Require(FrameHeader);
        ReadOnlySpan<byte> header = Present[..FrameHeader];
        int length = (header[0] << 16) | (header[1] << 8) | header[2];
        (byte type, byte flags, int stream) = (header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header[5..]) & int.MaxValue);
        Require(FrameHeader + length);
        ReadOnlyMemory<byte> content = Take(FrameHeader + length)[FrameHeader..];
        switch (type)
        {
            case Settings when (flags & Acknowledge) == 0:
                Obey(content.Span);
                break;
            case Ping when (flags & Acknowledge) == 0:
                byte[] answer = new byte[FrameHeader + 8];
                WriteHeader(answer, 8, Ping, Acknowledge, 0);
                content.Span.CopyTo(answer.AsSpan(FrameHeader));
                Send(answer);
                break;
            case WindowUpdate when stream == 0:
                _connectionWindow += BinaryPrimitives.ReadInt32BigEndian(content.Span);
                break;
            case WindowUpdate when stream == _stream:
                _streamWindow += BinaryPrimitives.ReadInt32BigEndian(content.Span);
                break;
            case GoAway:
                throw new IOException("The server ended the connection (GOAWAY).");
            default:
                break;
        }

        return (type, flags, stream, content);
    }

    private void Obey(ReadOnlySpan<byte> settings)
    {
        for (; settings.Length >= 6; settings = settings[6..])
        {
            if (BinaryPrimitives.ReadInt16BigEndian(settings) == 4)
            {
                long window = BinaryPrimitives.ReadUInt32BigEndian(settings[2..]);
                _streamWindow += window - _initialWindow;
                _initialWindow = window;
            }
        }

        byte[] acknowledgement = new byte[FrameHeader];
        WriteHeader(acknowledgement, 0, Settings, Acknowledge, 0);
        Send(acknowledgement);
    }

    // The connection's window began at its greatest; it is filled again long before it is empty.
    private void GiveBack(int bytes)
    {
        const int Often = 1 << 24;
        _received += bytes;
        if (_received >= Often)
        {
            byte[] update = new byte[FrameHeader + 4];
            WriteHeader(update, 4, WindowUpdate, 0, 0);
            BinaryPrimitives.WriteInt32BigEndian(update.AsSpan(FrameHeader), (int)_received);
            Send(update);
            _received = 0;
        }
    }

    private void Append(ReadOnlySpan<byte> content, ref int length)
    {
        if (_message.Length < length + content.Length)
        {
            Array.Resize(ref _message, 2 * (length + content.Length));
        }

        content.CopyTo(_message.AsSpan(length));
        length += content.Length;
    }
}
