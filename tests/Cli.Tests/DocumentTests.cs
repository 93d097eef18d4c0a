using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hypervex.Cli.Tests.Commands;

namespace Hypervex.Cli.Tests;

/// <summary>docs/cli.md and docs/benchmarks.md say what the program does.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Every_exit_code_is_in_the_table_and_nothing_else()
    {
        string[] codes =
        [
            .. typeof(ExitCode).GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => ((int)field.GetRawConstantValue()!).ToString(CultureInfo.InvariantCulture)),
        ];

        Assert.Equal(codes, ExitCodeRows().Matches(Read("cli.md")).Select(match => match.Groups[1].Value));
    }

    [Fact]
    public void Every_command_is_in_the_table_and_nothing_else()
    {
        string[] commands = [.. CommandLineTests.Verbs().Select(verb => verb.Path)];

        Assert.Equal(commands, CommandRows().Matches(Read("cli.md")).Select(match => match.Groups[1].Value));
    }

    [Theory]
    [InlineData("cli.md")]
    [InlineData("mcp.md")]
    [InlineData("benchmarks.md")]
    [InlineData("operating.md")]
    public void Every_command_line_of_the_document_parses(string document)
    {
        string[] lines = [.. CommandLines().Matches(Read(document).Replace("\\\n", " ", StringComparison.Ordinal)).Select(match => match.Groups[1].Value)];

        Assert.NotEmpty(lines);
        foreach (string line in lines)
        {
            string example = line.Replace(" F ", " f ", StringComparison.Ordinal);
            Assert.Empty(CommandTree.Create().Parse(example.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Errors.Select(error => $"{line}: {error.Message}"));
        }
    }

    [Fact]
    public void Every_configuration_of_the_page_about_agents_starts_a_server_that_parses()
    {
        JsonNode[] configurations = [.. Configurations().Matches(Read("mcp.md")).Select(match => JsonNode.Parse(match.Groups[1].Value)!["mcpServers"]!["hypervex"]!)];

        Assert.Equal(2, configurations.Length);
        Assert.All(configurations, one => Assert.Empty(CommandTree.Create().Parse([.. one["args"]!.AsArray().Select(arg => (string)arg!)]).Errors));
    }

    [Theory]
    [InlineData("cli.md")]
    [InlineData("benchmarks.md")]
    [InlineData("ARCHITECTURE.md")]
    [InlineData("operating.md")]
    [InlineData("rest.md")]
    [InlineData("python.md")]
    [InlineData("mcp.md")]
    [InlineData("grpc.md")]
    [InlineData("typescript.md")]
    [InlineData("decisions/README.md")]
    [InlineData("../README.md")]
    [InlineData("../DEVELOPERS.md")]
    [InlineData("../CONTRIBUTING.md")]
    public void Links_lead_to_files_that_exist(string document)
    {
        string folder = Path.GetDirectoryName(PathOf(document))!;
        string[] broken =
        [
            .. Links().Matches(Read(document)).Select(match => match.Groups[1].Value)
                .Where(link => !link.StartsWith("http", StringComparison.Ordinal))
                .Where(link => !Path.Exists(Path.Combine(folder, link.Split('#')[0]))),
        ];

        Assert.Empty(broken);
    }

    [Fact]
    public void Every_decision_is_in_the_index()
    {
        string[] pages = [.. Directory.EnumerateFiles(PathOf("decisions"), "*.md").Select(page => Path.GetFileName(page)!).Where(page => page != "README.md")];

        Assert.NotEmpty(pages);
        Assert.All(pages, page => Assert.Contains($"({page})", Read("decisions/README.md"), StringComparison.Ordinal));
    }

    [Fact]
    public void Files_that_the_architecture_names_exist()
    {
        string sources = Path.Combine(RepositoryRoot.Path, "src");
        string[] named = [.. SourceFiles().Matches(Read("ARCHITECTURE.md")).Select(match => match.Groups[1].Value).Distinct()];
        string[] existing = [.. Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)!)];

        Assert.NotEmpty(named);
        Assert.Empty(named.Select(file => Path.GetFileName(file)).Except(existing).Except(["FolderRules.cs"]));
    }

    private static string Read(string document) => File.ReadAllText(PathOf(document)).ReplaceLineEndings("\n");

    private static string PathOf(string document) => Path.GetFullPath(Path.Combine(RepositoryRoot.Path, "docs", document));

    [GeneratedRegex(@"^\| (\d+) \|", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ExitCodeRows();

    [GeneratedRegex(@"^\| `hypervex ([^`]+)` \|", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex CommandRows();

    [GeneratedRegex(@"^(?:\./)?hypervex ([^`\n]+)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex CommandLines();

    [GeneratedRegex("^```json mcp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Configurations();

    [GeneratedRegex(@"\]\(([^)\s]+)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Links();

    [GeneratedRegex(@"`([A-Za-z/]+\.cs)`", RegexOptions.CultureInvariant)]
    private static partial Regex SourceFiles();
}
