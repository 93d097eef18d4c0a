using System.Runtime.InteropServices;

namespace Hypervex.Storage;

/// <summary>
/// The full-precision rows of one vector field: byte[slotCount, stride] in chunks that never move. On disk a chunk is a file
/// written with pwrite and read through a read-only map, through a copy in native memory, or with pread; without a disk it is native memory alone.
/// Invariants: (1) an address in <see cref="Blocks"/> stays valid until <see cref="Dispose"/>, or until its chunk is given up and removed; (2) a row is written once,
/// before its slot is made known to readers. Thread safety: one writer; readers need no lock.
/// </summary>
internal sealed unsafe class ChunkStore : IDisposable
{
    /// <summary>Capacity of the pointer table; the zero pages behind its end cost no memory.</summary>
    private const int MaxChunks = 65_536;

    /// <summary>File space is taken in steps of this many bytes.</summary>
    private const long SpaceStep = 4 << 20;

    /// <summary>Rows that follow each other are written to a file together, up to so many bytes (one row at least).</summary>
    private const int RunBytes = 256 * 1024;

    /// <summary>Space is given back in whole blocks of the file system.</summary>
    private const long HoleAlignment = 4096;

    private const int ZerosAtOnce = 1 << 20;

    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly ulong _collectionId;
    private readonly uint _partition;
    private readonly uint _field;
    private readonly List<Chunk> _chunks = [];
    private readonly List<Chunk> _givenUp = [];
    private readonly byte[] _erased;
    private readonly byte[] _row;
    private byte[] _run = [];
    private uint _runStart;
    private int _runRows;
    private int _runCapacity;
    private readonly byte** _blocks;
    private IFile?[] _readable = [];
    private bool _disposed;
    private bool _syncFailed;
    private long _highest = -1;

    public ChunkStore(IFileSystem files, string partitionDirectory, ulong collectionId, uint partition, uint field, ChunkLayout layout, RowAccess access = RowAccess.Map)
    {
        _files = files;
        _directory = DatabasePaths.FieldChunks(partitionDirectory, field);
        _collectionId = collectionId;
        _partition = partition;
        _field = field;
        Layout = layout;
        Access = files.CanMap ? access : RowAccess.Memory;
        _row = new byte[Layout.Stride];
        _erased = new byte[Layout.Stride];
        Layout.WriteErasedRow(_erased);
        _blocks = (byte**)NativeMemory.AllocZeroed(MaxChunks, (nuint)sizeof(byte*));
        files.CreateDirectory(_directory);
    }

    private sealed class Chunk
    {
        public required int Number { get; init; }

        public required nint Address { get; init; }

        public IFile? File { get; init; }

        public IMapping? Mapping { get; init; }

        public long Allocated { get; set; }

        /// <summary>1 when something has been written since the last sync.</summary>
        public int Dirty;
    }

    public ChunkLayout Layout { get; }

    /// <summary>Where rows are read from.</summary>
    public RowAccess Access { get; }

    /// <summary>Addresses of the chunks' first rows, by chunk number; a fixed table of which the used part is filled, unless rows are read from files.</summary>
    public byte** Blocks => _blocks;

    /// <summary>Slots that could be used without another chunk.</summary>
    public long Capacity => (long)_chunks.Count << Layout.Shift;

    /// <summary>Bytes of all chunks.</summary>
    public long SizeBytes => _chunks.Count * Layout.RowBytes;

    /// <summary>Bytes of all chunks for which space has been taken.</summary>
    public long TakenBytes
    {
        get
        {
            lock (_chunks)
            {
                return _chunks.Sum(chunk => chunk.Allocated);
            }
        }
    }

    /// <summary>Bytes of native memory that hold rows: none while rows are read from files or through maps.</summary>
    public long MemoryBytes => !InMemory ? 0 : (Volatile.Read(ref _highest) + 1) * Layout.Stride;

    /// <summary>Bytes of memory that one more row takes.</summary>
    public long MemoryBytesPerRow => InMemory ? Layout.Stride : 0;

    private bool InMemory => Access == RowAccess.Memory;

