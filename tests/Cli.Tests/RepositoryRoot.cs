namespace Hypervex.Cli.Tests;

/// <summary>Finds the repository from wherever the tests run.</summary>
internal static class RepositoryRoot
{
    /// <summary>The folder that holds Hypervex.slnx.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Hypervex.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Hypervex.slnx.");
    }
}
