using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hypervex.Server.Tests;

/// <summary>A bare TCP connection, for requests that an HTTP client would not send.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!;

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var connection = new RawConnection();
        await connection._tcp.ConnectAsync(IPAddress.Loopback, address.Port);
        connection._stream = connection._tcp.GetStream();
        return connection;
    }

    public ValueTask SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public ValueTask SendAsync(byte[] bytes) => _stream.WriteAsync(bytes);

    /// <summary>
    /// Sends the head of a request, with <c>Expect: 100-continue</c> as its last header, and waits until the server asks for the body: from then on the request is
    /// under way there, however busy the machine is.
    /// </summary>
    /// <param name="head">Request line and headers, each with its line end, without the empty line.</param>
    public async Task BeginAsync(string head)
    {
        await SendAsync(head + "Expect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await ReadUntilAsync("\r\n\r\n"));
    }

    /// <summary>Everything up to the first time that what was read ends with the text.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        using var time = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            Assert.Equal(1, await _stream.ReadAsync(one, time.Token));
            text.Append((char)one[0]);
        }

        return text.ToString();
    }

    /// <summary>Waits until the server has given the connection up, without reading what has come.</summary>
    public async Task WaitUntilResetAsync(TimeSpan longest)
    {
        using var time = new CancellationTokenSource(longest);
        while (!_tcp.Client.Poll(TimeSpan.Zero, SelectMode.SelectError))
        {
            await Task.Delay(50, time.Token);
        }
    }

    /// <summary>Everything until the server closes the connection, or until the time is over.</summary>
    public async Task<(string Text, bool Closed)> ReadToEndAsync(TimeSpan longest)
    {
        using var time = new CancellationTokenSource(longest);
        var text = new StringBuilder();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                int read = await _stream.ReadAsync(buffer, time.Token);
                if (read == 0)
                {
                    return (text.ToString(), true);
                }

                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
        }
        catch (OperationCanceledException)
        {
            return (text.ToString(), false);
        }
        catch (IOException)
        {
            return (text.ToString(), true);
        }
    }

    /// <summary>What comes until a text is in it, or until the server closes the connection or the time is over.</summary>
    public async Task<string> ReadUntilAsync(string end, TimeSpan longest)
    {
        using var time = new CancellationTokenSource(longest);
        var text = new StringBuilder();
        byte[] buffer = new byte[16 * 1024];
        while (!text.ToString().Contains(end, StringComparison.Ordinal))
        {
            int read = await _stream.ReadAsync(buffer, time.Token);
            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    public void Dispose() => _tcp.Dispose();
}
