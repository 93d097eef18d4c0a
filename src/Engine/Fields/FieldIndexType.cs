namespace Hypervex;

/// <summary>
/// What the index of a metadata field takes. Values of another kind stay findable: for them the records are read. So a type that does not fit
/// costs time, and never changes an answer (<see cref="Datetime"/> says what is special about dates).
/// </summary>
public enum FieldIndexType
{
    /// <summary>Strings that repeat, such as a language, a category or tags: 2 to 4 bytes a record, and 160 bytes and its text for each different value.</summary>
    Keyword = 0,

    /// <summary>Integers (and floats that equal one): 8 bytes a record.</summary>
    Integer = 1,

    /// <summary>Floats (and integers that equal one): 8 bytes a record.</summary>
    Float = 2,

    /// <summary>true and false: a bit a record for each.</summary>
    Boolean = 3,

    /// <summary>Objects with <c>lat</c> and <c>lon</c> in degrees, for <c>$near</c>: 16 bytes a record.</summary>
    Geo = 4,

    /// <summary>
    /// Dates of RFC 3339, such as <c>2024-05-01T12:00:00+02:00</c> or <c>2024-05-01</c>: 8 bytes a record. A field with this type is declared to hold dates:
    /// filters compare them as instants, to 100 ns, whatever their offsets, from its declaration on and whether or not it has been built.
    /// </summary>
    Datetime = 5,

    /// <summary>
    /// Texts, for <c>$match</c>: 2 to 4 bytes for each different word of a record, and 160 bytes and its letters for each different word of all.
    /// </summary>
    Text = 6,
}

/// <summary>The index of a metadata field as it is now.</summary>
public sealed record FieldIndexState
{
    /// <summary>The field's name; dots lead into nested objects.</summary>
    public required string Field { get; init; }

    /// <summary>What it takes.</summary>
    public required FieldIndexType Type { get; init; }

    /// <summary>Whether filters use it. Until then it is being built in the background.</summary>
    public required bool IsReady { get; init; }

    /// <summary>How much of it has been built, 0 to 1.</summary>
    public required double Progress { get; init; }

    /// <summary>Why it could not be built; null when nothing went wrong. Filters work without it.</summary>
    public required string? Problem { get; init; }

    /// <summary>Records that have the field.</summary>
    public required long Records { get; init; }

    /// <summary>Records with a value of another kind, which filters on the field read.</summary>
    public required long OtherRecords { get; init; }

    /// <summary>Different values; null where they are not told apart.</summary>
    public required long? Values { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required long MemoryBytes { get; init; }
}
