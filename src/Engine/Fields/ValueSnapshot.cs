using System.Text;

namespace Hypervex.Fields;

/// <summary>
/// A field index in a checkpoint (docs/formats/checkpoint.md, "Field indexes"): what it is of, what it holds, and which slots were changed while it was
/// written. Thread safety: pure functions; see <see cref="FieldIndexes.Save"/>.
/// </summary>
internal static class ValueSnapshot
{
    private const uint Format = 1;

    /// <summary>The format of a type's values: raised when what <see cref="ValueIndex"/> writes for it, or what that means, changes.</summary>
    public static uint FormatOf(FieldIndexType type) => type switch
    {
        _ => 1,
    };

    /// <summary>Writes an index between the changes.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="index">The index; it holds all live slots.</param>
    /// <param name="changed">The slots that have been changed since before; read after all others.</param>
    public static void Save(ValueWriter writer, BuiltIndex index, ChunkedBits changed)
    {
        byte[] field = Encoding.UTF8.GetBytes(index.Values.Field);
        writer.Write(Format);
        writer.Write((uint)index.Type);
        writer.Write(FormatOf(index.Type));
        writer.Write(index.Values.Bytes);
        writer.Write((uint)field.Length);
        writer.Write(field);
        index.Values.Save(writer);
        writer.WriteBits(changed);
        writer.Flush();
    }

    /// <summary>Reads up to the index itself; says how much memory it will take.</summary>
    /// <exception cref="InvalidDataException">It is of another field, type or format.</exception>
    public static long LoadHeader(ValueReader reader, string field, FieldIndexType type)
    {
        bool isRead = reader.ReadUInt32() == Format & reader.ReadUInt32() == (uint)type & reader.ReadUInt32() == FormatOf(type);
        long memory = reader.ReadInt64();
        byte[] expected = Encoding.UTF8.GetBytes(field);
        if (!isRead || memory < 0 || reader.ReadUInt32() != expected.Length || !reader.Take(expected.Length).SequenceEqual(expected))
        {
            throw new InvalidDataException("The snapshot is not of this field index in a format that this version reads.");
        }

        return memory;
    }

    /// <summary>Reads the index behind its header.</summary>
    /// <param name="reader">Gives it.</param>
    /// <param name="values">An empty index.</param>
    /// <param name="changed">Receives the slots about which the index may be wrong.</param>
    public static void Load(ValueReader reader, ValueIndex values, ChunkedBits changed)
    {
        values.Load(reader);
        reader.ReadBits(changed);
    }
}
