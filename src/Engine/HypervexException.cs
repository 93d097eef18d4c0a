namespace Hypervex;

/// <summary>
/// An operation that could not be done, with a closed <see cref="Code"/> for programs and a message for people. The
/// message says what, which, expected, actual and what to do; it never holds a stack trace or a foreign exception's text.
/// </summary>
public sealed class HypervexException : Exception
{
    /// <summary>Creates an exception.</summary>
    public HypervexException(ErrorCode code, string message)
        : base(message) => Code = code;

    /// <summary>Creates an exception with its cause, for the embedding process's own logs.</summary>
    public HypervexException(ErrorCode code, string message, Exception? innerException)
        : base(message, innerException) => Code = code;

    /// <summary>What went wrong, as one of a closed set of codes.</summary>
    public ErrorCode Code { get; }
}
