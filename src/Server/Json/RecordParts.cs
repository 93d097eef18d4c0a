namespace Hypervex.Server.Json;

/// <summary>Parts of a record that an answer carries beside the id.</summary>
[Flags]
internal enum RecordParts
{
    None = 0,
    Metadata = 1,
    Document = 2,
    Vector = 4,
    Vectors = 8,
    All = Metadata | Document | Vector | Vectors,
}

/// <summary>
/// The names of <c>include</c>.
/// Thread safety: pure functions.
/// </summary>
internal static class RecordPartNames
{
    private const string Known = "known are metadata, document, vector, vectors";

    /// <summary>What the engine has to read for these parts.</summary>
    public static Include ToInclude(this RecordParts parts) =>
        (parts.HasFlag(RecordParts.Metadata) ? Include.Metadata : Include.None)
        | (parts.HasFlag(RecordParts.Document) ? Include.Document : Include.None)
        | ((parts & (RecordParts.Vector | RecordParts.Vectors)) != 0 ? Include.Vectors : Include.None);

    /// <summary>The list of names that the reader stands on; the default for null.</summary>
    public static RecordParts Read(ref StrictJson json, RecordParts defaultParts)
    {
        if (json.Reader.TokenType == System.Text.Json.JsonTokenType.Null)
        {
            return defaultParts;
        }

        json.ExpectArray();
        RecordParts parts = RecordParts.None;
        for (int index = -1; json.NextItem(ref index);)
        {
            string name = json.ReadString() ?? throw json.Unexpected("a string");
            parts |= Parse(name) ?? throw json.Fail(ErrorCode.InvalidArgument, $"{JsonPath.Quote(name)} is no part of a record; {Known}.");
        }

        return parts;
    }

    /// <summary>The names in a query parameter, separated by commas.</summary>
    public static RecordParts Parse(string? list, RecordParts defaultParts)
    {
        if (list is null)
        {
            return defaultParts;
        }

        RecordParts parts = RecordParts.None;
        foreach (string name in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            parts |= Parse(name) ?? throw new HypervexException(ErrorCode.InvalidArgument, $"include: {JsonPath.Quote(name)} is no part of a record; {Known}.");
        }

        return parts;
    }

    private static RecordParts? Parse(string name) => name switch
    {
        "metadata" => RecordParts.Metadata,
        "document" => RecordParts.Document,
        "vector" => RecordParts.Vector,
        "vectors" => RecordParts.Vectors,
        _ => null,
    };
}
