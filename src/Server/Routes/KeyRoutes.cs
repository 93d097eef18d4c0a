using System.Globalization;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Server.Keys;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Routes;

/// <summary>
/// Keys: create, list, rotate, revoke.
/// Thread safety: pure functions.
/// </summary>
internal static class KeyRoutes
{
    private const string Path = "/api/v1/keys";

    public static void Add(RouteTable routes)
    {
        routes.Add(Access.ServerAdmin, "POST", Path, CreateAsync);
        routes.Add(Access.ServerAdmin, "GET", Path, ListAsync);
        routes.Add(Access.ServerAdmin, "POST", Path + "/{key}/rotate", RotateAsync);
        routes.Add(Access.ServerAdmin, "DELETE", Path + "/{key}", RevokeAsync);
    }

    private static async Task CreateAsync(Exchange exchange)
    {
        KeyStore keys = KeysOf(exchange);
        KeyJson request = await exchange.ReadAsync(KeyJson.Read).ConfigureAwait(false);
        (ApiKey key, string text) = keys.Create(request.Name, request.Scope, request.Collections, exchange.Confirm, request.ExpiresAt);
        exchange.Subject = key.Id;
        exchange.Context.Response.Headers.Location = $"{Path}/{key.Id}";
        await AnswerAsync(exchange, key, text, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static Task ListAsync(Exchange exchange) => exchange.AnswerAsync(
        new KeyList { Keys = [.. KeysOf(exchange).List().Select(key => KeyJson.Describe(key))] },
        WireJson.Default.KeyList);

    private static async Task RotateAsync(Exchange exchange)
    {
        KeyStore keys = KeysOf(exchange);
        string id = exchange.FirstSegment;
        TimeSpan grace = await exchange.ReadAsync(KeyJson.ReadRotation).ConfigureAwait(false);
        (ApiKey key, string text) = keys.Rotate(id, grace, exchange.Confirm) ?? throw NotFound(id);
        await AnswerAsync(exchange, key, text, StatusCodes.Status200OK).ConfigureAwait(false);
    }

    private static Task RevokeAsync(Exchange exchange)
    {
        string id = exchange.FirstSegment;
        return KeysOf(exchange).Revoke(id, exchange.Confirm) ? exchange.AnswerEmptyAsync() : throw NotFound(id);
    }

    // Only whoever has the database open has the lock that changes of the keys need.
    private static KeyStore KeysOf(Exchange exchange)
    {
        _ = exchange.Server.Database.Database;
        return exchange.Server.Keys;
    }

    private static Task AnswerAsync(Exchange exchange, ApiKey key, string text, int status)
    {
        exchange.Context.Response.Headers.CacheControl = "no-store";
        return exchange.AnswerAsync(KeyJson.Describe(key, text), WireJson.Default.KeyAnswer, status);
    }

    /// <summary>The error of a key that does not exist.</summary>
    public static HypervexException NotFound(string id) => KeyText.IdOf(id) is { } ofText
        ? new(ErrorCode.NotFound, $"This is a key's text; say its id, {ofText}, and revoke it if others can have seen the text.")
        : new(ErrorCode.NotFound, string.Create(CultureInfo.InvariantCulture, $"There is no key with the id {JsonPath.Quote(id)}."));
}
