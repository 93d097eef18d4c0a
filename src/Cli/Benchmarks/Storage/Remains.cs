using System.Runtime.InteropServices;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// Looks for vectors that a database was told to forget in the bytes of all of its files, wherever they stand: their first 16 bytes count as them. Thread safety: none.
/// </summary>
internal sealed class Remains
{
    private const int Needle = 16;
    private const int Piece = 1 << 20;
    private readonly Dictionary<ulong, List<byte[]>> _needles = [];

    /// <param name="vectors">The vectors; those with less than four components are not looked for.</param>
    public Remains(IEnumerable<float[]> vectors)
    {
        foreach (float[] vector in vectors.Where(vector => vector.Length * sizeof(float) >= Needle))
        {
            byte[] needle = MemoryMarshal.AsBytes(vector.AsSpan())[..Needle].ToArray();
            ulong start = MemoryMarshal.Read<ulong>(needle);
            if (_needles.TryGetValue(start, out List<byte[]>? others))
            {
                others.Add(needle);
            }
            else
            {
                _needles.Add(start, [needle]);
            }
        }
    }

    /// <summary>How many places of a directory's files hold one of them.</summary>
    public long CountIn(string directory)
    {
        long found = 0;
        byte[] buffer = new byte[Piece];
        foreach (string path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            int kept = 0;
            for (int read = file.Read(buffer); read > 0; read = file.Read(buffer, kept, buffer.Length - kept))
            {
                int length = kept + read;
                found += CountIn(buffer.AsSpan(0, length));
                kept = Math.Min(length, Needle - 1); // so that none is cut in two
                buffer.AsSpan(length - kept, kept).CopyTo(buffer);
            }
        }

        return found;
    }

    private long CountIn(ReadOnlySpan<byte> bytes)
    {
        long found = 0;
        for (int at = 0; at + Needle <= bytes.Length; at++)
        {
            ulong start = MemoryMarshal.Read<ulong>(bytes[at..]);
            if (start != 0 && _needles.TryGetValue(start, out List<byte[]>? candidates))
            {
                foreach (byte[] candidate in candidates)
                {
                    found += bytes.Slice(at, Needle).SequenceEqual(candidate) ? 1 : 0;
                }
            }
        }

        return found;
    }
}
