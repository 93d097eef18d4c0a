using System.Net;

namespace Hypervex.Client;

/// <summary>
/// An answer that is not a success, or none at all.
/// Thread safety: immutable.
/// </summary>
public sealed class HypervexClientException : Exception
{
    /// <summary>The <see cref="Code"/> when the server could not be reached.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The <see cref="Code"/> when something answered that is not a Hypervex server.</summary>
    public const string UnexpectedAnswer = "unexpected_answer";

    /// <summary>Creates an exception.</summary>
    public HypervexClientException(HttpStatusCode? status, string code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Status = status;
        Code = code;
    }

    /// <summary>The HTTP status; null when there was no answer.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>One of <see cref="Wire.ErrorCodes"/>, <see cref="Unreachable"/> or <see cref="UnexpectedAnswer"/>.</summary>
    public string Code { get; }

    /// <summary>How long the server asks to wait before trying again; null when it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Of an import that stopped: records that are written; else null.</summary>
    public long? Imported { get; init; }
}
