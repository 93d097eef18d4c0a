using System.Globalization;
using System.Text.RegularExpressions;
using Hypervex.Server.Settings;

namespace Hypervex.Server.Tests.Settings;

public sealed partial class ServerSettingsTests : IDisposable
{
    private static readonly Dictionary<string, string> _noFlags = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("hypervex-settings-").FullName;

    private string File => Path.Combine(_folder, "hypervex.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_anything_the_defaults_rule()
    {
        ServerSettings settings = ServerSettings.Resolve(file: null, _ => null, _noFlags);
        Assert.Equal(new ServerLimits(), settings.Options.Limits);
        Assert.Equal(new DefaultCollectionOptions(), settings.Options.DefaultCollection);
        Assert.All(settings.Values, value => Assert.Equal("default", value.Source));
        Assert.Equal("1024", ValueOf(settings, "max_connections").Value);
        Assert.Null(ValueOf(settings, "memory_limit").Value);
    }

    [Fact]
    public void The_environment_wins_over_the_file_and_flags_over_both()
    {
        Write("""{"max_connections": 10, "max_body_bytes": 2000, "scrub_days": 1, "listen": "127.0.0.1:1"}""");
        var variables = new Dictionary<string, string> { ["HYPERVEX_MAX_BODY_BYTES"] = "3000", ["HYPERVEX_SCRUB_DAYS"] = "2", ["HYPERVEX_LISTEN"] = "" };
        ServerSettings settings = ServerSettings.Resolve(File, variables.GetValueOrDefault, new Dictionary<string, string> { ["scrub_days"] = "3" });

        Assert.Equal((10, 3000), (settings.Options.Limits.MaxConnections, settings.Options.Limits.MaxBodyBytes));
        Assert.Equal(TimeSpan.FromDays(3), settings.Options.Database.ScrubInterval);
        Assert.Equal("127.0.0.1:1", settings.Options.Listen);
        Assert.Equal(("10", $"file {File}"), Shown(settings, "max_connections"));
        Assert.Equal(("3000", "environment HYPERVEX_MAX_BODY_BYTES"), Shown(settings, "max_body_bytes"));
        Assert.Equal(("3", "flag --scrub-days"), Shown(settings, "scrub_days"));
        Assert.Equal(("127.0.0.1:1", $"file {File}"), Shown(settings, "listen"));
        Assert.Equal(("33554432", "default"), Shown(settings, "max_line_bytes"));
    }

    [Fact]
    public void A_variable_names_the_file_and_the_flag_for_it_wins()
    {
        Write("""{"max_connections": 10}""");
        Assert.Equal(10, ServerSettings.Resolve(file: null, name => name == "HYPERVEX_CONFIG" ? File : null, _noFlags).Options.Limits.MaxConnections);
        Assert.Equal(10, ServerSettings.Resolve(File, name => name == "HYPERVEX_CONFIG" ? File + ".none" : null, _noFlags).Options.Limits.MaxConnections);
    }

    [Fact]
    public void Every_setting_goes_through_file_environment_and_flag_to_where_it_is_shown()
    {
        foreach (Setting setting in SettingTable.All)
        {
            string value = setting switch
            {
                { Kind: SettingKind.Number } => setting.Range.Least.ToString(CultureInfo.InvariantCulture),
                { Kind: SettingKind.List } => "https://a.example.org",
                { Names.Key: "default_metric" } => "l2",
                { Names.Key: "durability" } => "os",
                { Names.Key: "row_access" } => "read",
                { Names.Key: "otlp_endpoint" } => "http://localhost:4318",
                _ => "/x",
            };
            string json = setting.Kind switch { SettingKind.Number => value, SettingKind.List => $"[\"{value}\"]", _ => $"\"{value}\"" };

            // So that the smallest budget for all bodies is not smaller than one.
            string together = setting.Names.Key == "max_body_bytes_together" ? """, "max_body_bytes": 1024, "max_line_bytes": 1024""" : "";
            Write($$"""{"{{setting.Names.Key}}": {{json}}{{together}}}""");
            Assert.Equal((value, $"file {File}"), Shown(ServerSettings.Resolve(File, _ => null, _noFlags), setting.Names.Key));
            if (together.Length == 0)
            {
                Assert.Equal((value, "environment " + setting.Names.Variable), Shown(ServerSettings.Resolve(null, name => name == setting.Names.Variable ? value : null, _noFlags), setting.Names.Key));
                Assert.Equal((value, "flag " + setting.Names.Flag), Shown(ServerSettings.Resolve(null, _ => null, new Dictionary<string, string> { [setting.Names.Key] = value }), setting.Names.Key));
            }
        }
    }

    [Fact]
    public void Every_limit_of_the_server_can_be_set()
    {
        // A limit that is added to the record and not to the table fails here.
        Assert.Equal(typeof(ServerLimits).GetProperties().Length, LimitSettings.All.Count);
        Assert.Equal(SettingTable.All.Count, SettingTable.All.Select(setting => setting.Names.Key).Distinct().Count());
        Assert.Equal(SettingTable.All.Count, SettingTable.All.Select(setting => setting.Names.Variable).Distinct().Count());
        Assert.Equal(SettingTable.All.Count, SettingTable.All.Select(setting => setting.Names.Flag).Distinct().Count());
    }

    [Fact]
    public void A_number_is_taken_at_both_ends_of_its_range_and_refused_beyond_them()
    {
        foreach (Setting setting in SettingTable.All.Where(setting => setting.Kind == SettingKind.Number))
        {
            (long least, long greatest) = setting.Range;
            foreach (long good in new[] { least, greatest })
            {
                Assert.Equal(good.ToString(CultureInfo.InvariantCulture), setting.Show(setting.Set(new ServerOptions(), good.ToString(CultureInfo.InvariantCulture), "here")));
            }

            foreach (Int128 bad in new[] { (Int128)least - 1, (Int128)greatest + 1 })
            {
                string text = bad.ToString(CultureInfo.InvariantCulture);
                HypervexException error = Assert.Throws<HypervexException>(() => setting.Set(new ServerOptions(), text, "here"));
                Assert.Equal((ErrorCode.InvalidArgument, $"here is \"{text}\"; expected an integer from {least} to {greatest}."), (error.Code, error.Message));
            }
        }
    }

    [Theory]
    [InlineData("""{"max_connection": 10}""", "max_connection\"", "max_connections")]
    [InlineData("""{"max_connections": 10, "max_connections": 10}""", "max_connections", "twice")]
    [InlineData("""{"max_connections": 0}""", "max_connections", "from 1 to 1000000")]
    [InlineData("""{"max_connections": 1.5}""", "max_connections", "from 1 to 1000000")]
    [InlineData("""{"max_connections": 1e3}""", "max_connections", "from 1 to 1000000")]
    [InlineData("""{"max_connections": "10"}""", "max_connections", "from 1 to 1000000")]
    [InlineData("""{"max_connections": null}""", "max_connections", "from 1 to 1000000")]
    [InlineData("""{"listen": 8080}""", "listen", "string")]
    [InlineData("""{"listen": ""}""", "listen", "string")]
    [InlineData("""{"durability": "none"}""", "durability", "fsync, batch, os")]
    [InlineData("""{"default_metric": "euclid"}""", "default_metric", "cosine")]
    [InlineData("""{"allowed_origins": "https://a.example.org"}""", "allowed_origins", "array")]
    [InlineData("""{"allowed_origins": ["a,b"]}""", "allowed_origins", "array")]
    [InlineData("""{"allowed_origins": [1]}""", "allowed_origins", "array")]
    [InlineData("""{"limits": {"max_connections": 10}}""", "limits", "not known")]
    [InlineData("""[]""", "object", "")]
    [InlineData("", "line 1", "")]
    [InlineData("{\n\"max_connections\": 10\n\"listen\": \"x\"}", "line 3", "")]
    [InlineData("""{} {}""", "line 1", "")]
    [InlineData("max_connections: 10", "line 1", "")]
    public void A_file_that_is_not_acceptable_is_refused_by_name_key_and_range(string content, string key, string expected)
    {
        Write(content);

        // Also where the environment would win.
        HypervexException error = Assert.Throws<HypervexException>(() => ServerSettings.Resolve(File, name => name == "HYPERVEX_MAX_CONNECTIONS" ? "5" : null, _noFlags));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(File, error.Message, StringComparison.Ordinal);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_refused()
    {
        foreach (string path in new[] { File, _folder })
        {
            HypervexException error = Assert.Throws<HypervexException>(() => ServerSettings.Resolve(path, _ => null, _noFlags));
            Assert.Equal(ErrorCode.InvalidArgument, error.Code);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }

        System.IO.File.WriteAllBytes(File, [.. "{\"listen\": \""u8, 0xFF, .. "\"}"u8]);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => ServerSettings.Resolve(File, _ => null, _noFlags)).Code);
        Write("{}" + new string(' ', 1 << 20));
        Assert.Contains("longer", Assert.Throws<HypervexException>(() => ServerSettings.Resolve(File, _ => null, _noFlags)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_body_that_could_never_be_read_is_not_allowed()
    {
        Write("""{"max_body_bytes": 134217728}""");
        HypervexException error = Assert.Throws<HypervexException>(() => ServerSettings.Resolve(File, _ => null, _noFlags));
        Assert.Contains("max_body_bytes_together", error.Message, StringComparison.Ordinal);
        Write("""{"max_body_bytes": 134217728, "max_body_bytes_together": 402653184}""");
        Assert.Equal(134_217_728, ServerSettings.Resolve(File, _ => null, _noFlags).Options.Limits.MaxBodyBytes);
    }

    [Fact]
    public void The_limits_page_lists_every_setting_with_its_names_and_range_and_its_example_is_a_file()
    {
        string page = RepositoryFiles.Read("docs/limits.md");
        foreach (Setting setting in SettingTable.All)
        {
            string range = setting switch
            {
                { Kind: SettingKind.Number, Range.Greatest: long.MaxValue } => $"from {setting.Range.Least}",
                { Kind: SettingKind.Number } => $"{setting.Range.Least} to {setting.Range.Greatest}",
                _ => "",
            };
            Assert.Contains($"| `{setting.Names.Key}` | `{setting.Names.Variable}` | `{setting.Names.Flag}` | {range}", page, StringComparison.Ordinal);
        }

        Write(Example().Match(page).Groups["json"].Value);
        Assert.Equal(256, ServerSettings.Resolve(File, _ => null, _noFlags).Options.Limits.MaxConnections);
    }

    private static SettingValue ValueOf(ServerSettings settings, string key) => settings.Values.Single(value => value.Setting.Names.Key == key);

    private static (string? Value, string Source) Shown(ServerSettings settings, string key) => (ValueOf(settings, key).Value, ValueOf(settings, key).Source);

    [GeneratedRegex("```jsonc\n(?<json>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    private void Write(string content) => System.IO.File.WriteAllText(File, content);
}
