using System.CommandLine;
using Hypervex.Cli.Targets;
using Hypervex.Client;

namespace Hypervex.Cli.Input;

/// <summary>Where a command finds its database: <c>--data PATH</c> or <c>--url URL</c>.</summary>
internal sealed class TargetOptions
{
    /// <summary>The data directory when nothing names one.</summary>
    internal const string DefaultDataPath = ".hypervector";

    private readonly Option<string?> _data = CreateData();

    private readonly Option<Uri?> _url = new("--url", "-u")
    {
        Description = "A running server instead of a data directory, for example http://127.0.0.1:8080.",
        HelpName = "url",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https")
            {
                return url;
            }

            result.AddError($"\"{result.Tokens[0].Value}\" is not a URL of a server; expected something like http://127.0.0.1:8080.");
            return null;
        },
    };

    private readonly Option<string?> _apiKey = CreateApiKey();

    /// <summary>Creates <c>--api-key</c>.</summary>
    private static Option<string?> CreateApiKey() => new("--api-key")
    {
        Description = "The key to send to the server. Default: $HYPERVEX_API_KEY, which other users of the machine cannot see in its list of processes.",
        HelpName = "key",
    };

    /// <summary>Creates <c>--data</c>, for commands that work on directories only.</summary>
    public static Option<string?> CreateData() => new("--data", "-d")
    {
        Description = $"The data directory. Default: $STORAGE_PATH, else {DefaultDataPath}.",
        HelpName = "path",
    };

    /// <summary>Creates <c>--collection</c>, for commands that take all collections without it.</summary>
    public static Option<string?> CreateOneCollection() => new("--collection", "-c")
    {
        Description = "One collection; all of them unless given.",
        HelpName = "name",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_data);
        command.Add(_url);
        command.Add(_apiKey);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_data) is { Implicit: false } && result.GetResult(_url) is { Implicit: false })
            {
                result.AddError("--data and --url exclude each other: give the directory or the server that has it open.");
            }
        });
    }

    /// <summary>Opens what the options name.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="mayCreate">Whether a data directory that does not exist is created.</param>
    public IDatabaseTarget Open(ParseResult parse, bool mayCreate) =>
        parse.GetValue(_url) is { } url
            ? new RemoteTarget(url, ClientOptions(parse))
            : LocalTarget.Open(DataPath(parse.GetValue(_data)), mayCreate);

    /// <summary>The server that the options name; null when they name a directory.</summary>
    public HypervexClient? OpenServer(ParseResult parse) =>
        parse.GetValue(_url) is { } url ? new HypervexClient(url, ClientOptions(parse)) : null;

    /// <summary>The data directory that the options name.</summary>
    public string DataPath(ParseResult parse) => DataPath(parse.GetValue(_data));

    /// <summary>The data directory that flags and environment name; flags win.</summary>
    internal static string DataPath(string? flag)
    {
        string? environment = Environment.GetEnvironmentVariable("STORAGE_PATH");
        return flag ?? (string.IsNullOrEmpty(environment) ? DefaultDataPath : environment);
    }

    private HypervexClientOptions ClientOptions(ParseResult parse)
    {
        string? key = parse.GetValue(_apiKey) ?? Environment.GetEnvironmentVariable("HYPERVEX_API_KEY");
        if (string.IsNullOrEmpty(key))
        {
            return new HypervexClientOptions();
        }

        return key.All(unit => unit is > ' ' and <= '~')
            ? new HypervexClientOptions { ApiKey = key }
            : throw CommandException.Usage("The key in --api-key or HYPERVEX_API_KEY is none: a key is printable ASCII without spaces.");
    }
}
