using System.Buffers.Text;
using System.Text;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>A connection that speaks HTTP/1.1 and is kept open. Requests are whole: line, headers, body.</summary>
internal sealed class HttpLoadConnection(Uri server) : LoadConnection(server)
{
    private const int StatusAt = 9; // behind "HTTP/1.1 "
    private byte[] _joined = [];

    /// <inheritdoc/>
    public override LoadAnswer Ask(byte[] request)
    {
        Send(request);
        int head;
        while ((head = Present.IndexOf("\r\n\r\n"u8)) < 0)
        {
            Receive();
        }

        ReadOnlySpan<byte> lines = Present[..(head + 2)];
        int status = Utf8Parser.TryParse(lines[StatusAt..], out int number, out _) ? number : 0;
        int length = LengthOf(lines);
        Take(head + 4);
        ReadOnlyMemory<byte> body = length >= 0 ? TakeWhole(length) : status == 204 ? default : TakeChunks();
        return status is >= 200 and < 300
            ? new LoadAnswer(true, false, body, "")
            : new LoadAnswer(false, status == 429, body, $"{status} {Encoding.UTF8.GetString(body.Span)}");
    }

    // -1: it comes in chunks, or there is none.
    private static int LengthOf(ReadOnlySpan<byte> lines)
    {
        ReadOnlySpan<byte> name = "\r\nContent-Length: "u8;
        int at = lines.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(lines[(at + name.Length)..], out int length, out _) ? length : -1;
    }

    private ReadOnlyMemory<byte> TakeWhole(int length)
    {
        Require(length);
        return Take(length);
    }

    private ReadOnlyMemory<byte> TakeChunks()
    {
        int joined = 0;
        while (true)
        {
            int line;
            while ((line = Present.IndexOf("\r\n"u8)) < 0)
            {
                Receive();
            }

            int length = Utf8Parser.TryParse(Present[..line], out int number, out _, 'x') ? number : throw new IOException("The length of a chunk is no number.");
            Take(line + 2);
            Require(length + 2);
            if (_joined.Length < joined + length)
            {
                Array.Resize(ref _joined, Math.Max(64 * 1024, 2 * (joined + length)));
            }

            Take(length + 2)[..length].CopyTo(_joined.AsMemory(joined));
            joined += length;
            if (length == 0)
            {
                return _joined.AsMemory(0, joined);
            }
        }
    }
}
