using System.CommandLine;
using Hypervex.Cli.Commands;

namespace Hypervex.Cli.Tests.Commands;

public sealed class CommandLineTests
{
    public static TheoryData<string> Paths => [.. Verbs().Select(verb => verb.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Every_command_has_help_with_examples(string path)
    {
        ProgramRun run = await HypervexProcess.RunAsync([.. path.Split(' '), "--help"]);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains($"hypervex {path}", run.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
        Assert.Contains("--json", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_example_is_a_command_line_that_parses()
    {
        foreach ((string path, Verb verb) in Verbs())
        {
            Assert.NotEmpty(verb.Examples);
            foreach (string example in verb.Examples)
            {
                Assert.StartsWith(path, example, StringComparison.Ordinal);
                List<string> words = SplitQuoted(example.Split(" | ")[0]);
                Assert.Empty(CommandTree.Create().Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null }).Errors);
            }
        }
    }

    [Theory]
    [InlineData("get")]
    [InlineData("get 1 2 3")]
    [InlineData("search")]
    [InlineData("search --id 1 --vector 1,2")]
    [InlineData("search --id 1 --k -1")]
    [InlineData("search --id 1 --k 1.5")]
    [InlineData("search --id 1 --k ten")]
    [InlineData("search --id 1 --k 2147483648")]
    [InlineData("search --id 1 --k 10001")]
    [InlineData("search --id 1 --ef 0")]
    [InlineData("search --id 1 --ef 65537")]
    [InlineData("search --id 1 --url ftp://x")]
    [InlineData("search --id 1 --url nonsense")]
    [InlineData("search --id 1 --data x --url http://127.0.0.1:1")]
    [InlineData("create --dimension 0")]
    [InlineData("create --m 1")]
    [InlineData("import")]
    [InlineData("import x --batch-size 10001")]
    [InlineData("import x --durability sometimes")]
    [InlineData("generate --count 1")]
    [InlineData("generate --count 0 --dimension 1 --output x.npy")]
    [InlineData("bench ann --base a --queries b --ef 10,x")]
    [InlineData("bench ann --base a --queries b --ef 0")]
    public void A_wrong_command_line_is_refused(string commandLine) =>
        Assert.NotEmpty(CommandTree.Create().Parse(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Errors);

    [Theory]
    [InlineData("serch")]
    [InlineData("")]
    [InlineData("bench")]
    [InlineData("search --id 1 --k 0")]
    [InlineData("create --metric euclid")]
    public async Task A_refused_command_line_has_exit_code_2_and_is_told_on_stderr(string commandLine)
    {
        ProgramRun run = await HypervexProcess.RunAsync(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Empty(run.Output);
        Assert.NotEmpty(run.Error);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("search --json", 2, "usage")]
    [InlineData("search --id 1 --k 0 --json", 2, "usage")]
    [InlineData("stats --data does-not-exist --json", 3, "database_not_found")]
    [InlineData("import does-not-exist.ndjson --json", 3, "file_not_found")]
    [InlineData("search --vector 1,x --data does-not-exist --json", 2, "invalid_vector")]
    [InlineData("search --vector [] --filter {} --data does-not-exist --json", 3, "database_not_found")]
    [InlineData("search --vector [1] --filter {\"a\":{\"$what\":1}} --json", 2, "invalid_filter")]
    public async Task With_json_a_failure_is_one_object_with_a_stable_code(string commandLine, int exitCode, string code)
    {
        ProgramRun run = await HypervexProcess.RunAsync(commandLine.Split(' '));

        Assert.True(run.ExitCode == exitCode, run.ToString());
        Assert.Equal(code, (string?)run.Json["error"]!["code"]);
        Assert.Equal(exitCode, (int?)run.Json["error"]!["exit_code"]);
        Assert.NotEmpty((string?)run.Json["error"]!["message"] ?? "");
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        ProgramRun run = await HypervexProcess.RunAsync("--version");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", run.Output);
    }

    /// <summary>All verbs with the words that are typed to reach them.</summary>
    internal static IEnumerable<(string Path, Verb Verb)> Verbs() => Below(CommandTree.Create(), "");

    private static IEnumerable<(string Path, Verb Verb)> Below(Command command, string prefix) =>
        command.Subcommands.SelectMany(child => child is Verb verb
            ? [($"{prefix}{child.Name}", verb), .. Below(child, $"{prefix}{child.Name} ")]
            : Below(child, $"{prefix}{child.Name} "));

    private static List<string> SplitQuoted(string line)
    {
        List<string> words = [];
        string[] parts = line.Split('\'');
        for (int i = 0; i < parts.Length; i++)
        {
            if (i % 2 == 1)
            {
                words.Add(parts[i]);
            }
            else
            {
                words.AddRange(parts[i].Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return words;
    }
}
