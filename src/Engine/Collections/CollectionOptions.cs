namespace Hypervex;

/// <summary>How the vectors of a field are kept for searching. Every answer carries the true distance, whatever the choice.</summary>
public enum QuantizationKind
{
    /// <summary>Float32 rows are searched directly.</summary>
    None = 0,

    /// <summary>
    /// The graph is walked over codes of one byte per component (centred and rotated, a scale per vector), and the best are
    /// ranked again by their float32 rows. All metrics but manhattan and hamming; a quarter of the memory traffic.
    /// </summary>
    Sq8 = 1,

    /// <summary>As <see cref="Sq8"/> with half a byte per component: the fastest from about 256 components on.</summary>
    Sq4 = 2,

    /// <summary><see cref="Sq8"/> or <see cref="Sq4"/> by dimension; <see cref="None"/> for manhattan, hamming, poincare and lorentz.</summary>
    Auto = 3,

    /// <summary>
    /// As <see cref="Sq8"/> with one bit per component: least memory, not most speed. Estimates are coarse, so a wider beam or
    /// <see cref="SearchOptions.Oversampling"/> is needed for the same recall; the graph is built over the float32 rows.
    /// </summary>
    Binary = 4,
}

/// <summary>How the nearest vectors of a field are found.</summary>
public enum IndexType
{
    /// <summary>A graph; searches are approximate unless they ask for an exact answer.</summary>
    Hnsw = 0,

    /// <summary>
    /// Every search scans all vectors (that the filter allows) and is exact, on all cores when it runs alone and the field is large. No
    /// memory beside the rows, no work when writing. For small fields, and for those that are written often and searched rarely.
    /// </summary>
    Flat = 1,
}

/// <summary>The index of a field: its type, and the parameters of the HNSW graph (Malkov and Yashunin, arXiv:1603.09320).</summary>
public sealed record HnswOptions
{
    /// <summary>The type; flat has no use for the other parameters.</summary>
    public IndexType Type { get; init; } = IndexType.Hnsw;

    /// <summary>Links per node on the upper levels; level 0 has twice as many. 2 to 128.</summary>
    public int M { get; init; } = 16;

    /// <summary>Width of the beam while building. 1 to 4,096.</summary>
    public int EfConstruction { get; init; } = 200;

    /// <summary>Width of the beam while searching, unless a search asks for another. 1 to 65,536.</summary>
    public int Ef { get; init; } = 64;
}

/// <summary>One vector field of a collection.</summary>
public sealed record VectorFieldOptions
{
    /// <summary>Components of each vector, or bits under hamming, 1 to 65,536; null = the first vector written decides.</summary>
    public int? Dimension { get; init; }

    /// <summary>The field's metric.</summary>
    public Metric Metric { get; init; } = Metric.Cosine;

    /// <summary>c of the curvature -c of poincare and lorentz, 1e-6 to 1e6; 1 for other metrics.</summary>
    public double Curvature { get; init; } = 1;

    /// <summary>
    /// Whether vectors (records' and queries') outside of the domain of poincare or lorentz are moved into it instead of being refused: under poincare
    /// towards the origin to √c |x| = 1 - 1e-5, under lorentz to the x0 that belongs to their x'. A record holds the moved vector.
    /// </summary>
    public bool Project { get; init; }

    /// <summary>The field's graph.</summary>
    public HnswOptions Index { get; init; } = new();

    /// <summary>The field's codes. Altered later by <see cref="Collection.Alter"/>.</summary>
    public QuantizationKind Quantization { get; init; } = QuantizationKind.None;
}

/// <summary>Schema and settings of a collection.</summary>
public sealed record CollectionOptions
{
    /// <summary>A collection with one vector field, the default one with the empty name.</summary>
    /// <param name="dimension">Components of each vector, 1 to 65,536; null = the first vector written decides.</param>
    /// <param name="metric">The field's metric.</param>
    public static CollectionOptions Create(int? dimension, Metric metric = Metric.Cosine) =>
        new() { Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = dimension, Metric = metric } } };

    /// <summary>The vector fields by name; the default one has the empty name. 1 to 16 of them.</summary>
    public IReadOnlyDictionary<string, VectorFieldOptions> Vectors { get; init; } =
        new Dictionary<string, VectorFieldOptions> { [""] = new() };

    /// <summary>Greatest number of records; null = unlimited.</summary>
    public long? Capacity { get; init; }

    /// <summary>Durability of writes that do not ask for another one; null = the database's (<see cref="DatabaseOptions.Durability"/>).</summary>
    public Durability? Durability { get; init; }

    /// <summary>
    /// The metadata fields that have an index, by name; dots lead into nested objects. At most 64, names of at most 512 bytes. Others come and go later by
    /// <see cref="Collection.CreateFieldIndex"/> and <see cref="Collection.DropFieldIndex"/>.
    /// </summary>
    public IReadOnlyDictionary<string, FieldIndexType> FieldIndexes { get; init; } = new Dictionary<string, FieldIndexType>();
}
