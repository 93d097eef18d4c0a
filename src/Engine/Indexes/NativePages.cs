using System.Runtime.InteropServices;

namespace Hypervex.Indexes;

/// <summary>
/// Zeroed native memory in large pieces. On Linux it comes from the system page by page as it is touched, aligned to huge
/// pages; elsewhere from the runtime's allocator, and is zeroed at once.
/// </summary>
/// <remarks>Thread safety: all members may be called from any thread.</remarks>
internal static unsafe partial class NativePages
{
    /// <summary>The processor's huge page: one address translation instead of 512.</summary>
    public const nuint HugePageBytes = 2 * 1024 * 1024;

    private const int ReadWrite = 1 | 2;
    private const int PrivateAnonymousNoReserve = 0x02 | 0x20 | 0x4000;
    private const int AdviseHugePages = 14;

    /// <summary>Bytes of one block of a <see cref="SlotBlocks"/>: large where memory is taken only when it is touched.</summary>
    public static nuint BlockBytes => OperatingSystem.IsLinux() ? 16u * 1024 * 1024 : 1024 * 1024;

    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="bytes">Size, above 0.</param>
    /// <returns>Memory aligned to 64 bytes or more, to be given back to <see cref="Free"/> with the same size.</returns>
    /// <exception cref="HypervexException"><see cref="ErrorCode.MemoryLimit"/> when the system has none left.</exception>
    public static byte* Allocate(nuint bytes) => OperatingSystem.IsLinux() ? Map(bytes) : AllocateZeroed(bytes);

    /// <summary>Gives memory back.</summary>
    public static void Free(byte* memory, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Unmap(memory, bytes);
        }
        else
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>Asks for huge pages under the part of the range that consists of whole ones; to be called before it is touched.</summary>
    public static void AdviseHuge(byte* memory, nuint bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        nuint start = ((nuint)memory + HugePageBytes - 1) & ~(HugePageBytes - 1);
        nuint end = ((nuint)memory + bytes) & ~(HugePageBytes - 1);
        if (start < end)
        {
            _ = Advise((byte*)start, end - start, AdviseHugePages);
        }
    }

    // Takes a huge page too much and cuts what lies before and behind the aligned part.
    private static byte* Map(nuint bytes)
    {
        nuint pages = (bytes + 4095) & ~(nuint)4095;
        byte* mapped = Map(null, pages + HugePageBytes, ReadWrite, PrivateAnonymousNoReserve, -1, 0);
        if (mapped == (byte*)-1)
        {
            throw OutOfMemory(bytes);
        }

        byte* aligned = (byte*)(((nuint)mapped + HugePageBytes - 1) & ~(HugePageBytes - 1));
        if (aligned > mapped)
        {
            _ = Unmap(mapped, (nuint)(aligned - mapped));
        }

        nuint behind = (nuint)(mapped + pages + HugePageBytes - (aligned + pages));
        if (behind > 0)
        {
            _ = Unmap(aligned + pages, behind);
        }

        return aligned;
    }

    private static byte* AllocateZeroed(nuint bytes)
    {
        try
        {
            byte* memory = (byte*)NativeMemory.AlignedAlloc(bytes, 64);
            NativeMemory.Clear(memory, bytes);
            return memory;
        }
        catch (OutOfMemoryException)
        {
            throw OutOfMemory(bytes);
        }
    }

    private static HypervexException OutOfMemory(nuint bytes) => new(
        ErrorCode.MemoryLimit,
        $"The index needs {bytes} more bytes of memory and the system has none left. Free memory, or keep fewer records.");

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* address, nuint length, int advice);
}
