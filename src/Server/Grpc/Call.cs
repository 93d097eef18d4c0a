using Hypervex.Server.Http;
using Hypervex.Server.Keys;
using Hypervex.Server.Telemetry;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Grpc;

/// <summary>
/// One call, as services see it. A call whose method is bounded has a place among those that run from the arrival of a message until the answer to it is written, and none while it waits for its client.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class Call(HttpContext context, ServerParts server, GrpcMethod method, Caller caller, KeyGuard guard, CancellationToken aborted) : IDisposable
{
    private Permit? _permit;
    private Deadline? _deadline;

    /// <summary>What is there beside the call.</summary>
    public ServerParts Server => server;

    /// <summary>Who calls.</summary>
    public Caller Caller => caller;

    /// <summary>Ends when the client goes away or its deadline passes.</summary>
    public CancellationToken Aborted => aborted;

    /// <summary>Ends as <see cref="Aborted"/> does, and for a read that runs when the time is over that the server gives it.</summary>
    public CancellationToken Ended => _deadline?.Token ?? aborted;

    /// <summary>The error of a read that took longer than the server gives it; null while it has time.</summary>
    public HypervexException? Late => _deadline is { HasPassed: true } passed ? passed.Error() : null;

    /// <summary>Whether the call was admitted to administer something, and is therefore told to the audit log.</summary>
    public bool Administers { get; private set; }

    /// <summary>What an administrative call is about, for the audit log.</summary>
    public string? Subject { get; set; }

    /// <summary>
    /// Waits until what has arrived may be worked on, where the method is bounded; a place that the call has is given back first. Then the caller is asked for again, since that may have taken long.
    /// </summary>
    /// <exception cref="RefusedException">Too many run or wait; or the caller is none any more.</exception>
    public async ValueTask EnterAsync()
    {
        Leave();
        Confirm();
        if (server.Admission.Of(method.Work) is not { } queue)
        {
            return;
        }

        _permit = await queue.EnterAsync(aborted).ConfigureAwait(false);
        Confirm();
        if (method.Work is Work.Read or Work.ReadOfStream && server.Options.Limits.RequestTimeout > TimeSpan.Zero)
        {
            _deadline = new Deadline(server.Options.Limits.RequestTimeout, server.Options.Database.TimeProvider, aborted);
        }
    }

    /// <summary>Gives the place back, before the call waits for its client.</summary>
    public void Leave()
    {
        _permit?.Dispose();
        _deadline?.Dispose();
        (_permit, _deadline) = (null, null);
    }

    /// <summary>The collection that a message names, itself or by an alias, or the one named <c>default</c>, which is created on its first use by a caller that may write it.</summary>
    /// <param name="name">Its name or an alias; empty = <c>default</c>.</param>
    /// <exception cref="RefusedException">The caller may not use it for this method.</exception>
    /// <exception cref="HypervexException"><see cref="ErrorCode.CollectionNotFound"/>, <see cref="ErrorCode.InvalidName"/>, or what opening the database throws.</exception>
    public Collection Collection(string name)
    {
        string named = name.Length == 0 ? DefaultCollectionOptions.Name : name;
        return Find(named, mayCreate: caller.May(KeyScope.Write, named));
    }

    /// <summary>As <see cref="Collection"/>, which is not created here; an empty name is none.</summary>
    public Collection ExistingCollection(string name) => Find(name, mayCreate: false);

    /// <summary>Checks that the caller may call the method.</summary>
    /// <param name="collection">The name of the collection that the call is about; not looked at where the method is about none.</param>
    /// <exception cref="RefusedException">The caller may not.</exception>
    public void Admit(string collection = "")
    {
        guard.Admit(context, caller, method.Access, () => collection);
        if (method.Access is Access.Admin or Access.ServerAdmin)
        {
            Administers = true;
            Subject ??= collection.Length == 0 ? null : collection;
        }
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

    /// <summary>Gives back what the call holds.</summary>
    public void Dispose() => Leave();

    // Keys count for collections and not for aliases; one that is switched before it is followed is judged by where it leads then.
    private Collection Find(string named, bool mayCreate)
    {
        string resolved = server.Database.Resolve(named);
        Admit(resolved);
        Collection found = server.Database.FindCollection(named, mayCreate);
        RequestSpan.Name(found.Name);
        if (found.Name != resolved)
        {
            Admit(found.Name);
        }

        return found;
    }
}
