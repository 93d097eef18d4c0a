namespace Hypervex.Engine.Tests;

/// <summary>The files that this process has open, as the system lists them. Thread safety: all members from any thread; handles may come and go meanwhile.</summary>
internal static class OpenHandles
{
    /// <summary>How many files below a folder are open.</summary>
    public static int Below(string directory) => Targets().Count(target => target.StartsWith(directory, StringComparison.Ordinal));

    /// <summary>What each handle stands for: a path, or a name such as <c>socket:[17]</c>.</summary>
    public static List<string> Targets() => [.. Directory.GetFiles("/proc/self/fd").Select(TargetOf).OfType<string>()];

    // Tests beside this one open and close files all the time: a handle that was listed may be gone before it is read.
    private static string? TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
