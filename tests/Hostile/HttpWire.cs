using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Hypervex.Hostile.Tests;

/// <summary>
/// HTTP/1.1 over a bare socket: sends whatever bytes it is given. A request whose frame is right is answered on a connection that is kept; one whose frame may be broken gets a
/// connection of its own. When nothing comes on that for a while, its sending half is closed, so that a server that waits for more learns that there is none.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed partial class HttpWire(Uri server) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Socket? _kept;
    private int _start;
    private int _end;

    // How long a server is waited for that may itself wait for more bytes. No judgement rests on it: an answer that is cut off by it counts as none.
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest time that an answer may take: a server that is silent as long hangs.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Sends a request whose frame is right and reads its answer.</summary>
    public async Task<HttpAnswer> AskAsync(byte[] request)
    {
        using var time = new CancellationTokenSource(Patience);
        for (int attempt = 0; ; attempt++)
        {
            bool isNew = _kept is null;
            try
            {
                _kept ??= await ConnectAsync(time.Token);
                await SendAsync(_kept, request, time.Token);
                return await ReadAsync(_kept, time.Token);
            }
            catch (Exception error) when (error is SocketException or EndOfStreamException && !isNew && attempt == 0)
            {
                Forget(); // the server had closed a connection that nothing was asked on
            }
        }
    }

    /// <summary>Sends bytes on a connection of their own and reads all that comes.</summary>
    /// <returns>The statuses of all answers, and what came.</returns>
    public async Task<(IReadOnlyList<int> Statuses, string Text)> AskOnceAsync(byte[] bytes)
    {
        using var time = new CancellationTokenSource(Patience);
        using Socket socket = await ConnectAsync(time.Token);
        var text = new StringBuilder();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            await SendAsync(socket, bytes, time.Token);
            bool isEnded = false;
            for (int read = -1; read != 0;)
            {
                Task<int> receiving = socket.ReceiveAsync(buffer, time.Token).AsTask();
                if (!isEnded && !receiving.IsCompleted && await Task.WhenAny(receiving, Task.Delay(_pause, time.Token)) != receiving)
                {
                    socket.Shutdown(SocketShutdown.Send);
                    isEnded = true;
                }

                read = await receiving;
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // The server did not want to read all of it.
        }

        string all = text.ToString();
        return ([.. StatusLine().Matches(all).Select(line => int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture))], all);
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    private static async Task SendAsync(Socket socket, byte[] bytes, CancellationToken cancellationToken)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), cancellationToken);
        }
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port, cancellationToken);
        return socket;
    }

    private void Forget()
    {
        _kept?.Dispose();
        _kept = null;
        _start = _end = 0;
    }

    private async Task<HttpAnswer> ReadAsync(Socket socket, CancellationToken cancellationToken)
    {
        int headEnd;
        while ((headEnd = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            await FillAsync(socket, cancellationToken);
        }

        string head = Encoding.Latin1.GetString(_buffer, _start, headEnd + 4);
        _start += headEnd + 4;
        int status = int.Parse(StatusLine().Match(head).Groups[1].Value, CultureInfo.InvariantCulture);
        byte[] body = [];
        if (ContentLength().Match(head) is { Success: true } length)
        {
            body = await TakeAsync(socket, int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture), cancellationToken);
        }
        else if (head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
        {
            body = await TakeChunksAsync(socket, cancellationToken);
        }

        if (head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase))
        {
            Forget();
        }

        return new HttpAnswer(status, head, body);
    }

    private async Task<byte[]> TakeChunksAsync(Socket socket, CancellationToken cancellationToken)
    {
        var body = new MemoryStream();
        while (true)
        {
            int lineEnd;
            while ((lineEnd = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
            {
                await FillAsync(socket, cancellationToken);
            }

            int length = int.Parse(Encoding.Latin1.GetString(_buffer, _start, lineEnd), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            _start += lineEnd + 2;
            body.Write(await TakeAsync(socket, length, cancellationToken));
            await TakeAsync(socket, 2, cancellationToken);
            if (length == 0)
            {
                return body.ToArray();
            }
        }
    }

    private async Task<byte[]> TakeAsync(Socket socket, int count, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[count];
        for (int taken = 0; taken < count;)
        {
            if (_start == _end)
            {
                await FillAsync(socket, cancellationToken);
            }

            int part = Math.Min(count - taken, _end - _start);
            _buffer.AsSpan(_start, part).CopyTo(bytes.AsSpan(taken));
            _start += part;
            taken += part;
        }

        return bytes;
    }

    private async Task FillAsync(Socket socket, CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        int read = await socket.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read > 0 ? read : throw new EndOfStreamException("the server closed the connection in the middle of an answer");
    }

    [GeneratedRegex(@"HTTP/1\.1 (\d\d\d)")]
    private static partial Regex StatusLine();

    [GeneratedRegex(@"\r\nContent-Length: (\d+)\r\n", RegexOptions.IgnoreCase)]
    private static partial Regex ContentLength();
}
