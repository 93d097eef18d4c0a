namespace Hypervex.Server.Json;

/// <summary>
/// Which records get which metadata: <c>{"filter", "metadata", "metadata_mode"}</c>. The filter must be there: nobody changes all records by leaving a key out.
/// Thread safety: immutable.
/// </summary>
/// <param name="Filter">Which records; an empty filter = all.</param>
/// <param name="Metadata">What is merged or replaces.</param>
/// <param name="Mode">Whether it is merged or replaces.</param>
internal sealed record FilteredUpdateJson(Filter Filter, MetadataObject Metadata, MetadataMode Mode)
{
    private static readonly KeySet _keys = new("filter", "metadata", "metadata_mode");

    /// <summary>The request that the reader stands on.</summary>
    public static FilteredUpdateJson Read(ref StrictJson json)
    {
        json.ExpectObject();
        Filter? filter = null;
        MetadataObject? metadata = null;
        MetadataMode mode = MetadataMode.Merge;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "filter":
                    filter = ContentJson.ReadFilter(ref json);
                    break;
                case "metadata":
                    metadata = ContentJson.ReadMetadata(ref json);
                    break;
                default:
                    mode = UpdateJson.ReadMode(ref json);
                    break;
            }
        }

        return new FilteredUpdateJson(filter ?? throw Missing(ref json, "filter"), metadata ?? throw Missing(ref json, "metadata"), mode);
    }

    private static HypervexException Missing(ref StrictJson json, string key) => json.Fail(ErrorCode.InvalidJson, $"the key \"{key}\" is missing.");
}
