using System.Globalization;
using System.Text;

namespace Hypervex.Hostile.Tests;

/// <summary>A valid request.</summary>
/// <param name="Route">Its method and the path of its route, with braces, as the description by OpenAPI has them.</param>
/// <param name="Path">Path and query, as they are sent.</param>
/// <param name="Body">The body; null = none.</param>
internal sealed record RestRequest(string Route, string Path, byte[]? Body = null)
{
    /// <summary>What the body is said to be.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>How often it is chosen, beside the others.</summary>
    public int Weight { get; init; } = 10;

    /// <summary>The method.</summary>
    public string Method => Route.Split(' ')[0];

    /// <summary>Request line and headers, with the empty line behind them.</summary>
    /// <param name="length">What Content-Length says; null = no body.</param>
    /// <param name="isLast">Whether the connection shall end behind it.</param>
    public byte[] Head(int? length, bool isLast = false)
    {
        string end = isLast ? "Connection: close\r\n" : "";
        string body = length is null ? "" : string.Create(CultureInfo.InvariantCulture, $"Content-Type: {ContentType}\r\nContent-Length: {length}\r\n");
        return Encoding.Latin1.GetBytes($"{Method} {Path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: {ServedProcess.Key}\r\nAccept: */*\r\n{end}{body}\r\n");
    }

    /// <summary>All bytes of the request.</summary>
    public byte[] Bytes() => Bytes(Body);

    /// <summary>All bytes of the request with another body.</summary>
    /// <param name="body">The body; null = none.</param>
    /// <param name="isLast">Whether the connection shall end behind it.</param>
    public byte[] Bytes(byte[]? body, bool isLast = false) => [.. Head(body?.Length, isLast), .. body ?? []];
}
