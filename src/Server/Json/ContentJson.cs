using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// Hands metadata and filters to the engine's own readers, and puts the path of the object around them into their messages.
/// Thread safety: one caller at a time for each reader.
/// </summary>
internal static class ContentJson
{
    /// <summary>The metadata that the reader stands on; null for null.</summary>
    public static MetadataObject? ReadMetadata(ref StrictJson json)
    {
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        json.ExpectObject();
        try
        {
            return MetadataObject.Read(ref json.Reader);
        }
        catch (HypervexException error)
        {
            throw Locate(ref json, error, "metadata");
        }
    }

    /// <summary>The filter that the reader stands on; null for null.</summary>
    public static Filter? ReadFilter(ref StrictJson json)
    {
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        json.ExpectObject();
        try
        {
            return Filter.Read(ref json.Reader);
        }
        catch (HypervexException error)
        {
            throw Locate(ref json, error, "filter");
        }
    }

    // The engine's paths start with the word for the whole value: "metadata.tags[3]: ..." becomes "$.vectors[7].metadata.tags[3]: ...".
    private static HypervexException Locate(ref StrictJson json, HypervexException error, string root)
    {
        HypervexException located = error.Message.StartsWith(root, StringComparison.Ordinal)
            ? new HypervexException(error.Code, json.Path + error.Message[root.Length..])
            : json.Fail(error.Code, error.Message);
        return json.OrMalformed(located);
    }
}
