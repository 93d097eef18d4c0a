using Hypervex.Server.Http;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Aliases of collections: list, set, drop, several at once.
/// Thread safety: pure functions.
/// </summary>
internal static class AliasMethods
{
    private const string Service = "hypervex.v1.Aliases";

    public static void Add(GrpcMethodTable methods)
    {
        methods.AddUnary(Service, "List", Access.AnyKey, V1.ListAliasesRequest.Parser, (call, _) => Task.FromResult(List(call)));
        methods.AddUnary(Service, "Set", Access.ServerAdmin, V1.SetAliasRequest.Parser, SetAsync);
        methods.AddUnary(Service, "Change", Access.ServerAdmin, V1.ChangeAliasesRequest.Parser, ChangeAsync);
        methods.AddUnary(Service, "Drop", Access.ServerAdmin, V1.DropAliasRequest.Parser, DropAsync);
    }

    private static V1.ListAliasesResponse List(Call call) => new()
    {
        Aliases =
        {
            call.Server.Database.Database.ListAliases().Where(pair => call.Caller.Sees(pair.Value)).Select(pair => new V1.Alias { Alias_ = pair.Key, Collection = pair.Value }),
        },
    };

    private static Task<V1.Alias> SetAsync(Call call, V1.SetAliasRequest request)
    {
        call.Subject = $"{request.Alias}={request.Collection}";
        call.Server.Database.Database.SetAlias(request.Alias, request.Collection);
        return Task.FromResult(new V1.Alias { Alias_ = request.Alias, Collection = request.Collection });
    }

    private static Task<V1.ListAliasesResponse> ChangeAsync(Call call, V1.ChangeAliasesRequest request)
    {
        Database database = call.Server.Database.Database;
        Dictionary<string, string?> changes = Read(request);
        call.Subject = string.Join(' ', changes.Select(change => $"{change.Key}={change.Value}"));
        database.ChangeAliases(changes);
        return Task.FromResult(List(call));
    }

    private static Task<V1.DropAliasResponse> DropAsync(Call call, V1.DropAliasRequest request)
    {
        call.Subject = request.Alias;
        call.Server.Database.Database.DropAlias(request.Alias);
        return Task.FromResult(new V1.DropAliasResponse());
    }

    // A forgotten field must not drop an alias, so that one of the two has to be set.
    private static Dictionary<string, string?> Read(V1.ChangeAliasesRequest request)
    {
        Range.Check("the number of changes", request.Changes.Count, 0, 2 * Limits.MaxAliases);
        var changes = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (V1.AliasChange change in request.Changes)
        {
            bool isSet = change.ChangeCase == V1.AliasChange.ChangeOneofCase.Collection;
            if (!isSet && !change.Drop)
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"The change of the alias {Json.JsonPath.Quote(change.Alias)} says nothing; set \"collection\", or \"drop\" to true.");
            }

            if (!changes.TryAdd(change.Alias, isSet ? change.Collection : null))
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"The alias {Json.JsonPath.Quote(change.Alias)} is changed twice.");
            }
        }

        return changes;
    }
}
