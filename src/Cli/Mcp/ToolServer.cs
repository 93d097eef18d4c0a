using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hypervex.Cli.Mcp;

/// <summary>
/// Serves the tools by the Model Context Protocol over stdin and stdout; the only file that knows the protocol. A tool that fails answers with the stable code and the message of the failure, so that an
/// agent can do better; what is a defect of this program goes to stderr, and no text of the platform to the agent.
/// Thread safety: calls run beside each other.
/// </summary>
/// <param name="target">The database.</param>
/// <param name="readOnly">Whether only tools that change nothing are offered.</param>
internal sealed class ToolServer(IDatabaseTarget target, bool readOnly)
{
    private const string Name = "hypervex";

    private const string Instructions =
        "Hypervex is a vector database. Begin with list_collections and describe_collection. A record has an id, a vector, metadata (JSON, which filters match) and a document (text). "
        + "search needs a vector of the collection's own embedding model, or the id of a stored record; without either, list with a filter reads records by their metadata.";

    private readonly Dictionary<string, Tool> _tools = QuestionTools.All.Concat(CollectionTools.All).Concat(WriteTools.All)
        .Where(tool => !readOnly || tool.Effect == ToolEffect.Reads)
        .ToDictionary(tool => tool.Name, StringComparer.Ordinal);

    /// <summary>Serves until stdin ends, or it is cancelled.</summary>
    public static async Task RunAsync(IDatabaseTarget target, bool readOnly, CancellationToken cancellationToken)
    {
        var tools = new ToolServer(target, readOnly);
        var options = new McpServerOptions
        {
            ServerInfo = new Implementation { Name = Name, Title = "Hypervex", Version = Version() },
            ServerInstructions = Instructions,
            Capabilities = new ServerCapabilities { Tools = new ToolsCapability() },
            Handlers = new McpServerHandlers
            {
                ListToolsHandler = (_, _) => ValueTask.FromResult(new ListToolsResult { Tools = [.. tools._tools.Values.Select(Describe)] }),
                CallToolHandler = (request, token) => tools.CallAsync(request.Params!, token),
            },
        };
        var transport = new StdioServerTransport(Name);
        await using (transport.ConfigureAwait(false))
        {
            McpServer server = McpServer.Create(transport, options);
            await using (server.ConfigureAwait(false))
            {
                await server.RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string Version() => typeof(ToolServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static ModelContextProtocol.Protocol.Tool Describe(Tool tool) => new()
    {
        Name = tool.Name,
        Description = tool.Description,
        InputSchema = tool.Schema,
        Annotations = new ToolAnnotations
        {
            ReadOnlyHint = tool.Effect == ToolEffect.Reads,
            DestructiveHint = tool.Effect == ToolEffect.Changes,
            OpenWorldHint = false,
        },
    };

    private static CallToolResult Answer(JsonObject answer, bool isError) => new()
    {
        Content = [new TextContentBlock { Text = Output.Answer.OneLine(answer) }],
        StructuredContent = JsonSerializer.SerializeToElement(answer, Wire.WireJson.Default.JsonObject),
        IsError = isError,
    };

    // The engine works on its caller's thread, and the thread of the call is the one that reads messages.
    private async ValueTask<CallToolResult> CallAsync(CallToolRequestParams call, CancellationToken cancellationToken)
    {
        if (!_tools.TryGetValue(call.Name, out Tool? tool))
        {
            string refused = readOnly ? " This database is served read-only." : "";
            throw new McpProtocolException($"There is no tool \"{call.Name}\"; there are {string.Join(", ", _tools.Keys)}.{refused}", McpErrorCode.InvalidParams);
        }

        try
        {
            return Answer(await Task.Run(() => tool.RunAsync(target, call.Arguments ?? new Dictionary<string, JsonElement>(), cancellationToken), cancellationToken).ConfigureAwait(false), isError: false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // The outermost door: whatever happened becomes a code and a message.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failure failure = await FailureOfAsync(exception).ConfigureAwait(false);
            return Answer(new JsonObject { ["error"] = new JsonObject { ["code"] = failure.Code, ["message"] = failure.Message } }, isError: true);
        }
    }

    private static async Task<Failure> FailureOfAsync(Exception exception)
    {
        if (exception is HypervexException or Client.HypervexClientException or CommandException)
        {
            return Failure.From(exception);
        }

        await Console.Error.WriteLineAsync($"hypervex mcp: {exception}").ConfigureAwait(false);
        return new Failure("internal_error", "The operation failed for a reason that is not the caller's; the stderr of hypervex mcp has the details.", ExitCode.Failed);
    }
}
