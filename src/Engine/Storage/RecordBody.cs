using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>The fixed part of a put body (docs/formats/record.md). Times are milliseconds since the Unix epoch, UTC.</summary>
internal record struct RecordFixed(
    ulong Clock,
    ulong Node,
    long CreatedAtMs,
    long UpdatedAtMs,
    long ExpiresAtMs,
    ulong CreatedSequence,
    ulong VectorsSequence)
{
    /// <summary>A time at which no record has expired.</summary>
    public const long BeforeAnyExpiry = 0;

    /// <summary>Whether the record is not there any more at a time.</summary>
    public readonly bool HasExpired(long nowMs) => ExpiresAtMs != 0 && ExpiresAtMs <= nowMs;
}

/// <summary>A vector inside a put body: the elements are little-endian bytes as they stand in the log.</summary>
internal readonly ref struct RecordVector(uint field, int elementType, int dimension, ReadOnlySpan<byte> elements)
{
    public uint Field { get; } = field;

    public int ElementType { get; } = elementType;

    public int Dimension { get; } = dimension;

    public ReadOnlySpan<byte> Elements { get; } = elements;
}

/// <summary>A checked view of a put body: construction by <see cref="TryRead"/> proves that every length lies inside of it.</summary>
internal readonly ref struct RecordBody
{
    public const int FixedSize = 72;
    public const int VectorHeaderSize = 16;
    public const int Float32 = 1;
    public const int Bits = 2;
    private const byte Version = 1;
    private const uint NoDocument = 0xFFFFFFFF;

    private readonly ReadOnlySpan<byte> _vectors;

    private RecordBody(RecordFixed values, ReadOnlySpan<byte> id, ReadOnlySpan<byte> metadata, bool hasDocument, ReadOnlySpan<byte> document, int vectorCount, ReadOnlySpan<byte> vectors)
    {
        Fixed = values;
        Id = id;
        Metadata = metadata;
        HasDocument = hasDocument;
        Document = document;
        VectorCount = vectorCount;
        _vectors = vectors;
    }

    public RecordFixed Fixed { get; }

    public ReadOnlySpan<byte> Id { get; }

    /// <summary>Canonical encoding; empty when there is none.</summary>
    public ReadOnlySpan<byte> Metadata { get; }

    public bool HasDocument { get; }

    public ReadOnlySpan<byte> Document { get; }

    public int VectorCount { get; }

    /// <summary>All vectors as they stand in the body: equal bytes mean equal vectors.</summary>
    public ReadOnlySpan<byte> VectorSection => _vectors;

    public VectorEnumerator Vectors => new(_vectors);

    /// <summary>Bytes of a put body with these parts.</summary>
    public static int SizeOf(int idLength, int metadataLength, int documentLength, int vectorSection) =>
        Align4(FixedSize + idLength + metadataLength + documentLength) + vectorSection;

    public static int SizeOfVector(int elementBytes) => VectorHeaderSize + Align4(elementBytes);

    /// <summary>Writes everything but the vectors; returns where the vector section starts.</summary>
    public static int Write(Span<byte> body, in RecordFixed values, ReadOnlySpan<byte> id, ReadOnlySpan<byte> metadata, bool hasDocument, ReadOnlySpan<byte> document, int vectorCount)
    {
        int at = FixedSize;
        id.CopyTo(body[at..]);
        at += id.Length;
        metadata.CopyTo(body[at..]);
        at += metadata.Length;
        document.CopyTo(body[at..]);
        int vectors = WriteHead(body, id.Length, metadata.Length, hasDocument, document.Length, vectorCount);
        WriteFixed(body, values);
        return vectors;
    }

    /// <summary>Writes what stands before and between id, metadata, document and vectors, the values of the fixed part excepted; returns where the vector section starts.</summary>
    public static int WriteHead(Span<byte> body, int idLength, int metadataLength, bool hasDocument, int documentLength, int vectorCount)
    {
        body[..FixedSize].Clear();
        body[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(body[2..], (ushort)idLength);
        BinaryPrimitives.WriteUInt16LittleEndian(body[4..], (ushort)vectorCount);
        BinaryPrimitives.WriteInt32LittleEndian(body[64..], metadataLength);
        BinaryPrimitives.WriteUInt32LittleEndian(body[68..], hasDocument ? (uint)documentLength : NoDocument);
        int end = FixedSize + idLength + metadataLength + documentLength;
        int vectors = Align4(end);
        body[end..vectors].Clear();
        return vectors;
    }

    /// <summary>The id of a body that was written here.</summary>
    public static ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> body) => body.Slice(FixedSize, BinaryPrimitives.ReadUInt16LittleEndian(body[2..]));

    /// <summary>The vectors sequence of a body that was written here.</summary>
    public static ulong VectorsSequenceOf(ReadOnlySpan<byte> body) => BinaryPrimitives.ReadUInt64LittleEndian(body[56..]);

    /// <summary>The time at which the record of a body that was written here expires; 0 = never.</summary>
    public static long ExpiresAtMsOf(ReadOnlySpan<byte> body) => BinaryPrimitives.ReadInt64LittleEndian(body[40..]);

    /// <summary>Says when the record of a body expires; 0 = never.</summary>
    public static void WriteExpiresAt(Span<byte> body, long expiresAtMs) => BinaryPrimitives.WriteInt64LittleEndian(body[40..], expiresAtMs);

    /// <summary>The fixed part of a body that was written here.</summary>
    public static RecordFixed FixedOf(ReadOnlySpan<byte> body) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(body[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(body[16..]),
        BinaryPrimitives.ReadInt64LittleEndian(body[24..]),
        BinaryPrimitives.ReadInt64LittleEndian(body[32..]),
        BinaryPrimitives.ReadInt64LittleEndian(body[40..]),
        BinaryPrimitives.ReadUInt64LittleEndian(body[48..]),
        BinaryPrimitives.ReadUInt64LittleEndian(body[56..]));

    /// <summary>Fills in what is only known under the writer's lock.</summary>
    public static void WriteFixed(Span<byte> body, in RecordFixed values)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(body[8..], values.Clock);
        BinaryPrimitives.WriteUInt64LittleEndian(body[16..], values.Node);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], values.CreatedAtMs);
        BinaryPrimitives.WriteInt64LittleEndian(body[32..], values.UpdatedAtMs);
        BinaryPrimitives.WriteInt64LittleEndian(body[40..], values.ExpiresAtMs);
        BinaryPrimitives.WriteUInt64LittleEndian(body[48..], values.CreatedSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(body[56..], values.VectorsSequence);
    }

    /// <summary>Writes one vector; returns the bytes it took.</summary>
    public static int WriteVector(Span<byte> target, uint field, int elementType, int dimension, ReadOnlySpan<byte> elements)
    {
        elements.CopyTo(PlaceVector(target, field, elementType, dimension, elements.Length));
        return SizeOfVector(elements.Length);
    }

    /// <summary>Writes what stands before and behind the elements of one vector; returns their place.</summary>
    public static Span<byte> PlaceVector(Span<byte> target, uint field, int elementType, int dimension, int elementBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, field);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], elementType);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], dimension);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], elementBytes);
        target[(VectorHeaderSize + elementBytes)..SizeOfVector(elementBytes)].Clear();
        return target.Slice(VectorHeaderSize, elementBytes);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out RecordBody record)
    {
        record = default;
        if (body.Length < FixedSize || body[0] != Version)
        {
            return false;
        }

        int idLength = BinaryPrimitives.ReadUInt16LittleEndian(body[2..]);
        int vectorCount = BinaryPrimitives.ReadUInt16LittleEndian(body[4..]);
        long metadataLength = BinaryPrimitives.ReadUInt32LittleEndian(body[64..]);
        uint rawDocument = BinaryPrimitives.ReadUInt32LittleEndian(body[68..]);
        long documentLength = rawDocument == NoDocument ? 0 : rawDocument;
        long vectorsAt = (FixedSize + idLength + metadataLength + documentLength + 3) & ~3L;
        if (idLength == 0 || vectorsAt > body.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> vectors = body[(int)vectorsAt..];
        if (!VectorEnumerator.Check(vectors, vectorCount))
        {
            return false;
        }

        RecordFixed values = FixedOf(body);
        int metadataAt = FixedSize + idLength;
        int documentAt = metadataAt + (int)metadataLength;
        record = new RecordBody(
            values,
            body.Slice(FixedSize, idLength),
            body.Slice(metadataAt, (int)metadataLength),
            rawDocument != NoDocument,
            body.Slice(documentAt, (int)documentLength),
            vectorCount,
            vectors);
        return true;
    }

    private static int Align4(int length) => (length + 3) & ~3;

    /// <summary>Walks the vectors of a body that has been checked.</summary>
    public ref struct VectorEnumerator(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public RecordVector Current { get; private set; }

        public readonly VectorEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(_rest[12..]);
            Current = new RecordVector(
                BinaryPrimitives.ReadUInt32LittleEndian(_rest),
                BinaryPrimitives.ReadInt32LittleEndian(_rest[4..]),
                BinaryPrimitives.ReadInt32LittleEndian(_rest[8..]),
                _rest.Slice(VectorHeaderSize, length));
            _rest = _rest[SizeOfVector(length)..];
            return true;
        }

        internal static bool Check(ReadOnlySpan<byte> rest, int count)
        {
            for (; count > 0; count--)
            {
                if (rest.Length < VectorHeaderSize)
                {
                    return false;
                }

                long length = BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]);
                long dimension = BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
                bool sizeFits = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]) switch
                {
                    Float32 => length == dimension * sizeof(float),
                    Bits => length == (dimension + 7) / 8,
                    _ => true,
                };
                if (!sizeFits || length > rest.Length - VectorHeaderSize || SizeOfVector((int)length) > rest.Length)
                {
                    return false;
                }

                rest = rest[SizeOfVector((int)length)..];
            }

            return rest.IsEmpty;
        }
    }
}
