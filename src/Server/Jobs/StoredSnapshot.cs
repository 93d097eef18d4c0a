namespace Hypervex.Server.Jobs;

/// <summary>A snapshot that the server keeps, as it was when it was looked at: it may be deleted at any time.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="CreatedAt">When it was written, UTC.</param>
internal readonly record struct StoredSnapshot(string Name, long Bytes, DateTime CreatedAt)
{
    /// <summary>Of a file; null when it is not there any more.</summary>
    public static StoredSnapshot? Of(FileInfo file)
    {
        try
        {
            return new StoredSnapshot(file.Name, file.Length, file.LastWriteTimeUtc);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
