namespace Hypervex.Cli.Benchmarks;

/// <summary>Whether rows, queries and true neighbours fit together.</summary>
internal static class AnnInput
{
    /// <summary>Checks before an hour of measuring is wasted.</summary>
    /// <exception cref="CommandException">They do not fit; says how.</exception>
    public static void Check(
        AnnSettings settings, List<float[]> rows, List<float[]> queries, int[][]? truth, string rowFile, string queryFile)
    {
        if (rows.Count == 0 || queries.Count == 0)
        {
            throw Refuse($"{(rows.Count == 0 ? rowFile : queryFile)} holds no vector.");
        }

        if (rows[0].Length != queries[0].Length)
        {
            throw Refuse($"The rows of {rowFile} have {rows[0].Length} components, those of {queryFile} {queries[0].Length}.");
        }

        if (settings.K > rows.Count)
        {
            throw Refuse($"--k is {settings.K}, but {rowFile} holds {rows.Count} rows.");
        }

        for (int query = 0; query < Math.Min(queries.Count, truth?.Length ?? 0); query++)
        {
            int[] neighbours = truth![query];
            if (neighbours.Length < settings.K)
            {
                throw Refuse($"The ground truth of query {query} has {neighbours.Length} neighbours; --k {settings.K} needs as many.");
            }

            if (Array.FindIndex(neighbours, 0, settings.K, row => row < 0 || row >= rows.Count) is >= 0 and int at)
            {
                throw Refuse($"The ground truth of query {query} names row {neighbours[at]}; {rowFile} has rows 0 to {rows.Count - 1}.");
            }
        }
    }

    private static CommandException Refuse(string message) => CommandException.Create("bad_data_file", message, ExitCode.BadDataFile);
}
