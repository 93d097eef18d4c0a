namespace Hypervex.Storage;

/// <summary>
/// A file in memory: blocks of 64 KB that never move, missing ones read as zeros. Handles share it; disposing one changes
/// nothing. Thread safety: one lock.
/// </summary>
internal sealed class MemoryFile(string path) : IFile
{
    private const int BlockBytes = 64 * 1024;
    private readonly Lock _lock = new();
    private readonly List<byte[]?> _blocks = [];
    private long _length;

    public string Path { get; } = path;

    public long Length
    {
        get
        {
            lock (_lock)
            {
                return _length;
            }
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        lock (_lock)
        {
            int count = (int)Math.Clamp(_length - offset, 0, buffer.Length);
            for (int done = 0; done < count;)
            {
                (int block, int at) = Locate(offset + done);
                int run = Math.Min(count - done, BlockBytes - at);
                if (_blocks[block] is { } bytes)
                {
                    bytes.AsSpan(at, run).CopyTo(buffer[done..]);
                }
                else
                {
                    buffer.Slice(done, run).Clear();
                }

                done += run;
            }

            return count;
        }
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        lock (_lock)
        {
            Extend(Math.Max(_length, offset + buffer.Length));
            for (int done = 0; done < buffer.Length;)
            {
                (int block, int at) = Locate(offset + done);
                int run = Math.Min(buffer.Length - done, BlockBytes - at);
                ReadOnlySpan<byte> part = buffer.Slice(done, run);
                if (_blocks[block] is not null || part.ContainsAnyExcept((byte)0))
                {
                    part.CopyTo((_blocks[block] ??= new byte[BlockBytes]).AsSpan(at));
                }

                done += run;
            }
        }
    }

    public void Sync()
    {
    }

    public void SetLength(long length)
    {
        lock (_lock)
        {
            if (length < _length)
            {
                (int block, int at) = Locate(length);
                if (block < _blocks.Count)
                {
                    _blocks[block]?.AsSpan(at).Clear();
                    int keep = at == 0 ? block : block + 1;
                    _blocks.RemoveRange(keep, _blocks.Count - keep);
                }

                _length = length;
            }
            else
            {
                Extend(length);
            }
        }
    }

    public void Allocate(long offset, long length)
    {
        lock (_lock)
        {
            Extend(Math.Max(_length, offset + length));
        }
    }

    public bool TryRelease(long offset, long length) => false;

    public IMapping Map(long length) => throw new NotSupportedException("Files in memory are not mapped.");

    public void Dispose()
    {
    }

    private static (int Block, int At) Locate(long offset) => ((int)(offset / BlockBytes), (int)(offset % BlockBytes));

    private void Extend(long length)
    {
        _length = length;
        int blocks = (int)((length + BlockBytes - 1) / BlockBytes);
        while (_blocks.Count < blocks)
        {
            _blocks.Add(null);
        }
    }
}
