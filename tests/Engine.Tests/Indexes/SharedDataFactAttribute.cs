namespace Hypervex.Engine.Tests.Indexes;

/// <summary>A test on the real data beside the repository; skipped with a clear message where that is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute()
    {
        if (Folder is null)
        {
            Skip = "There is no shared/data folder beside the repository.";
        }
    }

    /// <summary>The folder shared/data beside the repository; null when there is none.</summary>
    public static string? Folder { get; } = Find();

    private static string? Find()
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            string data = Path.Combine(directory, "shared", "data");
            if (Directory.Exists(data))
            {
                return data;
            }
        }

        return null;
    }
}
