namespace Hypervex.Server.Json;

/// <summary>
/// Reads what a PUT changes. A record as GET returned it is accepted too: its timestamps and version are ignored, its id must
/// be the one in the path.
/// Thread safety: one caller at a time for each reader.
/// </summary>
internal static class UpdateJson
{
    private static readonly KeySet _keys = new(
        "vector_id", "vector", "vectors", "metadata", "metadata_mode", "document", "created_at", "updated_at", "version", "expires_at");

    /// <summary>The update that the reader stands on.</summary>
    public static RecordUpdate Read(ref StrictJson json, string id)
    {
        json.ExpectObject();
        var update = new RecordUpdate();
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "vector_id":
                    CheckId(ref json, id);
                    break;
                case "vector":
                    update = update with { Vector = VectorJson.Read(ref json) };
                    break;
                case "vectors":
                    update = update with { Vectors = VectorJson.ReadNamed(ref json) };
                    break;
                case "metadata":
                    update = update with { Metadata = ContentJson.ReadMetadata(ref json) };
                    break;
                case "metadata_mode":
                    update = update with { MetadataMode = ReadMode(ref json) };
                    break;
                case "document":
                    update = update with { Document = json.ReadString() };
                    break;
                case "expires_at":
                    DateTimeOffset? time = RecordJson.ReadExpiry(ref json, out bool never);
                    update = update with { ExpiresAt = time, NeverExpires = never };
                    break;
                default:
                    json.ReadIgnored();
                    break;
            }
        }

        return update;
    }

    private static void CheckId(ref StrictJson json, string id)
    {
        if (json.ReadString() is { } other && other != id)
        {
            throw json.Fail(ErrorCode.InvalidArgument, $"the body's id is {JsonPath.Quote(other)}, the path's is {JsonPath.Quote(id)}; an id cannot be changed.");
        }
    }

    /// <summary>The mode that the reader stands on; merge for null.</summary>
    public static MetadataMode ReadMode(ref StrictJson json) => json.ReadString() switch
    {
        null or "merge" => MetadataMode.Merge,
        "replace" => MetadataMode.Replace,
        { } other => throw json.Fail(ErrorCode.InvalidArgument, $"expected \"merge\" or \"replace\", found {JsonPath.Quote(other)}."),
    };
}
