namespace Hypervex.Server.Metrics;

/// <summary>
/// All metrics of a server.
/// Thread safety: constants.
/// </summary>
internal static class MetricList
{
    public static readonly MetricDescription Build = new("hypervex_build_info", "gauge", "Always 1; the label is the version of the server.", "version");
    public static readonly MetricDescription Ready = new("hypervex_ready", "gauge", "1 when the database is open, else 0.");
    public static readonly MetricDescription Requests = new("hypervex_http_request_duration_seconds", "histogram", "Time from a request's headers to the end of its answer.", "method", "route", "status");
    public static readonly MetricDescription Calls = new("hypervex_grpc_call_duration_seconds", "histogram", "Time from the headers of a call of gRPC to the end of its answer.", "method", "status");
    public static readonly MetricDescription Running = new("hypervex_requests_running", "gauge", "Requests that have a place among those that run at once.", "kind");
    public static readonly MetricDescription Waiting = new("hypervex_requests_waiting", "gauge", "Requests that wait for a place.", "kind");
    public static readonly MetricDescription Refused = new("hypervex_requests_refused_total", "counter", "Requests that got 429 for want of a place.", "kind");
    public static readonly MetricDescription Bodies = new("hypervex_body_bytes", "gauge", "Memory that bodies under way hold.");
    public static readonly MetricDescription Resident = new("hypervex_process_resident_bytes", "gauge", "Memory of the process that is resident, the mapped rows among it.");
    public static readonly MetricDescription DatabaseMemory = new("hypervex_memory_bytes", "gauge", "Memory that the engine holds for the database.");
    public static readonly MetricDescription OpenFiles = new("hypervex_open_files", "gauge", "Handles of log segments and row files that are open.");
    public static readonly MetricDescription Records = new("hypervex_collection_records", "gauge", "Records.", "collection");
    public static readonly MetricDescription Linked = new("hypervex_collection_linked_rows", "gauge", "Vectors that are linked into their graph.", "collection", "field");
    public static readonly MetricDescription Pending = new("hypervex_collection_pending_rows", "gauge", "Vectors that wait for their links and are scanned.", "collection", "field");
    public static readonly MetricDescription Searches = new("hypervex_collection_searches_total", "counter", "Walks and scans of searches since the collection was opened.", "collection");
    public static readonly MetricDescription Distances = new("hypervex_collection_distances_total", "counter", "Rows that they compared.", "collection");
    public static readonly MetricDescription Log = new("hypervex_collection_log_bytes", "gauge", "Bytes of the log on disk.", "collection");
    public static readonly MetricDescription Checkpoint = new("hypervex_collection_checkpoint_bytes", "gauge", "Bytes of the last checkpoint's files.", "collection");
    public static readonly MetricDescription Rows = new("hypervex_collection_row_file_bytes", "gauge", "Bytes of row files, or of rows where there is no disk.", "collection");
    public static readonly MetricDescription Garbage = new("hypervex_collection_garbage_ratio", "gauge", "The part of the log's bytes that is out of date, 0 to 1.", "collection");
    public static readonly MetricDescription Memory = new("hypervex_collection_memory_bytes", "gauge", "Memory by part: graph, codes, rows, record_table, field_indexes, reserved.", "collection", "part");
    public static readonly MetricDescription Syncs = new("hypervex_collection_log_sync_duration_seconds", "histogram", "Time of each sync of the log.", "collection");
    public static readonly MetricDescription ScrubProblems = new("hypervex_collection_scrub_problems", "gauge", "Places that did not check in the last scrub and in the one under way.", "collection");

    /// <summary>The metrics, in the order in which they are written.</summary>
    public static IReadOnlyList<MetricDescription> All { get; } =
    [
        Build, Ready, Requests, Calls, Running, Waiting, Refused, Bodies, Resident, DatabaseMemory, OpenFiles, Records, Linked, Pending, Searches, Distances, Log, Checkpoint, Rows, Garbage, Memory, Syncs, ScrubProblems,
    ];
}
