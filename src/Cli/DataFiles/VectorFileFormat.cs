namespace Hypervex.Cli.DataFiles;

/// <summary>The formats of files that hold vectors; docs/formats/vector-files.md describes each.</summary>
internal enum VectorFileFormat
{
    /// <summary>One JSON record per line, in the shape of the REST API. <c>.ndjson</c>, <c>.jsonl</c>.</summary>
    Ndjson = 0,

    /// <summary>A header row, then one record per row. <c>.csv</c>.</summary>
    Csv,

    /// <summary>A NumPy array of two dimensions. <c>.npy</c>.</summary>
    Npy,

    /// <summary>Rows of an int32 dimension and that many float32. <c>.fvecs</c>.</summary>
    Fvecs,

    /// <summary>Rows of an int32 dimension and that many bytes. <c>.bvecs</c>.</summary>
    Bvecs,

    /// <summary>Rows of an int32 dimension and that many int32. <c>.ivecs</c>.</summary>
    Ivecs,

    /// <summary>Rows of bytes without a header; the dimension must be given. <c>.u8</c>.</summary>
    RawUInt8,

    /// <summary>Rows of IEEE half floats without a header; the dimension must be given. <c>.f16</c>.</summary>
    RawFloat16,

    /// <summary>Rows of float32 without a header; the dimension must be given. <c>.f32</c>.</summary>
    RawFloat32,

    /// <summary>The IDX format of the MNIST sets. <c>.idx</c>, <c>-ubyte</c>.</summary>
    Idx,
}
