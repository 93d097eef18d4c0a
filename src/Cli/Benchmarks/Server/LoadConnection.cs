using System.Net.Sockets;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>What came for one request.</summary>
/// <param name="IsGood">Whether it succeeded.</param>
/// <param name="IsRefused">Whether the server has too much to do (429, RESOURCE_EXHAUSTED).</param>
/// <param name="Body">The body, valid until the next request.</param>
/// <param name="Failure">What came instead of success, for a message; empty when it succeeded.</param>
internal readonly record struct LoadAnswer(bool IsGood, bool IsRefused, ReadOnlyMemory<byte> Body, string Failure);

/// <summary>
/// One connection over a bare, blocking socket: requests are bytes that were made before the clock started, so that the generator takes as little as it can of the processors that
/// it shares with the server. Without TLS.
/// Thread safety: one caller at a time.
/// </summary>
internal abstract class LoadConnection : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;

    protected LoadConnection(Uri server)
    {
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 120_000, SendTimeout = 120_000 };
        try
        {
            _socket.Connect(server.Host, server.Port);
        }
        catch (SocketException error)
        {
            _socket.Dispose();
            throw CommandException.Create("unreachable", $"{server} could not be reached: {error.SocketErrorCode}. Is the server running (hypervex serve)?", ExitCode.Unreachable);
        }
    }

    /// <summary>Bytes that have come and were not taken.</summary>
    protected ReadOnlySpan<byte> Present => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Sends a request and waits for its answer.</summary>
    public abstract LoadAnswer Ask(byte[] request);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>Sends bytes.</summary>
    protected void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    /// <summary>Waits until so many bytes are present.</summary>
    protected void Require(int count)
    {
        while (_end - _start < count)
        {
            Receive();
        }
    }

    /// <summary>Waits for more bytes than are present. What was taken is valid until then.</summary>
    protected void Receive()
    {
        if (_start > 0)
        {
            Present.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read = _socket.Receive(_buffer.AsSpan(_end));
        _end += read > 0 ? read : throw new IOException("The server closed the connection in the middle of an answer.");
    }

    /// <summary>Takes bytes that are present.</summary>
    protected ReadOnlyMemory<byte> Take(int count)
    {
        ReadOnlyMemory<byte> taken = _buffer.AsMemory(_start, count);
        _start += count;
        return taken;
    }
}
