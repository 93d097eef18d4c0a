using Hypervex.Wire;

namespace Hypervex.Server.Http;

/// <summary>What a request's method and path lead to.</summary>
/// <param name="Route">The route.</param>
/// <param name="Segments">The path's segments that stand for <c>{..}</c>, still percent-encoded.</param>
internal readonly record struct RouteMatch(Route Route, IReadOnlyList<string> Segments);

/// <summary>One route.</summary>
/// <param name="Access">Who may call it.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, with braces around what stands for any segment.</param>
/// <param name="Handler">Answers a request.</param>
/// <param name="Query">The query parameters that it knows.</param>
/// <param name="NamesCollection">Whether the first <c>{..}</c> of the path is a collection's name.</param>
/// <param name="Work">What its requests cost.</param>
internal sealed record Route(Access Access, string Method, string Path, Func<Exchange, Task> Handler, IReadOnlyList<string> Query, bool NamesCollection, Work Work)
{
    /// <summary>Its place among all routes, from 0.</summary>
    public required int Number { get; init; }

    /// <summary>Whether its requests have a body.</summary>
    public bool ReadsBody => Method is "POST" or "PUT" or "PATCH";
}

/// <summary>
/// The routes as a tree of path segments. It matches the path as it came: a literal segment wins over <c>{..}</c>, and no
/// decoding or removal of dots can lead an id to another route. PUT and DELETE, which no literal segment beside an id has,
/// address the id even so: a record called "stats" can be changed and deleted under its path.
/// Thread safety: immutable once all routes are added.
/// </summary>
internal sealed class RouteTable
{
    /// <summary>The segment that stands for a collection's name.</summary>
    public const string CollectionSegment = "{collection}";

    private readonly Node _root = new();
    private readonly List<Route> _all = [];
    private readonly HashSet<(string Method, string Path)> _open = [];

    /// <summary>All routes, in the order in which they were added.</summary>
    public IReadOnlyList<Route> All => _all;

    /// <summary>Adds a route whose requests cost what its access says: reading a collection, or writing it.</summary>
    /// <param name="access">Who may call it.</param>
    /// <param name="method">The method; GET answers HEAD too.</param>
    /// <param name="path">The path; a segment in braces stands for any one.</param>
    /// <param name="handler">Answers a request.</param>
    /// <param name="query">The query parameters that it knows.</param>
    public void Add(Access access, string method, string path, Func<Exchange, Task> handler, params IReadOnlyList<string> query)
    {
        Work work = access switch
        {
            Access.Read => Work.Read,
            Access.Write => Work.Write,
            _ => Work.Unlimited,
        };
        Add(access, work, method, path, handler, query);
    }

    /// <summary>Adds a route.</summary>
    /// <param name="access">Who may call it.</param>
    /// <param name="work">What its requests cost.</param>
    /// <param name="method">The method; GET answers HEAD too.</param>
    /// <param name="path">The path; a segment in braces stands for any one.</param>
    /// <param name="handler">Answers a request.</param>
    /// <param name="query">The query parameters that it knows.</param>
    public void Add(Access access, Work work, string method, string path, Func<Exchange, Task> handler, params IReadOnlyList<string> query)
    {
        Node node = _root;
        foreach (string segment in path.Split('/')[1..])
        {
            if (segment.StartsWith('{'))
            {
                node = node.Any ??= new Node();
            }
            else
            {
                if (!node.Literals.TryGetValue(segment, out Node? next))
                {
                    node.Literals.Add(segment, next = new Node());
                }

                node = next;
            }
        }

        var route = new Route(access, method, path, handler, query, path.Contains(CollectionSegment, StringComparison.Ordinal), work) { Number = _all.Count };
        node.Routes.Add(method, route);
        _all.Add(route);
        if (access == Access.Open)
        {
            _open.Add((method, path));
        }
    }

    /// <summary>Whether a request needs no key. A path that some method has open is not open for the others.</summary>
    public bool IsOpen(string method, string path) => _open.Contains((method == "HEAD" ? "GET" : method, path));

    /// <summary>Finds the route of a request.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="path">The request's path, percent-encoded.</param>
    /// <exception cref="RefusedException">There is none, or none for this method.</exception>
    public RouteMatch Find(string method, string path)
    {
        Node? node = path.StartsWith('/') ? _root : null;
        Node? beside = null;
        var segments = new List<string>(2);
        for (int at = 1; node is not null && at <= path.Length;)
        {
            int slash = path.IndexOf('/', at);
            string segment = slash < 0 ? path[at..] : path[at..slash];
            if (node.Literals.TryGetValue(segment, out Node? literal))
            {
                (node, beside) = (literal, node.Any);
            }
            else
            {
                segments.Add(segment);
                (node, beside) = (node.Any, null);
            }

            at = slash < 0 ? path.Length + 1 : slash + 1;
        }

        if (node is null || node.Routes.Count == 0)
        {
            throw new RefusedException(ErrorCodes.RouteNotFound, "There is no such route; docs/rest.md lists them.");
        }

        if (node.Routes.TryGetValue(method == "HEAD" ? "GET" : method, out Route? route))
        {
            return new RouteMatch(route, segments);
        }

        if (method is "PUT" or "DELETE" && beside is not null && beside.Routes.TryGetValue(method, out route))
        {
            segments.Add(path[(path.LastIndexOf('/') + 1)..]);
            return new RouteMatch(route, segments);
        }

        string allow = string.Join(", ", node.Routes.Keys);
        throw new RefusedException(ErrorCodes.MethodNotAllowed, $"This route answers {allow}.") { Allow = allow };
    }

    private sealed class Node
    {
        public Dictionary<string, Node> Literals { get; } = new(StringComparer.Ordinal);

        public Node? Any { get; set; }

        public SortedDictionary<string, Route> Routes { get; } = new(StringComparer.Ordinal);
    }
}
