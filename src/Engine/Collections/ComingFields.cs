using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The vector fields whose dimensions a restore is the first to decide, with the space for their rows, before anybody else knows them. Disposing it takes those away
/// again that the partition has not begun to use, files included. Thread safety: none; nobody else decides a dimension meanwhile.
/// </summary>
internal sealed class ComingFields : IDisposable
{
    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly Partition _partition;
    private readonly List<VectorField> _fields = [];

    /// <param name="files">Where the rows will be.</param>
    /// <param name="directory">The partition's directory.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="schema">The schema with all dimensions that will be known.</param>
    /// <param name="records">Number of records that will come.</param>
    public ComingFields(IFileSystem files, string directory, Partition partition, CollectionSchema schema, int records)
    {
        _files = files;
        _directory = directory;
        _partition = partition;
        try
        {
            foreach (FieldSchema field in schema.Fields.Where(field => field.Options.Dimension is not null && partition.FieldOf(field.Id) is null))
            {
                _fields.Add(partition.NewField(field));
                _fields[^1].Rows.EnsureSpace(partition.Records.SlotCount + (long)records);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The fields; empty when the collection knows all dimensions.</summary>
    public IReadOnlyList<VectorField> Fields => _fields;

    public void Dispose()
    {
        foreach (VectorField field in _fields.Where(field => _partition.FieldOf(field.Schema.Id) != field))
        {
            field.Dispose();
            _files.DeleteDirectory(DatabasePaths.FieldChunks(_directory, field.Schema.Id));
        }
    }
}
