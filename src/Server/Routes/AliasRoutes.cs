using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Routes;

/// <summary>
/// Aliases of collections: list, set, drop, several at once. Whoever switches an alias decides what others read, so that it takes a key that rules the server.
/// Thread safety: pure functions.
/// </summary>
internal static class AliasRoutes
{
    private const string Path = "/api/v1/aliases";

    public static void Add(RouteTable routes)
    {
        routes.Add(Access.AnyKey, "GET", Path, ListAsync);
        routes.Add(Access.ServerAdmin, "POST", Path, ChangeAsync);
        routes.Add(Access.ServerAdmin, "PUT", Path + "/{alias}", SetAsync);
        routes.Add(Access.ServerAdmin, "DELETE", Path + "/{alias}", DropAsync);
    }

    private static Task ListAsync(Exchange exchange) => AnswerAsync(exchange, exchange.Server.Database.Database);

    private static async Task ChangeAsync(Exchange exchange)
    {
        Database database = exchange.Server.Database.Database;
        Dictionary<string, string?> changes = await exchange.ReadAsync(AliasJson.ReadChanges).ConfigureAwait(false);
        exchange.Subject = string.Join(' ', changes.Select(change => $"{change.Key}={change.Value}"));
        database.ChangeAliases(changes);
        await AnswerAsync(exchange, database).ConfigureAwait(false);
    }

    private static async Task SetAsync(Exchange exchange)
    {
        Database database = exchange.Server.Database.Database;
        string alias = exchange.FirstSegment;
        string collection = await exchange.ReadAsync(AliasJson.ReadTarget).ConfigureAwait(false);
        exchange.Subject = collection;
        database.SetAlias(alias, collection);
        await exchange.AnswerAsync(new AliasMessage { Alias = alias, Collection = collection }, WireJson.Default.AliasMessage).ConfigureAwait(false);
    }

    private static Task DropAsync(Exchange exchange)
    {
        exchange.Server.Database.Database.DropAlias(exchange.FirstSegment);
        return exchange.AnswerEmptyAsync();
    }

    private static Task AnswerAsync(Exchange exchange, Database database) => exchange.AnswerAsync(
        new AliasList
        {
            Aliases = [.. database.ListAliases().Where(pair => exchange.Caller.Sees(pair.Value)).Select(pair => new AliasMessage { Alias = pair.Key, Collection = pair.Value })],
        },
        WireJson.Default.AliasList);
}
