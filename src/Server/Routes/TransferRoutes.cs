using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http.Features;

namespace Hypervex.Server.Routes;

/// <summary>
/// Newline-delimited JSON of any size, streamed: import and export.
/// Thread safety: pure functions.
/// </summary>
internal static class TransferRoutes
{
    private const int PageSize = 1_000;

    public static void Add(RouteTable routes)
    {
        routes.AddUnlimitedVectors(Access.Write, "POST", "/import", ImportAsync, "from_line", "durability");
        routes.AddUnlimitedVectors(Access.Read, "GET", "/export", ExportAsync, "include", "vector_format");
    }

    private static async Task ImportAsync(Exchange exchange)
    {
        RequestBody.CheckType(exchange.Context.Request, "application/x-ndjson", "application/jsonl");
        Collection collection = exchange.Collection;
        long fromLine = exchange.QueryInteger("from_line", 1, 1, long.MaxValue);
        WriteOptions options = (exchange.ReadWriteOptions() ?? new WriteOptions()) with { KeepCreatedAt = true };
        exchange.Context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        using var lines = new LineReader(exchange.Context.Request.Body, exchange.Server.Bodies, exchange.Server.Options.Limits.MaxLineBytes);
        var import = new Import(collection, options, exchange.IsBits, exchange.Confirm);
        try
        {
            while (await NextAsync(lines, import, exchange.Aborted).ConfigureAwait(false))
            {
                if (lines.Number >= fromLine)
                {
                    await import.AddAsync(lines, exchange.Aborted).ConfigureAwait(false);
                }
            }

            await import.FlushAsync(exchange.Aborted).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HypervexException or RefusedException)
        {
            await AnswerStoppedAsync(exchange, import, lines, error).ConfigureAwait(false);
            return;
        }

        await exchange.AnswerAsync(new ImportAnswer { Imported = import.Count, Lines = lines.Number }, WireJson.Default.ImportAnswer).ConfigureAwait(false);
    }

    // What came before a line that cannot be read is written first.
    private static async ValueTask<bool> NextAsync(LineReader lines, Import import, CancellationToken cancellationToken)
    {
        try
        {
            return await lines.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HypervexException or RefusedException)
        {
            await import.FlushAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private static Task AnswerStoppedAsync(Exchange exchange, Import import, LineReader lines, Exception error)
    {
        (string code, string detail) = Problem.Of(error);

        // A line that could not be read at all has not been counted yet.
        long line = import.FaultyLine ?? lines.Number + 1;
        exchange.Context.Response.Headers.Connection = "close";
        return Problem.WriteAsync(
            exchange.Context,
            new ProblemMessage { Code = code, Detail = detail, Line = line, Imported = import.Count, ResumeFromLine = import.NextLine });
    }

    private static async Task ExportAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        RecordParts parts = RecordPartNames.Parse(exchange.Query("include"), RecordParts.All);
        VectorText vectorText = exchange.VectorText;
        int pageSize = Math.Min(PageSize, RecordRoutes.PartSize(collection, parts));
        using var answer = new JsonAnswer(exchange.Context, "application/x-ndjson");
        string? cursor = null;
        do
        {
            exchange.Confirm();
            RecordPage page = collection.List(new ListOptions { Limit = pageSize, Cursor = cursor, Include = parts.ToInclude() });
            foreach (VectorRecord record in page.Records)
            {
                RecordJson.Write(answer.Writer, record, parts, vectorText);
                answer.EndLine();
                await answer.DrainAsync().ConfigureAwait(false);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);

        await answer.SendAsync().ConfigureAwait(false);
    }
}
