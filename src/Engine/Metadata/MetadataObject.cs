using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Hypervex;

/// <summary>A record's metadata: a JSON object. Built by an initializer or from JSON.</summary>
/// <example><code>new MetadataObject { ["lang"] = "en", ["year"] = 2020, ["tags"] = new[] { "tree", "oak" } }</code></example>
public sealed class MetadataObject : IReadOnlyDictionary<string, MetadataValue>
{
    /// <summary>Reads or sets a member.</summary>
    public MetadataValue this[string key]
    {
        get => throw new NotImplementedException();
        set => throw new NotImplementedException();
    }

    /// <inheritdoc/>
    public IEnumerable<string> Keys => throw new NotImplementedException();

    /// <inheritdoc/>
    public IEnumerable<MetadataValue> Values => throw new NotImplementedException();

    /// <inheritdoc/>
    public int Count => throw new NotImplementedException();

    /// <summary>Reads a JSON object strictly (no duplicate keys, no lone surrogates, limits of <see cref="Limits"/>).</summary>
    public static MetadataObject Parse(string json) => throw new NotImplementedException();

    /// <summary>Reads a JSON object from UTF-8 strictly.</summary>
    public static MetadataObject Parse(ReadOnlySpan<byte> utf8Json) => throw new NotImplementedException();

    /// <summary>Reads the object that the reader stands on; afterwards it stands on the object's end.</summary>
    public static MetadataObject Read(ref Utf8JsonReader reader) => throw new NotImplementedException();

    /// <summary>Writes the object.</summary>
    public void WriteTo(Utf8JsonWriter writer) => throw new NotImplementedException();

    /// <summary>The object as JSON.</summary>
    public string ToJson() => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool ContainsKey(string key) => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out MetadataValue value) => throw new NotImplementedException();

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, MetadataValue>> GetEnumerator() => throw new NotImplementedException();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
