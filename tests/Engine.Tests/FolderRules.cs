using System.Text.RegularExpressions;

namespace Hypervex.Engine.Tests;

/// <summary>
/// Which folders of src/Engine may see which. Public types live in the namespace <c>Hypervex</c>, internal ones in
/// <c>Hypervex.&lt;Folder&gt;</c>, so the names that a file imports or spells out are its folder's dependencies.
/// </summary>
internal static partial class FolderRules
{
    private static readonly Dictionary<string, string[]> s_mayImport = new()
    {
        [""] = [],
        ["Distances"] = [],
        ["Metadata"] = [],
        ["Storage"] = [],
        ["Merkle"] = [],
        ["Quantization"] = ["Distances"],
        ["Indexes"] = ["Distances"],
        ["Fields"] = ["Metadata"],
        ["Collections"] = ["Distances", "Metadata", "Fields", "Storage", "Merkle", "Quantization", "Indexes"],
    };

    /// <summary>What one source file does against the rules.</summary>
    /// <param name="folder">The file's folder inside src/Engine; empty for the root.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">The file's text.</param>
    public static IEnumerable<string> Violations(string folder, string file, string text)
    {
        if (!s_mayImport.TryGetValue(folder, out string[]? allowed))
        {
            yield return $"{folder}/{file}: the folder {folder} is not in docs/ARCHITECTURE.md; add it there and to FolderRules, with what it may import.";
            yield break;
        }

        foreach (string name in Namespaces().Matches(text).Select(match => match.Groups["name"].Value).Distinct())
        {
            if (name != "Hypervex" && name != $"Hypervex.{folder}")
            {
                yield return $"{folder}/{file}: its namespace is {name}; expected Hypervex (public types) or Hypervex.{folder} (internal ones).";
            }
        }

        foreach (string other in Mentions().Matches(WithoutComments(text)).Select(match => match.Groups["folder"].Value).Distinct())
        {
            if (s_mayImport.ContainsKey(other) && other != folder && !allowed.Contains(other))
            {
                yield return $"{folder}/{file}: uses Hypervex.{other}; {folder} may import {(allowed.Length == 0 ? "nothing" : string.Join(", ", allowed))}.";
            }
        }
    }

    private static string WithoutComments(string text) =>
        string.Join('\n', text.Split('\n').Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Namespaces();

    [GeneratedRegex(@"\bHypervex\.(?<folder>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex Mentions();
}
