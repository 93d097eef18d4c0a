using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The opaque text of a position in an ordered listing: the value and the id of the last record that was returned.
/// Layout behind the prefix, base64url: CRC-32C of what follows (4 bytes) · CRC-32C of the field's name (4) · direction (1; 1 = descending) · bytes of the id (2) · id · value
/// (<see cref="OrderedValue.Write"/>). Numbers are little-endian. Thread safety: pure functions.
/// </summary>
internal static class OrderCursor
{
    private const string Prefix = "o1-";

    private const int HeadBytes = 11;

    public static string Encode(string field, bool descending, in OrderedValue value, ReadOnlySpan<byte> id)
    {
        var bytes = new List<byte>(new byte[HeadBytes]);
        bytes.AddRange(id);
        value.Write(bytes);
        byte[] all = [.. bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(all.AsSpan(4), FieldSum(field));
        all[8] = descending ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(all.AsSpan(9), (ushort)id.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(all, Checksum.Of(all.AsSpan(4)));
        return Prefix + Base64Url.EncodeToString(all);
    }

    public static (OrderedValue Value, byte[] Id) Decode(string cursor, string field, bool descending)
    {
        byte[] all = new byte[Base64Url.GetMaxDecodedLength(Math.Max(0, cursor.Length - Prefix.Length))];
        if (!cursor.StartsWith(Prefix, StringComparison.Ordinal)
            || !Base64Url.IsValid(cursor.AsSpan(Prefix.Length))
            || !Base64Url.TryDecodeFromChars(cursor.AsSpan(Prefix.Length), all, out int length)
            || length <= HeadBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(all) != Checksum.Of(all.AsSpan(4, length - 4)))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "The cursor is not one that a listing in order of a field returned.");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(all.AsSpan(4)) != FieldSum(field) || all[8] != (descending ? 1 : 0))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"The cursor belongs to a listing in another order than \"{field}\" {(descending ? "descending" : "ascending")}; go on with the field and direction that it began with.");
        }

        int idBytes = BinaryPrimitives.ReadUInt16LittleEndian(all.AsSpan(9));
        if (idBytes > length - HeadBytes || !OrderedValue.TryRead(all.AsSpan(HeadBytes + idBytes, length - HeadBytes - idBytes), out OrderedValue value))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "The cursor is not one that a listing in order of a field returned.");
        }

        return (value, all.AsSpan(HeadBytes, idBytes).ToArray());
    }

    private static uint FieldSum(string field) => Checksum.Of(Encoding.UTF8.GetBytes(field));
}
