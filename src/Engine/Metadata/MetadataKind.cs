namespace Hypervex;

/// <summary>What a <see cref="MetadataValue"/> is.</summary>
public enum MetadataKind
{
    /// <summary>JSON null.</summary>
    Null = 0,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A number written without fraction and exponent: an exact int64.</summary>
    Integer,

    /// <summary>Any other number: a finite float64.</summary>
    Float,

    /// <summary>Well-formed Unicode text.</summary>
    String,

    /// <summary>A list of values.</summary>
    Array,

    /// <summary>Named values.</summary>
    Object,
}
