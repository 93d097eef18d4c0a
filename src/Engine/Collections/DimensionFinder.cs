using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Finds in a log the dimensions that a schema does not name: its previous copy may be from before the first vector. Thread safety: none.
/// </summary>
internal sealed class DimensionFinder(IFileSystem files, string partition, ulong collectionId)
{
    /// <summary>The schema with the dimensions that the log's first vectors have; the same object when none is missing.</summary>
    public CollectionSchema Complete(CollectionSchema schema)
    {
        string directory = DatabasePaths.Logs(partition);
        if (schema.Fields.All(field => field.Options.Dimension is not null) || !files.DirectoryExists(directory))
        {
            return schema;
        }

        foreach (string name in files.ListFiles(directory).Where(name => DatabasePaths.TryParseLog(name, out _) || DatabasePaths.TryParseCompactedLog(name, out _, out _)))
        {
            schema = Read(Path.Combine(directory, name), schema);
        }

        return schema;
    }

    private CollectionSchema Read(string path, CollectionSchema schema)
    {
        using IFile file = files.Open(path, OpenMode.Read);
        var bytes = new byte[SegmentHeader.Size];
        if (file.Read(bytes, 0) < bytes.Length || !SegmentHeader.TryRead(bytes, path, out SegmentHeader header, out _) || header.CollectionId != collectionId)
        {
            return schema;
        }

        var scanner = new SegmentScanner(new LogSegment(file, header, 0));
        while (scanner.TryNext(out FrameHeader frame, out ReadOnlySpan<byte> content) && schema.Fields.Any(field => field.Options.Dimension is null))
        {
            if (frame.Kind != FrameKind.Put || !RecordBody.TryRead(content.Slice(FrameHeader.Size, frame.BodyLength), out RecordBody record))
            {
                continue;
            }

            foreach (RecordVector vector in record.Vectors)
            {
                uint id = vector.Field;
                if (schema.Fields.FirstOrDefault(field => field.Id == id) is { Options.Dimension: null })
                {
                    schema = schema.WithDimension(id, vector.Dimension);
                }
            }
        }

        return schema;
    }
}
