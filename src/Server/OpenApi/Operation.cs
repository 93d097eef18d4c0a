using System.Text.Json.Serialization.Metadata;

namespace Hypervex.Server.OpenApi;

/// <summary>
/// What the description of the API says of one route beside what its <see cref="Http.Route"/> knows.
/// Thread safety: immutable.
/// </summary>
/// <param name="Id">The operation's id, unique; on a collection of one's own it ends with <c>In</c>.</param>
/// <param name="Tag">The group that it stands in.</param>
/// <param name="Summary">What it does, one sentence.</param>
internal sealed record Operation(string Id, string Tag, string Summary)
{
    /// <summary>The status of success.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Further statuses of success, with what they mean.</summary>
    public IReadOnlyDictionary<int, string> OtherStatuses { get; init; } = new Dictionary<int, string>();

    /// <summary>The messages that the JSON body may be; none = there is no such body.</summary>
    public IReadOnlyList<JsonTypeInfo> Requests { get; init; } = [];

    /// <summary>Media types of other bodies, with what they are.</summary>
    public IReadOnlyDictionary<string, string> OtherBodies { get; init; } = new Dictionary<string, string>();

    /// <summary>The messages that the answer may be; none = <see cref="AnswerType"/> is no JSON, or there is no body.</summary>
    public IReadOnlyList<JsonTypeInfo> Answers { get; init; } = [];

    /// <summary>The answer's media type; null = no body.</summary>
    public string? AnswerType { get; init; } = "application/json";

    /// <summary>Bodies that work, by name, as JSON text or, for another media type, as they are.</summary>
    public IReadOnlyDictionary<string, string> Examples { get; init; } = new Dictionary<string, string>();

    /// <summary>The media type of the examples.</summary>
    public string ExampleType { get; init; } = "application/json";
}
