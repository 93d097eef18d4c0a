namespace Hypervex.Cli.Tests;

/// <summary>A test that reads the larger data sets of ../shared/data beside the repository; skipped where they are missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    /// <summary>Creates the attribute.</summary>
    /// <param name="folder">The data set's folder.</param>
    public SharedDataFactAttribute(string folder)
    {
        if (!Directory.Exists(PathOf(folder)))
        {
            Skip = $"The data set {folder} is not in {PathOf("")}.";
        }
    }

    /// <summary>A file or folder of ../shared/data.</summary>
    public static string PathOf(string name) => Path.GetFullPath(Path.Combine(RepositoryRoot.Path, "..", "shared", "data", name));
}