    /// <summary>Opens the chunks that a checkpoint names, in an empty store; what is there beyond them is removed.</summary>
    /// <param name="chunks">Number of chunks.</param>
    /// <param name="slots">Slots whose rows have their space.</param>
    public void OpenExisting(int chunks, uint slots)
    {
        for (int number = 0; number < chunks; number++)
        {
            string path = DatabasePaths.Chunk(_directory, (uint)number);
            if (!_files.FileExists(path))
            {
                throw StorageErrors.Damaged(path, 0, "the chunk is missing.");
            }

            IFile file = _files.Open(path, OpenMode.ReadWrite);
            try
            {
                var header = new byte[ChunkLayout.HeaderSize];
                if (file.Length != Layout.FileLength || file.Read(header, 0) != header.Length || !Layout.HeaderMatches(header, _collectionId, _partition, _field, (uint)number))
                {
                    throw StorageErrors.Damaged(path, 0, "the file is not this field's chunk.");
                }

                long used = Math.Clamp(slots - ((long)number << Layout.Shift), 0, Layout.Rows) * Layout.Stride;
                long end = (ChunkLayout.HeaderSize + used + HoleAlignment - 1) & -HoleAlignment;
                Overwrite(file, ChunkLayout.HeaderSize + used, Math.Min(end, Layout.FileLength));
                bool isFull = end >= Layout.FileLength || !file.TryRelease(end, Layout.FileLength - end); // rows that no checkpoint knows
                Attach(file, isFull ? Layout.FileLength : end);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        foreach (string name in _files.ListFiles(_directory))
        {
            if (!_chunks.Exists(chunk => chunk.File is { } file && Path.GetFileName(file.Path) == name))
            {
                _files.DeleteFile(Path.Combine(_directory, name));
            }
        }
    }

    /// <summary>Makes every row written before the call durable; returns the number of chunks.</summary>
    public int Sync()
    {
        if (_syncFailed)
        {
            // The system may have dropped what it could not write and call the next sync a success.
            throw new HypervexException(ErrorCode.StorageUnavailable, $"An earlier fsync in {_directory} failed; there is no checkpoint until the database is opened again.");
        }

        Chunk[] chunks;
        lock (_chunks)
        {
            chunks = [.. _chunks];
        }

        foreach (Chunk chunk in chunks)
        {
            if (chunk.File is { } file && Interlocked.Exchange(ref chunk.Dirty, 0) != 0)
            {
                try
                {
                    file.Sync();
                }
                catch (HypervexException)
                {
                    _syncFailed = true;
                    throw;
                }
            }
        }

        _files.SyncDirectory(_directory);
        return chunks.Length;
    }

    /// <summary>Takes the space for slots up to (and without) <paramref name="slots"/>, so that writing them cannot fail for lack of it.</summary>
    public void EnsureSpace(long slots)
    {
        while (Capacity < slots)
        {
            AddChunk();
        }

        // Chunks fill up in order: walk back from the one that holds the last slot to the first that has all its space.
        var last = (int)((slots - 1) >> Layout.Shift);
        for (int i = last; i >= 0 && _chunks[i].Allocated < Layout.FileLength; i--)
        {
            long needed = i < last ? Layout.FileLength : ChunkLayout.HeaderSize + Layout.OffsetInChunk((uint)(slots - 1)) + Layout.Stride;
            TakeSpace(_chunks[i], needed);
        }
    }

    /// <summary>The place of a slot's row, to be filled in and then completed by <see cref="Seal"/>. Readers may see it only after <see cref="Flush"/>.</summary>
    /// <param name="slot">The slot. Rows of slots that follow each other are written together.</param>
    /// <param name="rows">How many rows will come until the next <see cref="Flush"/>, this one included.</param>
    /// <returns>byte[<see cref="ChunkLayout.RowLength"/>].</returns>
    public Span<byte> Place(uint slot, int rows)
    {
        if (_runRows > 0 && (slot != _runStart + (uint)_runRows || Layout.IsFirstOfChunk(slot) || _runRows == _runCapacity))
        {
            Flush();
        }

        if (_runRows == 0)
        {
            EnsureSpace(slot + 1L);
            _runStart = slot;
            _runCapacity = Math.Clamp(RunBytes / Layout.Stride, 1, rows);
            if (!InMemory)
            {
                LogGroup.Grow(ref _run, 0, _runCapacity * Layout.Stride);
            }
        }

        return PlaceInRun(_runRows)[..Layout.RowLength];
    }

    /// <summary>Completes the row that was placed last.</summary>
    public void Seal(ulong vectorsSequence) => Layout.SealRow(PlaceInRun(_runRows++), vectorsSequence);

    /// <summary>Writes the rows that were placed.</summary>
    public void Flush()
    {
        if (_runRows == 0)
        {
            return;
        }

        uint last = _runStart + (uint)_runRows - 1;
        Span<byte> rows = InMemory ? new Span<byte>(AddressOf(_runStart), _runRows * Layout.Stride) : _run.AsSpan(0, _runRows * Layout.Stride);
        _runRows = 0;
        try
        {
            EnsureSpace(last + 1L);
            Volatile.Write(ref _highest, Math.Max(_highest, last));
            Chunk chunk = _chunks[(int)(_runStart >> Layout.Shift)];
            if (chunk.File is { } file)
            {
                file.Write(rows, ChunkLayout.HeaderSize + Layout.OffsetInChunk(_runStart));
                Volatile.Write(ref chunk.Dirty, 1);
            }
        }
        finally
        {
            LogGroup.Return(_run);
            _run = [];
        }
    }

    /// <summary>Overwrites the row of a slot so that nothing of it is left and it never checks. Nothing happens when it is erased already, or has no place.</summary>
    public void Erase(uint slot)
    {
        var number = (int)(slot >> Layout.Shift);
        long offset = Layout.OffsetInChunk(slot);
        if (number >= _chunks.Count || ChunkLayout.HeaderSize + offset + Layout.Stride > _chunks[number].Allocated || Row(slot, _row).SequenceEqual(_erased))
        {
            return;
        }

        Chunk chunk = _chunks[number];
        if (InMemory)
        {
            _erased.CopyTo(new Span<byte>(_blocks[number] + offset, Layout.Stride));
        }

        if (chunk.File is null)
        {
            return;
        }

        chunk.File.Write(_erased, ChunkLayout.HeaderSize + offset);
        Volatile.Write(ref chunk.Dirty, 1);
    }

    /// <summary>
    /// Stops using the chunks above so many slots, and gives back the space behind the last slot. The chunks can still be read until
    /// <see cref="RemoveGivenUp"/>. For the one writer.
    /// </summary>
    public void GiveUp(uint slots)
    {
        Volatile.Write(ref _highest, Math.Min(_highest, slots - 1L));
        var kept = (int)((slots + (long)Layout.Rows - 1) >> Layout.Shift);
        if (kept < _chunks.Count)
        {
            lock (_chunks)
            {
                _givenUp.AddRange(_chunks[kept..]);
                _chunks.RemoveRange(kept, _chunks.Count - kept);
            }
        }

        if (kept == 0 || kept > _chunks.Count || _chunks[kept - 1] is not { File: { } file } last)
        {
            return;
        }

        long end = ChunkLayout.HeaderSize + ((slots - ((kept - 1L) << Layout.Shift)) * Layout.Stride);
        long used = Math.Min(last.Allocated, (end + HoleAlignment - 1) & -HoleAlignment);
        Overwrite(file, end, used); // holes begin at whole blocks, and what is before one must not stay
        Volatile.Write(ref last.Dirty, 1);
        if (used < last.Allocated)
        {
            if (file.TryRelease(used, Layout.FileLength - used))
            {
                last.Allocated = used;
            }
            else
            {
                Overwrite(file, used, last.Allocated);
            }
        }
    }

    /// <summary>Removes chunks that were given up: nobody reads them any more, and no checkpoint names them. For the one writer.</summary>
    public void RemoveGivenUp()
    {
        foreach (Chunk chunk in _givenUp)
        {
            Close(chunk);
            if (chunk.File is { } file && chunk.Number >= _chunks.Count) // else its successor has its name
            {
                _files.DeleteFile(file.Path);
            }
        }

        if (_givenUp.Count > 0 && _files.CanMap)
        {
            _files.SyncDirectory(_directory);
        }

        _givenUp.Clear();
    }

    /// <summary>The row of a slot with its trailer.</summary>
    /// <param name="slot">A slot with a row.</param>
    /// <param name="room">At least <see cref="ChunkLayout.Stride"/> bytes, used when rows are read from files.</param>
    public ReadOnlySpan<byte> Row(uint slot, Span<byte> room)
    {
        if (Access != RowAccess.Read)
        {
            return new(_blocks[slot >> Layout.Shift] + Layout.OffsetInChunk(slot), Layout.Stride);
        }

        room = room[..Layout.Stride];
        Read(slot, room);
        return room;
    }

    /// <summary>Reads rows, with their trailers, that follow each other in one chunk from its file.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.StorageUnavailable"/>: the read failed. <see cref="ErrorCode.Damaged"/>: the file ends too early.</exception>
    public void Read(uint slot, Span<byte> rows)
    {
        IFile file = Volatile.Read(ref _readable)[slot >> Layout.Shift]!;
        long offset = ChunkLayout.HeaderSize + Layout.OffsetInChunk(slot);
        int read = file.Read(rows, offset);
        if (read != rows.Length)
        {
            throw StorageErrors.Damaged(
                file.Path, offset, $"the file ends after {read} of the {rows.Length} bytes of the row of slot {slot}. Open the database anew: rows are then written again from the log.");
        }
    }

    /// <summary>The file that holds a slot's row; empty without files.</summary>
    public string PathOf(uint slot) => _files.CanMap ? DatabasePaths.Chunk(_directory, slot >> Layout.Shift) : "";

    /// <summary>Frees memory, maps and handles at once. Nobody may read any more.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _chunks.ForEach(Close);
        _givenUp.ForEach(Close);
        NativeMemory.Free(_blocks);
    }

    private byte* AddressOf(uint slot) => _blocks[slot >> Layout.Shift] + Layout.OffsetInChunk(slot);

    private Span<byte> PlaceInRun(int row) =>
        InMemory ? new Span<byte>(AddressOf(_runStart + (uint)row), Layout.Stride) : _run.AsSpan(row * Layout.Stride, Layout.Stride);

    private static void Overwrite(IFile file, long from, long to)
    {
        var zeros = new byte[Math.Clamp(to - from, 0, ZerosAtOnce)];
        for (; from < to; from += zeros.Length)
        {
            file.Write(zeros.AsSpan(0, (int)Math.Min(zeros.Length, to - from)), from);
        }
    }

    private static void Close(Chunk chunk)
    {
        if (chunk.Mapping is null)
        {
            NativeMemory.AlignedFree((void*)chunk.Address);
        }

        chunk.Mapping?.Dispose();
        chunk.File?.Dispose();
    }

    private void AddChunk()
    {
        int number = _chunks.Count;
        if (number == MaxChunks)
        {
            throw new HypervexException(ErrorCode.CapacityExceeded, $"A field holds at most {Capacity} rows of dimension {Layout.Dimension} in one partition.");
        }

        if (!_files.CanMap)
        {
            void* memory = NativeMemory.AlignedAlloc((nuint)Layout.RowBytes, 64);
            Add(new Chunk { Number = number, Address = (nint)memory, Allocated = Layout.FileLength });
            return;
        }

        string path = DatabasePaths.Chunk(_directory, (uint)number);
        if (_files.FileExists(path))
        {
            _files.DeleteFile(path); // one that was given up
        }

        IFile file = _files.Open(path, OpenMode.CreateNew);
        try
        {
            var header = new byte[ChunkLayout.HeaderSize];
            Layout.WriteHeader(header, _collectionId, _partition, _field, (uint)number, Log.NewNonce());
            file.SetLength(Layout.FileLength);
            file.Allocate(0, ChunkLayout.HeaderSize);
            file.Write(header, 0);
            Attach(file, ChunkLayout.HeaderSize);
        }
        catch
        {
            file.Dispose();
            _files.DeleteFile(path);
            throw;
        }
    }

    private void Attach(IFile file, long allocated)
    {
        IMapping? mapping = Access == RowAccess.Map ? file.Map(Layout.FileLength) : null;
        Add(new Chunk
        {
            Number = _chunks.Count,
            Address = mapping is not null ? (nint)(mapping.Address + ChunkLayout.HeaderSize) : InMemory ? (nint)CopyRows(file, allocated) : 0,
            File = file,
            Mapping = mapping,
            Allocated = allocated,
            Dirty = 1,
        });
    }

    private void Add(Chunk chunk)
    {
        _blocks[chunk.Number] = (byte*)chunk.Address;
        if (Access == RowAccess.Read)
        {
            IFile?[] readable = _readable;
            Array.Resize(ref readable, Math.Max(readable.Length, chunk.Number + 1)); // a new array: readers hold the one before
            readable = ReferenceEquals(readable, _readable) ? [.. readable] : readable;
            readable[chunk.Number] = chunk.File;
            Volatile.Write(ref _readable, readable);
        }

        lock (_chunks)
        {
            _chunks.Add(chunk);
        }
    }

    /// <summary>Reads the rows of a chunk into memory; those of a new one come as they are written.</summary>
    private byte* CopyRows(IFile file, long allocated)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)Layout.RowBytes, 64);
        if (allocated > ChunkLayout.HeaderSize)
        {
            var rows = new Span<byte>(memory, (int)Layout.RowBytes);
            try
            {
                rows[file.Read(rows, ChunkLayout.HeaderSize)..].Clear();
            }
            catch
            {
                NativeMemory.AlignedFree(memory);
                throw;
            }

            _highest = ((_chunks.Count + 1L) << Layout.Shift) - 1;
        }

        return memory;
    }

    private void TakeSpace(Chunk chunk, long needed)
    {
        if (chunk.Allocated >= needed)
        {
            return;
        }

        long target = Math.Min(Layout.FileLength, Math.Max(needed, chunk.Allocated + Math.Min(SpaceStep, chunk.Allocated)));
        chunk.File!.Allocate(chunk.Allocated, target - chunk.Allocated);
        chunk.Allocated = target;
    }
}
