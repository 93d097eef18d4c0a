using Hypervex.Server.Http;
using Hypervex.Server.Keys;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Grpc;

/// <summary>
/// One call, as services see it.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class Call(HttpContext context, ServerParts server, GrpcMethod method, Caller caller, KeyGuard guard, CancellationToken ended)
{
    /// <summary>What is there beside the call.</summary>
    public ServerParts Server => server;

    /// <summary>Ends when the client goes away or the deadline passes.</summary>
    public CancellationToken Ended => ended;

    /// <summary>The collection that a message names, or the one named <c>default</c>, which is created on its first use by a caller that may write it.</summary>
    /// <param name="name">Its name; empty = <c>default</c>.</param>
    /// <exception cref="RefusedException">The caller may not use it for this method, or is none any more.</exception>
    /// <exception cref="HypervexException"><see cref="ErrorCode.CollectionNotFound"/>, <see cref="ErrorCode.InvalidName"/>, or what opening the database throws.</exception>
    public Collection Collection(string name)
    {
        string named = name.Length == 0 ? DefaultCollectionOptions.Name : name;
        Confirm();
        guard.Admit(context, caller, method.Access, () => named);
        return server.Database.GetCollection(named, caller.May(KeyScope.Write, named));
    }

    /// <summary>Checks that the caller's key is still valid, after waiting for the client.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public void Confirm()
    {
        if (method.Access != Access.Open)
        {
            guard.Confirm(context, caller);
        }
    }
}
