using System.Globalization;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Repairs a database that is closed: the authoritative files first, then each collection, whose derived files are left out and rebuilt from the
/// log at its next opening. Nothing is deleted that is not derived: what is replaced is copied into <c>quarantine/</c> first. Every step leaves a directory
/// that another repair can go on with. Thread safety: none.
/// </summary>
internal sealed class DatabaseRepair(IFileSystem files, string root, bool apply, TimeProvider time)
{
    private readonly List<RepairStep> _steps = [];
    private readonly List<RepairStep> _unrepairable = [];
    private readonly List<LostOperations> _lost = [];
    private readonly string _quarantine = DatabasePaths.Quarantine(root, time.GetUtcNow().ToUnixTimeMilliseconds());
    private bool _quarantined;

    public RepairReport Run()
    {
        SortedDictionary<string, ulong> collections = RepairCatalog();
        foreach ((string name, ulong id) in collections)
        {
            try
            {
                RepairCollection(name, id);
            }
            catch (HypervexException exception) when (exception.Code == ErrorCode.UnsupportedFormat)
            {
                _unrepairable.Add(new RepairStep(
                    Relative(DatabasePaths.Collection(root, id)),
                    exception.Message,
                    $"nothing: a newer version of Hypervex has written to the collection \"{name}\", or a bit of a format number has flipped. Repair it with that version, or restore it from a backup"));
            }
        }

        return new RepairReport
        {
            Applied = apply,
            Steps = _steps,
            Lost = _lost,
            Unrepairable = _unrepairable,
            Remaining = [],
            Quarantine = _quarantined ? _quarantine : null,
        };
    }

    private SortedDictionary<string, ulong> RepairCatalog()
    {
        string path = DatabasePaths.DatabaseFile(root);
        SortedDictionary<string, ulong>? listed = Catalog.TryReadNames(files, root, out string? damage);
        if (listed is not null && damage is null)
        {
            RepairPrevious(path, Catalog.InspectPrevious(files, root), () => Catalog.MendPrevious(files, root));
            return listed;
        }

        SortedDictionary<string, ulong> all = listed ?? new(StringComparer.Ordinal);
        foreach (string directory in files.DirectoryExists(DatabasePaths.Collections(root)) ? files.ListDirectories(DatabasePaths.Collections(root)) : [])
        {
            if (!DatabasePaths.TryParseHex(directory, out ulong id) || all.ContainsValue(id) || TryLoad(id, out _) is not { } schema)
            {
                continue;
            }

            string name = schema.Name;
            if (!all.TryAdd(name, id))
            {
                name = $"{name}-{directory}";
                all.Add(name, id);
            }
        }

        _steps.Add(new RepairStep(
            Relative(path),
            damage ?? "the file is missing",
            listed is null ? $"written anew from the collections' own descriptions ({all.Count} collections, a new node id)" : "replaced by its previous copy and the collections that are not in it"));
        if (apply)
        {
            Quarantine(path);
            if (listed is null)
            {
                Quarantine(path + DatabasePaths.PreviousSuffix);
            }

            Catalog.Write(files, root, all);
        }

        return all;
    }

    private void RepairCollection(string name, ulong id)
    {
        string directory = DatabasePaths.Collection(root, id);
        string path = DatabasePaths.CollectionFile(directory);
        CollectionSchema? schema = TryLoad(id, out string? damage);
        if (schema is null)
        {
            _unrepairable.Add(new RepairStep(
                Relative(path),
                damage ?? "the file is missing",
                $"nothing: nobody knows metric and fields of the collection \"{name}\". Its log stays; restore this file from a backup and repair again"));
            return;
        }

        string partition = DatabasePaths.Partition(directory, 0);
        RepairPartition(name, id, partition);
        CollectionSchema complete = new DimensionFinder(files, partition, id).Complete(schema);
        if (damage is not null || !ReferenceEquals(complete, schema))
        {
            _steps.Add(new RepairStep(Relative(path), damage ?? "a dimension is missing that records have", damage is null ? "the dimension is taken from the log" : "written anew with one flipped bit corrected, or from its previous copy with the dimensions that the log shows"));
            if (apply)
            {
                Quarantine(path);
                complete.Save(files, directory);
                complete.Save(files, directory); // the previous copy too: it may be the damaged one
            }
        }
        else
        {
            RepairPrevious(path, CollectionSchema.InspectPrevious(files, directory), () => schema.MendPrevious(files, directory));
        }
    }

    private void RepairPrevious(string path, string? damage, Action mend)
    {
        if (damage is null)
        {
            return;
        }

        string previous = path + DatabasePaths.PreviousSuffix;
        _steps.Add(new RepairStep(Relative(previous), damage, "written anew as a copy of the file, which is whole"));
        if (apply)
        {
            Quarantine(previous);
            mend();
        }
    }

    private void RepairPartition(string name, ulong id, string partition)
    {
        Manifest? manifest = Manifest.Load(files, partition) is { } readable && readable.CollectionId == id ? readable : null;
        IReadOnlyList<SegmentRepair> repairs = new LogRepair(files, partition, id, 0, manifest?.Durable ?? 0, manifest?.Compacted ?? []).Plan();
        foreach (SegmentRepair repair in repairs)
        {
            string remedy = repair.Header is null
                ? "the file goes into quarantine; the segments that it was made from are still there and take its place"
                : "the segment is written anew with every frame that checks; a copy of it goes into quarantine";
            _steps.AddRange(repair.Problems.Select(problem => new RepairStep(Relative(repair.Path), problem, remedy)));
            _lost.AddRange(repair.Lost.Select(lost => new LostOperations(name, lost.First, lost.Last, lost.Ids)));
        }

        List<VerifyFinding> findings = new DerivedFiles(files, partition, id).Check(rows: true);
        _steps.AddRange(findings.Select(finding => new RepairStep(Relative(finding.File), finding.Message, "removed; it is rebuilt from the log when the collection opens")));
        if (!apply || (repairs.Count == 0 && findings.Count == 0))
        {
            return;
        }

        DerivedFiles.Remove(files, partition); // before places in the log move
        foreach (SegmentRepair repair in repairs)
        {
            SegmentRewriter.Apply(files, repair, CopyOf(repair.Path));
            _quarantined = true;
        }
    }

    private CollectionSchema? TryLoad(ulong id, out string? damage)
    {
        try
        {
            CollectionSchema? schema = CollectionSchema.Load(files, DatabasePaths.Collection(root, id), out damage, corrects: true);
            if (schema is not null && schema.Id != id)
            {
                damage = $"it describes the collection {DatabasePaths.Hex(schema.Id)}";
                return null;
            }

            return schema;
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Damaged)
        {
            damage = exception.Message;
            return null;
        }
    }

    private void Quarantine(string path)
    {
        if (files.FileExists(path))
        {
            SegmentRewriter.Copy(files, path, CopyOf(path));
            _quarantined = true;
        }
    }

    private string CopyOf(string path) => Path.Combine(_quarantine, Relative(path).Replace(Path.DirectorySeparatorChar, '_'));

    private string Relative(string path) => path.StartsWith(root, StringComparison.Ordinal) ? Path.GetRelativePath(root, path) : path;
}
