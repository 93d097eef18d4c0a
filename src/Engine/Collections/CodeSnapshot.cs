using System.Buffers.Binary;
using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>What codes were trained to: all that makes them, together with the rows, and when they are looked at again.</summary>
/// <param name="Generation">Trainings of the field before this one; with the field's seed that of the rotation.</param>
/// <param name="TrainAt">From so many live rows on codes are trained anew.</param>
/// <param name="CheckIn">After so many more changes it is looked whether the rows have moved away.</param>
/// <param name="Mean">float32[dimension], what codes are relative to.</param>
internal sealed record CodeTraining(ulong Generation, long TrainAt, long CheckIn, float[] Mean);

/// <summary>
/// The codes of a field in a checkpoint (docs/formats/checkpoint.md, "Codes"). Saving goes beside searches, links and removals, but not beside a training; no slot may change hands
/// meanwhile, which the checkpoint sees to. Thread safety: none.
/// </summary>
internal static class CodeSnapshot
{
    private const uint Format = 1;
    private const int HeaderBytes = 40;
    private const int BufferBytes = 256 * 1024;

    /// <summary>Writes the training, and the code of each node that is linked.</summary>
    public static void Save(Stream stream, ICodeWalker walker, CodeTraining training, HnswGraph graph)
    {
        var header = new byte[HeaderBytes + (training.Mean.Length * sizeof(float))];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Format);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), walker.Bits);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), training.Mean.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), walker.CodeBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), training.Generation);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), training.TrainAt);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), training.CheckIn);
        for (int i = 0; i < training.Mean.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(header.AsSpan(HeaderBytes + (i * sizeof(float))), training.Mean[i]);
        }

        stream.Write(header);
        var entry = new byte[sizeof(uint) + walker.CodeBytes];
        uint slots = graph.SlotCount;
        for (uint slot = 0; slot < slots; slot++)
        {
            if (graph.State(slot) == NodeState.Linked)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(entry, slot);
                walker.CopyCode(slot, entry.AsSpan(sizeof(uint)));
                stream.Write(entry);
            }
        }

        BinaryPrimitives.WriteUInt32LittleEndian(entry, HnswGraph.None);
        stream.Write(entry, 0, sizeof(uint));
    }

    /// <summary>Reads what <see cref="Save"/> wrote, for a graph that is loaded and that nobody uses yet. A node without a code gets one from its row.</summary>
    /// <param name="stream">The snapshot.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="create">Makes the walker, without codes.</param>
    /// <param name="encode">Writes the code of a row.</param>
    /// <param name="training">What the codes were trained to.</param>
    /// <exception cref="InvalidDataException">The stream does not hold codes of these rows.</exception>
    /// <exception cref="EndOfStreamException">It ends too early.</exception>
    public static ICodeWalker Load(Stream stream, HnswGraph graph, Func<CodeTraining, ICodeWalker?> create, Action<ICodeWalker, uint> encode, out CodeTraining training)
    {
        var buffer = new SnapshotBuffer(stream, BufferBytes);
        ReadOnlySpan<byte> header = buffer.Take(HeaderBytes);
        int bits = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        int dimension = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        int codeBytes = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Format || dimension is < 1 or > Limits.MaxDimension)
        {
            throw new InvalidDataException("The snapshot is not of codes in a format that this version reads.");
        }

        training = new CodeTraining(
            BinaryPrimitives.ReadUInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[32..]),
            new float[dimension]);
        for (int i = 0; i < dimension; i++)
        {
            training.Mean[i] = BitConverter.UInt32BitsToSingle(buffer.TakeUInt32());
        }

        ICodeWalker walker = create(training) ?? throw new InvalidDataException("The snapshot is of rows of another dimension.");
        try
        {
            if (walker.Bits != bits || walker.CodeBytes != codeBytes)
            {
                throw new InvalidDataException($"The snapshot's codes have {bits} bits a component in {codeBytes} bytes, the field's {walker.Bits} in {walker.CodeBytes}.");
            }

            ReadCodes(buffer, graph, walker, encode);
            return walker;
        }
        catch
        {
            walker.Dispose();
            throw;
        }
    }

    private static void ReadCodes(SnapshotBuffer buffer, HnswGraph graph, ICodeWalker walker, Action<ICodeWalker, uint> encode)
    {
        uint slots = graph.SlotCount;
        uint next = 0;
        for (uint slot = buffer.TakeUInt32(); slot != HnswGraph.None; slot = buffer.TakeUInt32())
        {
            if (slot < next)
            {
                throw new InvalidDataException("The snapshot's codes are not in order.");
            }

            ReadOnlySpan<byte> code = buffer.Take(walker.CodeBytes);
            EncodeLinked(next, Math.Min(slot, slots));
            if (slot < slots && graph.State(slot) == NodeState.Linked)
            {
                walker.SetCode(slot, code);
            }

            next = slot + 1;
        }

        EncodeLinked(next, slots);

        void EncodeLinked(uint from, uint to)
        {
            for (uint slot = from; slot < to; slot++)
            {
                if (graph.State(slot) == NodeState.Linked)
                {
                    encode(walker, slot);
                }
            }
        }
    }
}
