namespace Hypervex.Server.Http;

/// <summary>
/// A request that the HTTP side refuses; the codes are those of <see cref="Wire.ErrorCodes"/> that the engine does not have.
/// Thread safety: immutable.
/// </summary>
internal sealed class RefusedException(string code, string message) : Exception(message)
{
    /// <summary>The code.</summary>
    public string Code { get; } = code;

    /// <summary>The methods that the route has, for <c>Allow</c>; null when that is not the reason.</summary>
    public string? Allow { get; init; }

    /// <summary>Whether the connection ends with the answer, because its body is not read to the end.</summary>
    public bool Close { get; init; }
}
