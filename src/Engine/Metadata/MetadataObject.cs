using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Hypervex.Metadata;

namespace Hypervex;

/// <summary>
/// A record's metadata: a JSON object. Built by an initializer or from JSON. Members are enumerated in the order of their
/// keys' UTF-8 bytes, whatever order they were set in. At most 8 levels deep (checked here) and 65,536 bytes in its
/// canonical encoding (checked when it is written or parsed).
/// Thread safety: safe to read from many threads while none changes it.
/// </summary>
/// <example><code>new MetadataObject { ["lang"] = "en", ["year"] = 2020, ["tags"] = new[] { "tree", "oak" } }</code></example>
public sealed class MetadataObject : IReadOnlyDictionary<string, MetadataValue>, IEquatable<MetadataObject>
{
    // Sorted by UnicodeText.CompareAsUtf8, keys unique.
    private readonly List<KeyValuePair<string, MetadataValue>> _members;
    private readonly bool _readOnly;

    /// <summary>Creates an empty object.</summary>
    public MetadataObject() => _members = [];

    /// <summary>Creates a copy that can be changed.</summary>
    public MetadataObject(MetadataObject other)
    {
        ArgumentNullException.ThrowIfNull(other);
        _members = [.. other._members];
    }

    /// <summary>Takes the list over, which must be sorted, without duplicates, and of allowed depth.</summary>
    internal MetadataObject(List<KeyValuePair<string, MetadataValue>> sortedMembers, bool readOnly)
    {
        _members = sortedMembers;
        _readOnly = readOnly;
        if (readOnly)
        {
            (Depth, BodyBytes) = (MeasureDepth(), MeasureBody());
        }
    }

    /// <summary>Reads or sets a member.</summary>
    /// <exception cref="KeyNotFoundException">Reading: there is no such member.</exception>
    /// <exception cref="InvalidOperationException">Setting: the object is part of a value, which is immutable.</exception>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>, setting: nested too deeply, or a key that is not well-formed Unicode.</exception>
    public MetadataValue this[string key]
    {
        get => TryGetValue(key, out MetadataValue value) ? value : throw new KeyNotFoundException($"The metadata has no member \"{key}\".");
        set
        {
            ThrowIfReadOnly();
            int at = Find(key);
            if (at >= 0)
            {
                MetadataLimits.CheckMember(value.Depth);
                _members[at] = new(key, value);
            }
            else
            {
                MetadataLimits.CheckText(key, "A metadata key");
                MetadataLimits.CheckMember(value.Depth);
                _members.Insert(~at, new(key, value));
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _members.Select(member => member.Key);

    /// <inheritdoc/>
    public IEnumerable<MetadataValue> Values => _members.Select(member => member.Value);

    /// <inheritdoc/>
    public int Count => _members.Count;

    /// <summary>Levels of nesting: 1 for an object of scalars.</summary>
    internal int Depth
    {
        get => _readOnly ? field : MeasureDepth();
    }

    /// <summary>Bytes of all members in the canonical encoding.</summary>
    internal long BodyBytes
    {
        get => _readOnly ? field : MeasureBody();
    }

    /// <summary>Reads a JSON object strictly (no duplicate keys, no lone surrogates, limits of <see cref="Limits"/>).</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidJson"/> or <see cref="ErrorCode.InvalidMetadata"/>.</exception>
    public static MetadataObject Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        int at = UnicodeText.IndexOfLoneSurrogate(json);
        return at < 0 ? Parse(Encoding.UTF8.GetBytes(json)) : throw JsonTrail.LoneSurrogate("metadata", at);
    }

    /// <summary>Reads a JSON object from UTF-8 strictly.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidJson"/> or <see cref="ErrorCode.InvalidMetadata"/>.</exception>
    public static MetadataObject Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = new Utf8JsonReader(utf8Json);
        return MetadataJsonReader.ReadDocument(ref reader);
    }

    /// <summary>Reads the object that the reader stands on (or before); afterwards the reader stands on the object's end.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidJson"/> or <see cref="ErrorCode.InvalidMetadata"/>.</exception>
    public static MetadataObject Read(ref Utf8JsonReader reader) => MetadataJsonReader.ReadMetadata(ref reader);

    /// <summary>Writes the object.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        MetadataJsonWriter.Write(writer, this);
    }

    /// <summary>The object as JSON without blanks, in key order; text is escaped only where JSON demands it.</summary>
    public string ToJson() => MetadataJsonWriter.ToJson(this);

    /// <inheritdoc/>
    public bool ContainsKey(string key) => Find(key) >= 0;

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out MetadataValue value)
    {
        int at = Find(key);
        value = at >= 0 ? _members[at].Value : default;
        return at >= 0;
    }

    /// <summary>Removes a member.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidOperationException">The object is part of a value, which is immutable.</exception>
    public bool Remove(string key)
    {
        ThrowIfReadOnly();
        int at = Find(key);
        if (at >= 0)
        {
            _members.RemoveAt(at);
        }

        return at >= 0;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, MetadataValue>> GetEnumerator() => _members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether both have the same members with the same values (and so the same canonical encoding).</summary>
    public bool Equals(MetadataObject? other) =>
        other is not null && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MetadataObject);

    /// <summary>A hash of the present members: do not change the object while it is a key.</summary>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach ((string key, MetadataValue value) in _members)
        {
            hash.Add(key, StringComparer.Ordinal);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <summary>The object as JSON.</summary>
    public override string ToString() => ToJson();

    /// <summary>The members in key order.</summary>
    internal ReadOnlySpan<KeyValuePair<string, MetadataValue>> Members =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_members);

    /// <summary>This object if it can no longer change, else a copy that cannot.</summary>
    internal MetadataObject ToReadOnly() => _readOnly ? this : new MetadataObject([.. _members], readOnly: true);

    private int Find(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        int low = 0;
        int high = _members.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = UnicodeText.CompareAsUtf8(_members[middle].Key, key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    private int MeasureDepth()
    {
        int depth = 0;
        foreach ((_, MetadataValue value) in _members)
        {
            depth = Math.Max(depth, value.Depth);
        }

        return depth + 1;
    }

    private long MeasureBody()
    {
        long bytes = 0;
        foreach ((string key, MetadataValue value) in _members)
        {
            bytes += MetadataTag.LengthBytes + Encoding.UTF8.GetByteCount(key) + value.EncodedBytes;
        }

        return bytes;
    }

    private void ThrowIfReadOnly()
    {
        if (_readOnly)
        {
            throw new InvalidOperationException("This object is part of a metadata value, which is immutable; change a copy: new MetadataObject(other).");
        }
    }
}
