using System.Text;
using Hypervex.Cli.DataFiles;
using Hypervex.Training;

namespace Hypervex.Cli.Output;

/// <summary>Writes a picture of the Poincaré disk into a file that is whole or absent.</summary>
internal static class PictureFile
{
    /// <summary>Draws a two-dimensional embedding.</summary>
    public static void Write(string path, Hierarchy hierarchy, HierarchyEmbedding embedding)
    {
        using StringWriter text = new();
        DiskPicture.Write(text, hierarchy, embedding);
        using PartialFile file = new(path);
        file.Write(Encoding.UTF8.GetBytes(text.ToString()));
        file.Complete();
    }
}
