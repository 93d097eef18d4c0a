using System.Buffers;
using System.Text.Json;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// What a partition remembers of its scrubs, in the file <c>scrub</c> (docs/formats/scrub.md): when the last one finished and what it found, and how far
/// one is that is under way. Derived: without it the next scrub begins at the beginning. Thread safety: none.
/// </summary>
/// <param name="Finished">When the last scrub that finished did so; null = none has.</param>
/// <param name="Last">What that one found.</param>
/// <param name="Position">Where the one under way goes on; null = none is.</param>
/// <param name="Current">What that one has found so far.</param>
internal sealed record ScrubState(DateTimeOffset? Finished, ScrubTally Last, ScrubPosition? Position, ScrubTally Current)
{
    private const string Kind = "scrub";

    /// <summary>Nothing is known.</summary>
    public static ScrubState Unknown => new(null, new ScrubTally(), null, new ScrubTally());

    /// <summary>Reads the file; <see cref="Unknown"/> when there is none that checks.</summary>
    public static ScrubState Load(IFileSystem files, string partition, ulong collectionId)
    {
        try
        {
            if (CheckedFile.Read(files, DatabasePaths.Scrub(partition), Kind, out _) is not { } content)
            {
                return Unknown;
            }

            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            if (root.GetProperty("collection").GetString() != DatabasePaths.Hex(collectionId))
            {
                return Unknown;
            }

            JsonElement finished = root.GetProperty("finished");
            JsonElement position = root.GetProperty("position");
            return new ScrubState(
                finished.ValueKind == JsonValueKind.Null ? null : DateTimeOffset.FromUnixTimeMilliseconds(finished.GetInt64()),
                ReadTally(root.GetProperty("last")),
                position.ValueKind == JsonValueKind.Null ? null : ReadPosition(position),
                ReadTally(root.GetProperty("current")));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or HypervexException)
        {
            return Unknown;
        }
    }

    /// <summary>Replaces the file durably.</summary>
    public void Save(IFileSystem files, string partition, ulong collectionId)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("collection", DatabasePaths.Hex(collectionId));
            if (Finished is { } finished)
            {
                json.WriteNumber("finished", finished.ToUnixTimeMilliseconds());
            }
            else
            {
                json.WriteNull("finished");
            }

            Write(json, "last", Last);
            if (Position is { } position)
            {
                json.WriteStartObject("position");
                json.WriteNumber("part", (int)position.Part);
                json.WriteNumber("next", position.Next);
                json.WriteNumber("field", position.Field);
                json.WriteEndObject();
            }
            else
            {
                json.WriteNull("position");
            }

            Write(json, "current", Current.Copy());
            json.WriteEndObject();
        }

        CheckedFile.Replace(files, DatabasePaths.Scrub(partition), Kind, buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, string name, ScrubTally tally)
    {
        json.WriteStartObject(name);
        json.WriteNumber("bytes", tally.Bytes);
        json.WriteNumber("problems", tally.Problems);
        json.WriteNumber("repaired", tally.Repaired);
        json.WriteStartArray("findings");
        foreach (VerifyFinding finding in tally.Findings)
        {
            json.WriteStartObject();
            json.WriteString("file", finding.File);
            json.WriteString("message", finding.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ScrubTally ReadTally(JsonElement root) => new(
        root.GetProperty("bytes").GetInt64(),
        root.GetProperty("problems").GetInt64(),
        root.GetProperty("repaired").GetInt64(),
        root.GetProperty("findings").EnumerateArray().Select(each => new VerifyFinding(each.GetProperty("file").GetString()!, each.GetProperty("message").GetString()!)));

    private static ScrubPosition ReadPosition(JsonElement root)
    {
        int part = root.GetProperty("part").GetInt32();
        return Enum.IsDefined((ScrubPart)part)
            ? new ScrubPosition((ScrubPart)part, root.GetProperty("next").GetUInt64(), root.GetProperty("field").GetUInt32())
            : throw new FormatException();
    }
}
