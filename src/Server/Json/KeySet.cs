using System.Text;
using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// The keys that one kind of JSON object may have, at most 64.
/// Thread safety: immutable.
/// </summary>
internal sealed class KeySet(params string[] keys)
{
    private readonly byte[][] _utf8 = [.. keys.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The key with this index.</summary>
    public string this[int index] => keys[index];

    /// <summary>Index of the key that the reader stands on; -1 when it is not one of the set.</summary>
    public int Find(ref Utf8JsonReader reader)
    {
        for (int i = 0; i < _utf8.Length; i++)
        {
            if (reader.ValueTextEquals(_utf8[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The keys for a message: <c>a, b, c</c>.</summary>
    public override string ToString() => string.Join(", ", keys);
}
