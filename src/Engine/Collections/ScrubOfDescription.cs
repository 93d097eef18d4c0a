using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Checks a file that says what there is (<c>database.json</c>, <c>collection.json</c>) and its previous copy. The one that does not check is written anew
/// from memory. Thread safety: whoever calls holds the lock under which the file is replaced.
/// </summary>
internal static class ScrubOfDescription
{
    private const string Repaired = "It has been written anew.";
    private const string WhatToDo = "It could not be written anew. No record is lost by that: check the disk, and run `hypervex repair` when the database is closed.";

    /// <summary>Checks both; says how many bytes were read.</summary>
    /// <param name="files">Where the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="kind">The kind that its envelope must name.</param>
    /// <param name="content">What it should hold.</param>
    /// <param name="tally">Told what does not check.</param>
    public static long Run(IFileSystem files, string path, string kind, Func<byte[]> content, ScrubTally tally)
    {
        long bytes = Check(path, isNeeded: true);
        return bytes + Check(path + DatabasePaths.PreviousSuffix, isNeeded: false);

        long Check(string file, bool isNeeded)
        {
            if (!isNeeded && !files.FileExists(file))
            {
                return 0; // what has never been replaced has no previous copy
            }

            if (CheckedFile.Inspect(files, file, kind, out long read) is { } damage)
            {
                bool isRepaired = TryMend(files, file, kind, content());
                tally.Add(new VerifyFinding(file, $"{damage}. {(isRepaired ? Repaired : WhatToDo)}"), isRepaired);
            }

            return read;
        }
    }

    private static bool TryMend(IFileSystem files, string file, string kind, ReadOnlySpan<byte> content)
    {
        try
        {
            CheckedFile.Mend(files, file, kind, content);
            return true;
        }
        catch (HypervexException)
        {
            return false; // the finding says what to do
        }
    }
}
