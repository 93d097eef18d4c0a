namespace Hypervex.Server.Tests;

/// <summary>A request that is refused, and how.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">Path and query, as they are sent.</param>
/// <param name="Body">The body; null = none.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Code">The code of its problem.</param>
/// <param name="Detail">A text that the problem's detail contains.</param>
internal sealed record BadInput(string Method, string Path, string? Body, int Status, string Code, string Detail = "")
{
    /// <summary>What the body is said to be.</summary>
    public string ContentType { get; init; } = "application/json";

    public override string ToString() => $"{Method} {Path} {(Body is { Length: > 200 } ? Body[..200] + ".." : Body)} ({ContentType}), expected {Status} {Code} \"{Detail}\"";
}
