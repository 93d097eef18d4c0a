using System.Text;
using System.Text.RegularExpressions;

namespace Hypervex.Hostile.Tests;

/// <summary>What came for one request.</summary>
/// <param name="Status">The status; 0 = the server closed the connection without an answer.</param>
/// <param name="Head">Status line and headers.</param>
/// <param name="Body">The body, put together when it came in chunks.</param>
internal sealed partial record HttpAnswer(int Status, string Head, byte[] Body)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The code of a problem; null where the answer is none.</summary>
    public string? Code => Head.Contains("application/problem+json", StringComparison.Ordinal) ? CodeMember().Match(Text).Groups[1].Value : null;

    [GeneratedRegex("\"code\":\"([a-z_]+)\"")]
    private static partial Regex CodeMember();
}
