using System.Globalization;

namespace Hypervex.Server.Routes;

/// <summary>
/// How much a search may answer.
/// Thread safety: pure functions.
/// </summary>
internal static class AnswerSize
{
    /// <summary>Checks how many vector components the answers to searches can carry: the engine hands out the vectors of all hits at once.</summary>
    /// <param name="collection">The collection that is searched.</param>
    /// <param name="greatest">Components that an answer may carry.</param>
    /// <param name="searches">Of each search the greatest number of hits, and what is read of a hit.</param>
    /// <param name="hitsOfEach">Hits that stand in the place of one.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.LimitOutOfRange"/>.</exception>
    public static void Check(Collection collection, long greatest, IEnumerable<(int TopK, Include Include)> searches, int hitsOfEach = 1)
    {
        long ofOneRecord = collection.Options.Vectors.Values.Sum(field => (long)(field.Dimension ?? 0));
        long asked = searches.Sum(search => search.Include.HasFlag(Include.Vectors) ? Math.Min((long)search.TopK * hitsOfEach, collection.Count * hitsOfEach) * ofOneRecord : 0);
        if (asked > greatest)
        {
            throw new HypervexException(
                ErrorCode.LimitOutOfRange,
                string.Create(CultureInfo.InvariantCulture, $"The answer would carry {asked} vector components, at most {greatest} are allowed; ask for fewer results, or leave vectors out of \"include\" and read them with POST .../vectors/get."));
        }
    }
}
