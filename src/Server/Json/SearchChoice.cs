using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// The keys of a search that choose among near records: <c>group_by</c> and <c>group_size</c>; <c>positive</c>, <c>negative</c> and <c>strategy</c>; <c>mmr</c>
/// (<c>{"lambda", "candidates"}</c>). At most one of the three ways.
/// Thread safety: immutable.
/// </summary>
internal sealed record SearchChoice
{
    private static readonly KeySet _mmrKeys = new("lambda", "candidates");

    /// <summary>The field whose values make the groups.</summary>
    public string? GroupBy { get; private init; }

    /// <summary>Greatest number of hits of a group.</summary>
    public int? GroupSize { get; private init; }

    /// <summary>Examples of what results shall be like.</summary>
    public IReadOnlyList<Example>? Positive { get; private init; }

    /// <summary>Examples of what they shall be unlike.</summary>
    public IReadOnlyList<Example>? Negative { get; private init; }

    /// <summary>How the examples become a question.</summary>
    public RecommendStrategy? Strategy { get; private init; }

    /// <summary>How results that differ are chosen.</summary>
    public DiversityOptions? Diversity { get; private init; }

    /// <summary>Whether there is anything to choose.</summary>
    public bool IsMade => GroupBy is not null || Positive is not null || Diversity is not null;

    /// <summary>With the value that the reader stands on.</summary>
    public SearchChoice Read(ref StrictJson json, string key) => key switch
    {
        "group_by" => this with { GroupBy = json.ReadString() },
        "group_size" => this with { GroupSize = (int?)json.ReadInteger(1, Limits.MaxK) },
        "positive" => this with { Positive = ReadExamples(ref json) },
        "negative" => this with { Negative = ReadExamples(ref json) },
        "strategy" => this with { Strategy = ReadStrategy(ref json) },
        _ => this with { Diversity = ReadDiversity(ref json) },
    };

    /// <summary>Refuses keys that do not go together.</summary>
    public void Check(ref StrictJson json, bool isQuery)
    {
        if (Positive is null ? Negative is not null || Strategy is not null : Positive.Count == 0)
        {
            throw json.Fail(ErrorCode.InvalidArgument, "\"negative\" and \"strategy\" go with \"positive\", which holds at least one example.");
        }

        if (GroupSize is not null && GroupBy is null)
        {
            throw json.Fail(ErrorCode.InvalidArgument, "\"group_size\" goes with \"group_by\", which names the field.");
        }

        int ways = (GroupBy is null ? 0 : 1) + (Positive is null ? 0 : 1) + (Diversity is null ? 0 : 1);
        if (ways > 1 || (Positive is not null && isQuery))
        {
            throw json.Fail(ErrorCode.InvalidArgument, "\"group_by\", \"positive\" and \"mmr\" exclude each other, and \"positive\" excludes \"query_vector\" and \"vector_id\".");
        }
    }

    private static List<Example>? ReadExamples(ref StrictJson json)
    {
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        json.ExpectArray();
        var examples = new List<Example>();
        for (int index = -1; json.NextItem(ref index);)
        {
            if (index == Limits.MaxExamples)
            {
                throw json.Fail(ErrorCode.LimitOutOfRange, FormattableString.Invariant($"at most {Limits.MaxExamples} examples."));
            }

            // A string is an id here, and never base64.
            examples.Add(json.Reader.TokenType == JsonTokenType.String
                ? Example.Of(json.ReadString()!)
                : Example.Of(VectorJson.Read(ref json) ?? throw json.Unexpected("an id or an array of numbers")));
        }

        return examples;
    }

    private static RecommendStrategy? ReadStrategy(ref StrictJson json) => json.ReadString() switch
    {
        null => null,
        "average_vector" => RecommendStrategy.AverageVector,
        "best_score" => RecommendStrategy.BestScore,
        { } other => throw json.Fail(ErrorCode.InvalidArgument, $"expected \"average_vector\" or \"best_score\", found {JsonPath.Quote(other)}."),
    };

    private static DiversityOptions? ReadDiversity(ref StrictJson json)
    {
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        json.ExpectObject();
        var diversity = new DiversityOptions();
        ulong seen = 0;
        while (json.NextKey(_mmrKeys, ref seen) is { } key)
        {
            diversity = key == "lambda"
                ? diversity with { Lambda = json.ReadSingle() ?? diversity.Lambda }
                : diversity with { Candidates = (int?)json.ReadInteger(1, Limits.MaxDiverseCandidates) };
        }

        return diversity;
    }
}
