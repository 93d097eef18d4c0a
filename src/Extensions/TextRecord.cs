using System.Text.Json.Nodes;

namespace Hypervex.Extensions;

/// <summary>
/// A text to store.
/// Thread safety: immutable if its metadata are left alone.
/// </summary>
/// <param name="Text">The text, up to 1 MB.</param>
public sealed record TextRecord(string Text)
{
    /// <summary>The id, 1 to 512 bytes of UTF-8; null = a new one is made.</summary>
    public string? Id { get; init; }

    /// <summary>What searches can filter by.</summary>
    public JsonObject? Metadata { get; init; }
}

/// <summary>
/// A text that was found.
/// Thread safety: immutable if its metadata are left alone.
/// </summary>
/// <param name="Id">The record's id.</param>
/// <param name="Text">The text.</param>
/// <param name="Metadata">Its metadata; empty when there are none.</param>
/// <param name="Score">Greater is better.</param>
/// <param name="Distance">The true distance under the collection's metric; smaller is nearer.</param>
public sealed record TextHit(string Id, string Text, JsonObject Metadata, float Score, float Distance);
