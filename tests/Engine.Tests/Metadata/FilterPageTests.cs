using System.Runtime.CompilerServices;
using System.Text.Json;
using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Metadata;

/// <summary>Executes every example of docs/filters.md, by both evaluators.</summary>
public sealed class FilterPageTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(RepositoryRoot(), "docs", "filters.md"));

    public static TheoryData<string, string> Matching => Blocks("json filter", "Matches: ");

    public static TheoryData<string, string> MatchingDates => Blocks("json datetime filter", "Matches: ");

    public static TheoryData<string, string> RefusedDates => Blocks("json datetime refused", "");

    public static TheoryData<string, string> Refused => Blocks("json refused", "");

    [Fact]
    public void The_page_has_examples()
    {
        Assert.InRange(Matching.Count, 35, 100);
        Assert.InRange(Refused.Count, 5, 100);
        Assert.InRange(MatchingDates.Count, 4, 100);
        Assert.InRange(RefusedDates.Count, 1, 100);
    }

    [Theory]
    [MemberData(nameof(Matching))]
    public void An_example_matches_what_the_page_says(string json, string expected)
    {
        var filter = Filter.Parse(json);
        Check(filter, expected);
        Assert.Equal(filter, Filter.Parse(filter.ToJson()));
    }

    [Theory]
    [MemberData(nameof(MatchingDates))]
    public void An_example_about_dates_matches_what_the_page_says(string json, string expected)
    {
        var filter = Filter.Parse(json);
        Check(filter.OnDates(IsDate), expected);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Check(filter, expected)); // the declaration makes the difference
    }

    [Theory]
    [MemberData(nameof(RefusedDates))]
    public void An_example_about_dates_is_refused_at_the_path_that_the_page_says(string json, string path)
    {
        HypervexException refusal = Assert.Throws<HypervexException>(() => Filter.Parse(json).OnDates(IsDate));
        Assert.Equal(ErrorCode.InvalidFilter, refusal.Code);
        Assert.StartsWith(path + ": ", refusal.Message, StringComparison.Ordinal);
    }

    private static bool IsDate(string field) => field == "planted";

    private static void Check(Filter filter, string expected)
    {
        MetadataObject records = MetadataObject.Parse(BlockAfter(Array.IndexOf(Lines, "```json records")));
        string[] matching = [.. records.Keys.Where(id => filter.Matches(records[id].AsObject()))];
        string[] matchingBytes = [.. records.Keys.Where(id => filter.Matches(MetadataEncoding.Encode(records[id].AsObject())))];
        string[] wanted = expected == "nothing" ? [] : [.. expected.Split(", ").Select(id => id.Trim('`')).Order(StringComparer.Ordinal)];
        Assert.Equal(wanted, matching.Order(StringComparer.Ordinal));
        Assert.Equal(wanted, matchingBytes.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void An_example_is_refused_at_the_path_that_the_page_says(string json, string path)
    {
        HypervexException refusal = Assert.Throws<HypervexException>(() => Filter.Parse(json));
        bool duplicateKey = refusal.Message.Contains("more than once", StringComparison.Ordinal);
        Assert.Equal(duplicateKey ? ErrorCode.InvalidJson : ErrorCode.InvalidFilter, refusal.Code);
        Assert.StartsWith(path + ": ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_builder_of_the_page_makes_the_JSON_beside_it()
    {
        Filter filter = Filter.Field("year") >= 2020 & Filter.Field("lang") == "en";
        Assert.Equal(Filter.Parse(BlockAfter(Array.IndexOf(Lines, "```json"))), filter);
        Assert.Contains(BlockAfter(Array.IndexOf(Lines, "```csharp")).Trim(), File.ReadAllText(ThisFile()), StringComparison.Ordinal);
    }

    private static TheoryData<string, string> Blocks(string kind, string prefix)
    {
        var found = new TheoryData<string, string>();
        for (int i = 0; i < Lines.Length; i++)
        {
            if (Lines[i] == "```" + kind)
            {
                string answer = Lines[Array.IndexOf(Lines, "```", i) + 1];
                Assert.StartsWith(prefix, answer, StringComparison.Ordinal);
                found.Add(BlockAfter(i), answer[prefix.Length..]);
            }
        }

        return found;
    }

    private static string BlockAfter(int fence) => string.Join('\n', Lines[(fence + 1)..Array.IndexOf(Lines, "```", fence + 1)]);

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private static string RepositoryRoot()
    {
        string? folder = Path.GetDirectoryName(ThisFile());
        while (folder is not null && !File.Exists(Path.Combine(folder, "Hypervex.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests run outside of their repository.");
    }
}
