using Hypervex.Cli.DataFiles;

namespace Hypervex.Cli.Input;

/// <summary>Opens files that the command line names.</summary>
internal static class InputFile
{
    /// <summary>Opens a file of vectors.</summary>
    /// <exception cref="CommandException">It does not exist.</exception>
    /// <exception cref="DataFileException">It is not what it claims to be.</exception>
    public static IVectorReader Open(string path, FormatOptions? options = null)
    {
        Require(path);
        if (options?.Sidecar is { } sidecar)
        {
            Require(sidecar);
        }

        return VectorFile.Open(path, options);
    }

    /// <summary>Reads all vectors of a file into memory, at most so many.</summary>
    public static List<float[]> ReadVectors(string path, FormatOptions? options = null, int most = int.MaxValue)
    {
        using IVectorReader reader = Open(path, options);
        List<float[]> vectors = new((int)Math.Min(most, reader.Count ?? 0));
        VectorRow row = default;
        while (vectors.Count < most && reader.TryRead(ref row))
        {
            vectors.Add([.. row.Vector]);
        }

        return vectors;
    }

    /// <summary>Reads an <c>.ivecs</c> file of true neighbours.</summary>
    public static int[][] ReadNeighbours(string path)
    {
        Require(path);
        return GroundTruth.Read(path);
    }

    /// <summary>Refuses a file that does not exist.</summary>
    public static void Require(string path)
    {
        if (!File.Exists(path))
        {
            throw CommandException.NotFound("file_not_found", $"The file \"{path}\" does not exist (looked in {Directory.GetCurrentDirectory()}).");
        }
    }
}
