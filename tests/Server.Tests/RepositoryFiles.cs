namespace Hypervex.Server.Tests;

/// <summary>Files of the repository that tests read.</summary>
internal static class RepositoryFiles
{
    public static string Read(string path) => File.ReadAllText(PathOf(path));

    public static string PathOf(string path)
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Hypervex.slnx")))
            {
                return Path.Combine(directory.FullName, path);
            }
        }

        throw new InvalidOperationException($"The repository's root was not found above {AppContext.BaseDirectory}.");
    }
}
