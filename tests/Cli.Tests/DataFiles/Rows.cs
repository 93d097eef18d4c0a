using Hypervex.Cli.DataFiles;

namespace Hypervex.Cli.Tests.DataFiles;

/// <summary>Reads whole files for tests.</summary>
internal static class Rows
{
    public static List<VectorRecord> ReadAll(string path, FormatOptions? options = null)
    {
        using IVectorReader reader = VectorFile.Open(path, options);
        var records = new List<VectorRecord>();
        VectorRow row = default;
        while (reader.TryRead(ref row))
        {
            Assert.Equal(records.Count, row.Number);
            records.Add(row.ToRecord());
        }

        if (reader.Count is not null)
        {
            Assert.Equal(reader.Count, records.Count);
        }

        return records;
    }

    /// <summary>Reads until the file is refused; the rows before are good.</summary>
    public static (List<VectorRecord> Good, DataFileException Refusal) ReadUntilRefused(string path, FormatOptions? options = null)
    {
        var good = new List<VectorRecord>();
        DataFileException refusal = Assert.Throws<DataFileException>(() =>
        {
            using IVectorReader reader = VectorFile.Open(path, options);
            VectorRow row = default;
            while (reader.TryRead(ref row))
            {
                good.Add(row.ToRecord());
            }
        });
        Assert.StartsWith(path, refusal.Message, StringComparison.Ordinal);
        return (good, refusal);
    }

    public static float[][] Vectors(this List<VectorRecord> records) => [.. records.Select(record => record.Vector!)];

    public static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static byte[] Ints(params int[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
