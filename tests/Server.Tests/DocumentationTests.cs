using System.Globalization;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hypervex.Server.Http;
using Hypervex.Wire;

namespace Hypervex.Server.Tests;

/// <summary>What docs/ says of the server is what the server does.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public async Task The_examples_of_the_rest_page_are_true()
    {
        MatchCollection examples = Example().Matches(RepositoryFiles.Read("docs/rest.md"));
        Assert.True(examples.Count >= 25, $"only {examples.Count} examples were found");
        Assert.Equal(CurlBlock().Count(RepositoryFiles.Read("docs/rest.md")), examples.Count);
        await using TestServer server = await TestServer.StartAsync();
        foreach (Match example in examples)
        {
            Answer answer = await RunAsync(server, example.Groups["curl"].Value);
            Assert.True(
                answer.Status == (System.Net.HttpStatusCode)int.Parse(example.Groups["status"].Value, CultureInfo.InvariantCulture),
                $"{example.Groups["curl"].Value}\n{(int)answer.Status} {answer.Body}");
            string expected = example.Groups["answer"].Value;
            if (expected.Length == 0)
            {
                Assert.Equal("", answer.Body);
            }
            else
            {
                AssertMatches(JsonDocument.Parse(expected).RootElement, answer.Json, example.Groups["curl"].Value);
            }
        }
    }

    [Fact]
    public void The_errors_page_lists_every_code_with_its_status()
    {
        Dictionary<string, int> listed = ErrorRow().Matches(RepositoryFiles.Read("docs/errors.md"))
            .ToDictionary(row => row.Groups["code"].Value, row => int.Parse(row.Groups["status"].Value, CultureInfo.InvariantCulture));
        Assert.Equal(ErrorTable.Codes.Order(), listed.Keys.Order());
        Assert.All(listed, row => Assert.Equal(ErrorTable.Of(row.Key).Status, row.Value));
    }

    [Fact]
    public void Every_code_of_the_engine_has_a_meaning_under_its_snake_case_name()
    {
        foreach (ErrorCode code in Enum.GetValues<ErrorCode>())
        {
            string expected = Capital().Replace(code.ToString(), "_$0").TrimStart('_').ToLowerInvariant();
            Assert.Equal(expected, ErrorTable.NameOf(code));
            Assert.InRange(ErrorTable.Of(expected).Status, 400, 507);
        }
    }

    [Fact]
    public void The_wires_constants_are_the_codes_that_the_server_knows() =>
        Assert.Equal(
            ErrorTable.Codes.Order(),
            typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!).Order());

    [Fact]
    public void The_limits_page_has_the_numbers_of_the_code()
    {
        string page = RepositoryFiles.Read("docs/limits.md");
        Dictionary<string, string> listed = LimitRow().Matches(page).ToDictionary(row => row.Groups["name"].Value, row => row.Groups["value"].Value);
        Dictionary<string, string> expected = typeof(Limits).GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(field => field.Name, field => Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)!);
        var server = new ServerLimits();
        foreach (PropertyInfo property in typeof(ServerLimits).GetProperties())
        {
            object value = property.GetValue(server)!;
            expected.Add(property.Name, value is TimeSpan time ? $"{time.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s" : Convert.ToString(value, CultureInfo.InvariantCulture)!);
        }

        Assert.Equal(expected.OrderBy(pair => pair.Key), listed.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void The_alert_rules_ask_for_metrics_that_exist()
    {
        string page = RepositoryFiles.Read("docs/metrics.md");
        string[] asked = [.. MetricName().Matches(RepositoryFiles.Read("deploy/alerts.yaml")).Select(name => Suffix().Replace(name.Value, "")).Distinct()];
        Assert.True(asked.Length >= 8, $"only {asked.Length} metrics are asked for");
        Assert.All(asked, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_operators_table_names_codes_that_exist_and_all_that_are_no_fault_of_the_request()
    {
        string page = RepositoryFiles.Read("docs/operating.md");
        string table = page[page.IndexOf("## When something is wrong", StringComparison.Ordinal)..];
        foreach (string code in ErrorTable.Codes.Where(code => ErrorTable.Of(code).Status is 401 or 403 or 422 or 429 or >= 500 && code != ErrorCodes.ForbiddenHost))
        {
            Assert.Contains($"`{code}`", table, StringComparison.Ordinal);
        }
    }

    private static async Task<Answer> RunAsync(TestServer server, string curl)
    {
        string[] words = [.. Word().Matches(curl.Replace("\\\n", " ", StringComparison.Ordinal)).Select(word => word.Groups[1].Success ? word.Groups[1].Value : word.Value)];
        Assert.Equal("curl", words[0]);
        (string method, string? url, string? body, string contentType) = ("GET", null, null, "application/x-www-form-urlencoded");
        for (int i = 1; i < words.Length; i++)
        {
            switch (words[i])
            {
                case "-X":
                    method = words[++i];
                    break;
                case "-H":
                    contentType = MediaTypeHeaderValue.Parse(words[++i]["Content-Type: ".Length..]).MediaType!;
                    break;
                case "-d" or "--data-binary":
                    body = words[++i];
                    break;
                default:
                    url = words[i];
                    break;
            }
        }

        const string Host = "http://localhost:8080";
        Assert.StartsWith(Host, url, StringComparison.Ordinal);
        return await server.SendAsync(method, url![Host.Length..], body, contentType);
    }

    // A string of one ellipsis stands for any value; an object's members must be the same, in any order.
    private static void AssertMatches(JsonElement expected, JsonElement actual, string where)
    {
        if (expected.ValueKind == JsonValueKind.String && expected.GetString() == "…")
        {
            return;
        }

        Assert.True(expected.ValueKind == actual.ValueKind, $"{where}: expected {expected}, found {actual}");
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(expected.EnumerateObject().Select(member => member.Name).Order(), actual.EnumerateObject().Select(member => member.Name).Order());
                foreach (JsonProperty member in expected.EnumerateObject())
                {
                    AssertMatches(member.Value, actual.GetProperty(member.Name), $"{where} {member.Name}");
                }

                break;
            case JsonValueKind.Array:
                Assert.True(expected.GetArrayLength() == actual.GetArrayLength(), $"{where}: expected {expected}, found {actual}");
                foreach ((JsonElement First, JsonElement Second) pair in expected.EnumerateArray().Zip(actual.EnumerateArray()))
                {
                    AssertMatches(pair.First, pair.Second, where);
                }

                break;
            case JsonValueKind.Number:
                Assert.True(Math.Abs(expected.GetDouble() - actual.GetDouble()) <= 1e-6, $"{where}: expected {expected}, found {actual}");
                break;
            default:
                Assert.True(expected.ToString() == actual.ToString(), $"{where}: expected {expected}, found {actual}");
                break;
        }
    }

    [GeneratedRegex("```sh\n(?<curl>curl .*?)\n```\n```json (?<status>\\d+)\n(?<answer>.*?)\n?```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex("^```sh$", RegexOptions.Multiline)]
    private static partial Regex CurlBlock();

    [GeneratedRegex(@"^\| `(?<code>[a-z_]+)` \| (?<status>\d+) \| [^|]+\|[^|]*\|$", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();

    [GeneratedRegex(@"^\| [^|]+\(`(?<name>\w+)`\) \| (?<value>[^|]+?) \|", RegexOptions.Multiline)]
    private static partial Regex LimitRow();

    [GeneratedRegex("hypervex_[a-z_]+")]
    private static partial Regex MetricName();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex Suffix();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();

    [GeneratedRegex(@"'([^']*)'|[^\s']+")]
    private static partial Regex Word();
}
