namespace Hypervex;

/// <summary>The limits that the engine enforces at every door; docs/limits.md prints the same table.</summary>
public static class Limits
{
    /// <summary>Greatest number of components of a vector.</summary>
    public const int MaxDimension = 65_536;

    /// <summary>Greatest number of hits of one search.</summary>
    public const int MaxK = 10_000;

    /// <summary>Greatest width of the search beam.</summary>
    public const int MaxEf = 65_536;

    /// <summary>Greatest oversampling of a search.</summary>
    public const int MaxOversampling = 100;

    /// <summary>Range of the recall that a search may ask for.</summary>
    public const float MinTargetRecall = 0.5f, MaxTargetRecall = 0.999f;

    /// <summary>Greatest number of searches in one batch.</summary>
    public const int MaxSearches = 10_000;

    /// <summary>Greatest number of positive and negative examples of a recommendation together.</summary>
    public const int MaxExamples = 64;

    /// <summary>Greatest number of records that a diverse search chooses from.</summary>
    public const int MaxDiverseCandidates = 1_000;

    /// <summary>Greatest number of records in one batch.</summary>
    public const int MaxBatch = 10_000;

    /// <summary>Greatest size of one batch in the log, in bytes.</summary>
    public const int MaxBatchBytes = 256 << 20;

    /// <summary>Greatest number of records of one page of a listing.</summary>
    public const int MaxPage = 10_000;

    /// <summary>Greatest length of an id in UTF-8 bytes.</summary>
    public const int MaxIdBytes = 512;

    /// <summary>Greatest length of a collection's or vector field's name in UTF-8 bytes.</summary>
    public const int MaxNameBytes = 128;

    /// <summary>Greatest length of a record's metadata in its canonical encoding.</summary>
    public const int MaxMetadataBytes = 64 * 1024;

    /// <summary>Greatest nesting of metadata; the outermost object is level 1.</summary>
    public const int MaxMetadataDepth = 8;

    /// <summary>Greatest length of a document in UTF-8 bytes.</summary>
    public const int MaxDocumentBytes = 1024 * 1024;

    /// <summary>Greatest number of nodes of a filter tree.</summary>
    public const int MaxFilterNodes = 256;

    /// <summary>Bytes in UTF-8 of a word of a text that count for <c>$match</c>; what is behind them does not.</summary>
    public const int MaxTokenBytes = 64;

    /// <summary>Greatest number of different words in the operand of <c>$match</c>.</summary>
    public const int MaxMatchTokens = 64;

    /// <summary>Greatest number of aliases of a database.</summary>
    public const int MaxAliases = 1_000;

    /// <summary>Greatest number of field indexes of a collection.</summary>
    public const int MaxFieldIndexes = 64;

    /// <summary>Greatest length of the name of an indexed field in UTF-8 bytes.</summary>
    public const int MaxIndexedNameBytes = 512;

    /// <summary>Greatest number of vector fields of a collection.</summary>
    public const int MaxVectorFields = 16;

    /// <summary>Range of <see cref="DatabaseOptions.PendingLimit"/>.</summary>
    public const int MinPendingLimit = 64, MaxPendingLimit = 10_000_000;

    /// <summary>Greatest <see cref="DatabaseOptions.TombstoneRetention"/> in days.</summary>
    public const int MaxTombstoneDays = 3_650;

    /// <summary>Range of the HNSW parameter m (links per node and level).</summary>
    public const int MinM = 2, MaxM = 128;

    /// <summary>Range of the curvature of hyperbolic fields.</summary>
    public const double MinCurvature = 1e-6, MaxCurvature = 1e6;

    /// <summary>Greatest efConstruction.</summary>
    public const int MaxEfConstruction = 4_096;
}
