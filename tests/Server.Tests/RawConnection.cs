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
