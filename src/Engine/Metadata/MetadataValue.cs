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

/// <summary>One JSON value of a record's metadata; immutable.</summary>
public readonly struct MetadataValue : IEquatable<MetadataValue>
{
    /// <summary>What the value is.</summary>
    public MetadataKind Kind => throw new NotImplementedException();

    /// <summary>The value of a boolean.</summary>
    public bool AsBoolean() => throw new NotImplementedException();

    /// <summary>The value of an integer.</summary>
    public long AsInteger() => throw new NotImplementedException();

    /// <summary>The value of an integer or float as float64.</summary>
    public double AsDouble() => throw new NotImplementedException();

    /// <summary>The value of a string.</summary>
    public string AsString() => throw new NotImplementedException();

    /// <summary>The items of an array.</summary>
    public IReadOnlyList<MetadataValue> AsArray() => throw new NotImplementedException();

    /// <summary>The members of an object.</summary>
    public MetadataObject AsObject() => throw new NotImplementedException();

    /// <summary>A string value.</summary>
    public static implicit operator MetadataValue(string? value) => throw new NotImplementedException();

    /// <summary>An integer value.</summary>
    public static implicit operator MetadataValue(long value) => throw new NotImplementedException();

    /// <summary>A float value; it must be finite.</summary>
    public static implicit operator MetadataValue(double value) => throw new NotImplementedException();

    /// <summary>A boolean value.</summary>
    public static implicit operator MetadataValue(bool value) => throw new NotImplementedException();

    /// <summary>An array of strings.</summary>
    public static implicit operator MetadataValue(string[] values) => throw new NotImplementedException();

    /// <summary>An array of values.</summary>
    public static implicit operator MetadataValue(MetadataValue[] values) => throw new NotImplementedException();

    /// <summary>An object.</summary>
    public static implicit operator MetadataValue(MetadataObject value) => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool Equals(MetadataValue other) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MetadataValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => throw new NotImplementedException();

    /// <summary>Whether both are the same JSON value.</summary>
    public static bool operator ==(MetadataValue left, MetadataValue right) => left.Equals(right);

    /// <summary>Whether they are not the same JSON value.</summary>
    public static bool operator !=(MetadataValue left, MetadataValue right) => !left.Equals(right);
}
