using System.Globalization;
using System.Text;

namespace Hypervex.Server.Json;

/// <summary>
/// Where a reader stands in a body, as a JSON path for messages: <c>$.vectors[3].vector</c>.
/// Thread safety: one reader at a time.
/// </summary>
internal sealed class JsonPath
{
    private const int LongestText = 64;
    private readonly List<(string? Key, int Index)> _steps = [];

    /// <summary>Steps below the document; leaving restores an earlier value of it.</summary>
    public int Depth => _steps.Count;

    public void Enter(string key) => _steps.Add((key, 0));

    public void Enter(int index) => _steps.Add((null, index));

    public void LeaveTo(int depth) => _steps.RemoveRange(depth, _steps.Count - depth);

    public override string ToString()
    {
        var path = new StringBuilder("$");
        foreach ((string? key, int index) in _steps)
        {
            if (key is null)
            {
                path.Append('[').Append(index.ToString(CultureInfo.InvariantCulture)).Append(']');
            }
            else
            {
                path.Append('.').Append(Shorten(key));
            }
        }

        return path.ToString();
    }

    /// <summary>A client's text for a message: in quotes, shortened, without control characters.</summary>
    public static string Quote(string text) => $"\"{Shorten(text)}\"";

    private static string Shorten(string text)
    {
        var kept = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (kept.Length >= LongestText)
            {
                return kept.Append("...").ToString();
            }

            kept.Append(Rune.IsControl(rune) ? "?" : rune.ToString());
        }

        return kept.ToString();
    }
}
