using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// One bit per slot, in native memory that never moves. Setting and clearing are atomic and come after all writes that
/// went before them, so that who sees a bit also sees what it stands for.
/// </summary>
/// <remarks>Thread safety: all members from any thread; <see cref="Dispose"/> only when no thread uses the bits.</remarks>
internal sealed unsafe class SlotBits : IDisposable
{
    private readonly SlotBlocks _words = new(sizeof(ulong));

    /// <summary>The words; word i holds slots 64·i to 64·i + 63.</summary>
    public BlockView Words => _words.View;

    /// <summary>Whether the bit of an ensured slot is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(uint slot) => (Volatile.Read(ref *(ulong*)_words.View[slot >> 6]) >> (int)(slot & 63) & 1) != 0;

    /// <summary>Makes room for a slot and all below it.</summary>
    public void EnsureSlot(uint slot) => _words.EnsureSlot(slot >> 6);

    /// <summary>Sets the bit of an ensured slot.</summary>
    /// <returns>Whether it was clear.</returns>
    public bool Set(uint slot)
    {
        ulong bit = 1UL << (int)(slot & 63);
        return (Interlocked.Or(ref *(ulong*)_words.View[slot >> 6], bit) & bit) == 0;
    }

    /// <summary>Clears the bit of an ensured slot.</summary>
    /// <returns>Whether it was set.</returns>
    public bool Clear(uint slot)
    {
        ulong bit = 1UL << (int)(slot & 63);
        return (Interlocked.And(ref *(ulong*)_words.View[slot >> 6], ~bit) & bit) != 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _words.Dispose();
}
