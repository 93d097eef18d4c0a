using System.Globalization;
using System.Text;
using Hypervex.Metadata;

namespace Hypervex;

/// <summary>
/// One JSON value of a record's metadata. Immutable; <c>default</c> is null. An integer and a float are never the same
/// value (1 is not 1.0: both come back as they were written), but filters compare them as numbers.
/// </summary>
public readonly struct MetadataValue : IEquatable<MetadataValue>
{
    // A string, MetadataArray or sealed MetadataObject; null for the other kinds, whose value is in _bits.
    private readonly object? _reference;
    private readonly long _bits;
    private readonly MetadataKind _kind;

    private MetadataValue(MetadataKind kind, long bits, object? reference)
    {
        _kind = kind;
        _bits = bits;
        _reference = reference;
    }

    /// <summary>Takes over an array that has been checked.</summary>
    internal MetadataValue(MetadataArray items)
        : this(MetadataKind.Array, 0, items)
    {
    }

    /// <summary>JSON null.</summary>
    public static MetadataValue Null => default;

    /// <summary>What the value is.</summary>
    public MetadataKind Kind => _kind;

    /// <summary>Levels of nesting: 0 for scalars.</summary>
    internal int Depth => _reference switch
    {
        MetadataArray array => array.Depth,
        MetadataObject members => members.Depth,
        _ => 0,
    };

    /// <summary>Bytes of the canonical encoding, with the tag.</summary>
    internal long EncodedBytes => _reference switch
    {
        string text => 1 + MetadataTag.LengthBytes + Encoding.UTF8.GetByteCount(text),
        MetadataArray array => 1 + MetadataTag.LengthBytes + array.BodyBytes,
        MetadataObject members => 1 + MetadataTag.LengthBytes + members.BodyBytes,
        _ => _kind is MetadataKind.Integer or MetadataKind.Float ? 1 + MetadataTag.NumberBytes : 1,
    };

    /// <summary>A string value; null becomes JSON null.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>: a surrogate without its partner.</exception>
    public static implicit operator MetadataValue(string? value)
    {
        if (value is null)
        {
            return default;
        }

        MetadataLimits.CheckText(value, "A metadata string");
        return new MetadataValue(MetadataKind.String, 0, value);
    }

    /// <summary>An integer value.</summary>
    public static implicit operator MetadataValue(long value) => new(MetadataKind.Integer, value, null);

    /// <summary>A float value; -0.0 becomes 0.0.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>: NaN or infinite.</exception>
    public static implicit operator MetadataValue(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new HypervexException(
                ErrorCode.InvalidMetadata,
                string.Create(CultureInfo.InvariantCulture, $"A metadata number is {value}; JSON has finite numbers only. Leave the member out, or store null."));
        }

        return new MetadataValue(MetadataKind.Float, BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value), null);
    }

    /// <summary>A boolean value.</summary>
    public static implicit operator MetadataValue(bool value) => new(MetadataKind.Boolean, value ? 1 : 0, null);

    /// <summary>An array of strings.</summary>
    public static implicit operator MetadataValue(string[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new MetadataValue(new MetadataArray(Array.ConvertAll(values, value => (MetadataValue)value)));
    }

    /// <summary>An array of values, copied.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>: nested too deeply.</exception>
    public static implicit operator MetadataValue(MetadataValue[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new MetadataValue(new MetadataArray([.. values]));
    }

    /// <summary>An object, copied: later changes to it do not change the value.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>: nested too deeply.</exception>
    public static implicit operator MetadataValue(MetadataObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        MetadataLimits.CheckMember(value.Depth);
        return new MetadataValue(MetadataKind.Object, 0, value.ToReadOnly());
    }

    /// <summary>Whether both are the same JSON value.</summary>
    public static bool operator ==(MetadataValue left, MetadataValue right) => left.Equals(right);

    /// <summary>Whether they are not the same JSON value.</summary>
    public static bool operator !=(MetadataValue left, MetadataValue right) => !left.Equals(right);

    /// <summary>The value of a boolean.</summary>
    /// <exception cref="InvalidOperationException">The value is of another kind.</exception>
    public bool AsBoolean() => _kind == MetadataKind.Boolean ? _bits != 0 : throw WrongKind("a boolean");

    /// <summary>The value of an integer.</summary>
    /// <exception cref="InvalidOperationException">The value is of another kind.</exception>
    public long AsInteger() => _kind == MetadataKind.Integer ? _bits : throw WrongKind("an integer");

    /// <summary>The value of an integer or float as float64; an integer beyond 2^53 is rounded.</summary>
    /// <exception cref="InvalidOperationException">The value is of another kind.</exception>
    public double AsDouble() => _kind switch
    {
        MetadataKind.Float => BitConverter.Int64BitsToDouble(_bits),
        MetadataKind.Integer => _bits,
        _ => throw WrongKind("a number"),
    };

    /// <summary>The value of a string.</summary>
    /// <exception cref="InvalidOperationException">The value is of another kind.</exception>
    public string AsString() => _reference as string ?? throw WrongKind("a string");

    /// <summary>The items of an array.</summary>
    /// <exception cref="InvalidOperationException">The value is of another kind.</exception>
    public IReadOnlyList<MetadataValue> AsArray() => _reference as MetadataArray ?? throw WrongKind("an array");

    /// <summary>The members of an object, which cannot be changed; <c>new MetadataObject(value.AsObject())</c> can.</summary>
    /// <exception cref="InvalidOperationException">The value is of another kind.</exception>
    public MetadataObject AsObject() => _reference as MetadataObject ?? throw WrongKind("an object");

    /// <inheritdoc/>
    public bool Equals(MetadataValue other) =>
        _kind == other._kind && _bits == other._bits && _reference switch
        {
            string text => string.Equals(text, (string)other._reference!, StringComparison.Ordinal),
            MetadataArray array => array.Items.SequenceEqual(((MetadataArray)other._reference!).Items),
            MetadataObject members => members.Equals((MetadataObject)other._reference!),
            _ => true,
        };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MetadataValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add((int)_kind);
        hash.Add(_bits);
        switch (_reference)
        {
            case string text:
                hash.Add(text, StringComparer.Ordinal);
                break;
            case MetadataArray array:
                foreach (MetadataValue item in array.Items)
                {
                    hash.Add(item);
                }

                break;
            case MetadataObject members:
                hash.Add(members);
                break;
        }

        return hash.ToHashCode();
    }

    /// <summary>The value as JSON.</summary>
    public override string ToString() => MetadataJsonWriter.ToJson(this);

    /// <summary>The items of an array without the cost of an interface.</summary>
    internal ReadOnlySpan<MetadataValue> Items => ((MetadataArray)_reference!).Items;

    private InvalidOperationException WrongKind(string wanted) =>
        new($"The metadata value is of kind {_kind}, not {wanted}; look at Kind first.");
}
