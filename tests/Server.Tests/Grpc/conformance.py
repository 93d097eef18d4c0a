"""Calls a Hypervex server with the gRPC library of Python, case by case.

usage: conformance.py HOST:PORT DIRECTORY-OF-GENERATED-MODULES
Prints one line per case: "NAME<tab>ok", or "NAME<tab>" and what was wrong.
"""

import struct
import sys
import threading
import traceback

sys.path.insert(0, sys.argv[2])

import grpc

grpc.__path__.append(sys.argv[2] + "/grpc")  # the health service's package has the name of the library
from grpc.health.v1 import health_pb2 as health
from hypervex.v1 import errors_pb2, records_pb2 as r, search_pb2 as s

WAIT = 60  # seconds; only a call that hangs takes that long
channel = grpc.insecure_channel(sys.argv[1])
cases = []


def case(function):
    cases.append(function)
    return function


def unary(path, answer, on=None):
    return (on or channel).unary_unary(path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=answer.FromString)


insert = unary("/hypervex.v1.Records/Insert", r.WriteResponse)
upsert = unary("/hypervex.v1.Records/Upsert", r.WriteResponse)
get = unary("/hypervex.v1.Records/Get", r.Record)
update = unary("/hypervex.v1.Records/Update", r.WriteResponse)
delete = unary("/hypervex.v1.Records/Delete", r.DeleteResponse)
upsert_batch = unary("/hypervex.v1.Records/UpsertBatch", r.UpsertBatchResponse)
get_batch = unary("/hypervex.v1.Records/GetBatch", r.GetBatchResponse)
delete_batch = unary("/hypervex.v1.Records/DeleteBatch", r.DeleteBatchResponse)
update_where = unary("/hypervex.v1.Records/UpdateWhere", r.UpdateWhereResponse)
list_records = unary("/hypervex.v1.Records/List", r.ListResponse)
count = unary("/hypervex.v1.Records/Count", r.CountResponse)
count_values = unary("/hypervex.v1.Records/CountValues", r.CountValuesResponse)
sample = unary("/hypervex.v1.Records/Sample", r.SampleResponse)
search = unary("/hypervex.v1.Search/Search", s.SearchResponse)
search_groups = unary("/hypervex.v1.Search/SearchGroups", s.SearchGroupsResponse)
search_batch = unary("/hypervex.v1.Search/SearchBatch", s.SearchBatchResponse)
check = unary("/grpc.health.v1.Health/Check", health.HealthCheckResponse)


def stream(kind, path, answer):
    return getattr(channel, kind)(path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=answer.FromString)


upsert_stream = stream("stream_stream", "/hypervex.v1.Records/UpsertStream", r.UpsertStreamResponse)
import_records = stream("stream_unary", "/hypervex.v1.Records/Import", r.ImportResponse)
export = stream("unary_stream", "/hypervex.v1.Records/Export", r.ExportResponse)
search_stream = stream("unary_stream", "/hypervex.v1.Search/SearchBatchStream", s.SearchResponse)
watch = stream("unary_stream", "/grpc.health.v1.Health/Watch", health.HealthCheckResponse)


def vector(*values):
    return r.Vector(values=values)


def record(vector_id, *values, **metadata):
    return r.Record(vector_id=vector_id, vector=vector(*values), metadata=r.Metadata(fields={k: value(v) for k, v in metadata.items()}))


def value(v):
    if v is None:
        return r.Value(null=True)
    if isinstance(v, bool):
        return r.Value(boolean=v)
    if isinstance(v, int):
        return r.Value(integer=v)
    if isinstance(v, float):
        return r.Value(number=v)
    if isinstance(v, str):
        return r.Value(text=v)
    if isinstance(v, list):
        return r.Value(list=r.ValueList(items=[value(x) for x in v]))
    return r.Value(object=r.Metadata(fields={k: value(x) for k, x in v.items()}))


def fails(call, status, code):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == status, f"{error.code()} {error.details()}"
        trailers = dict(error.trailing_metadata())
        assert trailers.get("hypervex-code") == code, trailers
        details = errors_pb2.ErrorStatus.FromString(trailers["grpc-status-details-bin"])
        assert details.code == status.value[0] and details.message == error.details(), details
        inner = errors_pb2.ErrorDetails()
        assert details.details[0].Unpack(inner) and inner.code == code, details
        return error
    raise AssertionError("the call succeeded")


def query(*values, **options):
    return s.SearchRequest(search=s.SearchQuery(query_vector=vector(*values), **options))


@case
def unary_call():
    written = insert(r.InsertRequest(record=record("oak", 0.9, 0.1, kind="tree", year=2020)), timeout=WAIT)
    assert written.vector_id == "oak" and written.created and len(written.version) == 32
    found = get(r.GetRequest(vector_id="oak"), timeout=WAIT)
    assert abs(found.vector.values[0] - 0.9) < 1e-6 and found.metadata.fields["year"].integer == 2020
    assert found.created_at == written.created_at and found.version == written.version
    assert not found.HasField("document") and not found.HasField("expires_at")


@case
def an_id_that_is_left_out_is_made():
    made = insert(r.InsertRequest(record=record("", 1, 0)), timeout=WAIT).vector_id
    assert len(made) == 36
    delete(r.DeleteRequest(vector_id=made), timeout=WAIT)


@case
def raw_vectors_both_ways():
    raw = struct.pack("<2f", 0.5, -0.25)
    upsert(r.UpsertRequest(record=r.Record(vector_id="raw", vector=r.Vector(raw=raw), document="text")), timeout=WAIT)
    back = get(r.GetRequest(vector_id="raw", include=r.Include(vector=True, vector_form=r.VECTOR_FORM_RAW)), timeout=WAIT)
    assert back.vector.raw == raw and len(back.vector.values) == 0 and not back.HasField("document") and not back.HasField("metadata")
    assert list(get(r.GetRequest(vector_id="raw"), timeout=WAIT).vector.values) == [0.5, -0.25]
    fails(lambda: upsert(r.UpsertRequest(record=r.Record(vector=r.Vector(raw=b"12345"))), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_vector")
    fails(lambda: upsert(r.UpsertRequest(record=r.Record(vector=r.Vector(raw=raw, values=[1, 2]))), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_vector")
    delete(r.DeleteRequest(vector_id="raw"), timeout=WAIT)


@case
def metadata_of_every_kind_survives():
    sent = {"null": None, "yes": True, "big": 2**53 + 1, "pi": 3.5, "text": "Zoë", "list": [1, "a", [False]], "object": {"deep": {"er": 1}}, "empty": {}}
    message = record("meta", 1, 1, **sent)
    upsert(r.UpsertRequest(record=message), timeout=WAIT)
    assert get(r.GetRequest(vector_id="meta"), timeout=WAIT).metadata == message.metadata
    bad = record("meta", 1, 1)
    bad.metadata.fields["none"].CopyFrom(r.Value())
    fails(lambda: upsert(r.UpsertRequest(record=bad), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_metadata")
    nan = record("meta", 1, 1, nan=float("nan"))
    fails(lambda: upsert(r.UpsertRequest(record=nan), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_metadata")
    delete(r.DeleteRequest(vector_id="meta"), timeout=WAIT)


@case
def update_merges_and_versions_guard():
    first = upsert(r.UpsertRequest(record=record("elm", 0.8, 0.2, kind="tree", year=1)), timeout=WAIT)
    second = update(r.UpdateRequest(vector_id="elm", metadata=r.Metadata(fields={"year": value(None), "height": value(30)}), document="tall"), timeout=WAIT)
    assert not second.created and second.version != first.version
    found = get(r.GetRequest(vector_id="elm"), timeout=WAIT)
    assert set(found.metadata.fields) == {"kind", "height"} and found.document == "tall"
    fails(lambda: update(r.UpdateRequest(vector_id="elm", document="x", if_version=first.version), timeout=WAIT), grpc.StatusCode.ABORTED, "version_mismatch")
    fails(lambda: delete(r.DeleteRequest(vector_id="elm", if_version="no version"), timeout=WAIT), grpc.StatusCode.ABORTED, "version_mismatch")
    replaced = r.UpdateRequest(vector_id="elm", metadata=r.Metadata(fields={"kind": value("tree")}), metadata_mode=r.METADATA_MODE_REPLACE, if_version=second.version)
    update(replaced, timeout=WAIT)
    assert set(get(r.GetRequest(vector_id="elm"), timeout=WAIT).metadata.fields) == {"kind"}


@case
def expiry_is_set_and_taken_back():
    mortal = record("may", 0.5, 0.5)
    mortal.expires_at.FromJsonString("2999-05-31T21:59:59Z")
    upsert(r.UpsertRequest(record=mortal), timeout=WAIT)
    assert get(r.GetRequest(vector_id="may"), timeout=WAIT).expires_at == mortal.expires_at
    update(r.UpdateRequest(vector_id="may", never_expires=True), timeout=WAIT)
    assert not get(r.GetRequest(vector_id="may"), timeout=WAIT).HasField("expires_at")
    mortal.expires_at.seconds = 10**15
    fails(lambda: upsert(r.UpsertRequest(record=mortal), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument")
    delete(r.DeleteRequest(vector_id="may"), timeout=WAIT)


@case
def statuses_and_details():
    fails(lambda: get(r.GetRequest(vector_id="yak"), timeout=WAIT), grpc.StatusCode.NOT_FOUND, "not_found")
    fails(lambda: delete(r.DeleteRequest(vector_id="yak"), timeout=WAIT), grpc.StatusCode.NOT_FOUND, "not_found")
    fails(lambda: insert(r.InsertRequest(record=record("oak", 1, 1)), timeout=WAIT), grpc.StatusCode.ALREADY_EXISTS, "already_exists")
    fails(lambda: insert(r.InsertRequest(record=record("x", 1, 1, 1)), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "dimension_mismatch")
    fails(lambda: insert(r.InsertRequest(record=record("x", float("nan"), 1)), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "non_finite_vector")
    fails(lambda: insert(r.InsertRequest(record=record("x", 0, 0)), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "zero_norm")
    fails(lambda: insert(r.InsertRequest(), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_vector")
    fails(lambda: insert(r.InsertRequest(record=record("i" * 513, 1, 1)), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_id")
    fails(lambda: count(r.CountRequest(collection="nowhere"), timeout=WAIT), grpc.StatusCode.NOT_FOUND, "collection_not_found")
    fails(lambda: count(r.CountRequest(filter="{"), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_json")
    fails(lambda: count(r.CountRequest(filter='{"a": {"$x": 1}}'), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_filter")
    error = fails(lambda: get(r.GetRequest(vector_id="Zoë 100%\n"), timeout=WAIT), grpc.StatusCode.NOT_FOUND, "not_found")
    assert "Zoë 100%" in error.details(), error.details()


@case
def method_that_is_not_served():
    for path in ["/hypervex.v1.Records/Fly", "/nothing/Here"]:
        fails(lambda: unary(path, r.CountResponse)(r.CountRequest(), timeout=WAIT), grpc.StatusCode.UNIMPLEMENTED, "route_not_found")


@case
def batches():
    answer = upsert_batch(r.UpsertBatchRequest(records=[record("a", 1, 0, n=1), record("b", 0, 1, n=2), record("a", 1, 1, n=3)]), timeout=WAIT)
    assert (answer.upserted, list(answer.vector_ids), list(answer.superseded)) == (2, ["a", "b", "a"], [0])
    fails(lambda: upsert_batch(r.UpsertBatchRequest(records=[record("c", 1, 0), record("d", 1)]), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "dimension_mismatch")
    partial = upsert_batch(r.UpsertBatchRequest(partial=True, records=[record("c", 1, 0), record("d", 1), r.Record(vector_id="e")]), timeout=WAIT)
    assert partial.upserted == 1 and list(partial.vector_ids) == ["c", "", ""]
    assert [(e.index, e.code) for e in partial.errors] == [(1, "dimension_mismatch"), (2, "invalid_vector")], partial
    found = get_batch(r.GetBatchRequest(vector_ids=["b", "yak", "a"], include=r.Include(metadata=True)), timeout=WAIT)
    assert [x.vector_id for x in found.records] == ["b", "a"] and list(found.missing) == ["yak"]
    assert found.records[1].metadata.fields["n"].integer == 3 and not found.records[0].HasField("vector")
    assert count(r.CountRequest(filter='{"n": {"$gte": 2}}'), timeout=WAIT).count == 2
    assert update_where(r.UpdateWhereRequest(filter='{"n": 2}', metadata=r.Metadata(fields={"m": value("x")})), timeout=WAIT).updated == 1
    fails(lambda: update_where(r.UpdateWhereRequest(filter="{}"), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument")
    values = count_values(r.CountValuesRequest(field="n"), timeout=WAIT)
    assert values.different_values == 2 and sorted(x.value.integer for x in values.values) == [2, 3]
    assert len(sample(r.SampleRequest(limit=2, seed=7), timeout=WAIT).records) == 2
    assert delete_batch(r.DeleteBatchRequest(filter='{"m": "x"}'), timeout=WAIT).deleted == 1
    assert delete_batch(r.DeleteBatchRequest(vector_ids=["a", "c", "yak"]), timeout=WAIT).deleted == 2
    fails(lambda: delete_batch(r.DeleteBatchRequest(vector_ids=["a"], filter="{}"), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument")


@case
def client_stream():
    def batches():
        for start in range(0, 300, 100):
            yield r.ImportRequest(records=[record(f"i{i}", 1, i + 1, batch=start) for i in range(start, start + 100)])

    assert import_records(batches(), timeout=WAIT).imported == 300
    assert count(r.CountRequest(filter='{"batch": {"$exists": true}}'), timeout=WAIT).count == 300


@case
def client_stream_stops_at_a_bad_batch():
    def batches():
        yield r.ImportRequest(records=[record("good", 1, 1)])
        yield r.ImportRequest(records=[record("bad", 1, 1, 1)])
        yield r.ImportRequest(records=[record("late", 1, 1)])

    fails(lambda: import_records(batches(), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "dimension_mismatch")
    assert list(get_batch(r.GetBatchRequest(vector_ids=["good", "bad", "late"]), timeout=WAIT).missing) == ["bad", "late"]
    delete(r.DeleteRequest(vector_id="good"), timeout=WAIT)


@case
def server_stream():
    pages = list(export(r.ExportRequest(include=r.Include(metadata=True)), timeout=WAIT))
    ids = [x.vector_id for page in pages for x in page.records]
    assert len(ids) == len(set(ids)) == count(r.CountRequest(), timeout=WAIT).count and "oak" in ids


@case
def server_stream_of_many_messages():
    wide = r.Record(document="x" * 700_000, vector=vector(1, 1))
    for i in range(8):
        wide.vector_id = f"wide{i}"
        upsert(r.UpsertRequest(record=wide), timeout=WAIT)
    pages = list(export(r.ExportRequest(), timeout=WAIT))
    assert len(pages) >= 4 and all(page.ByteSize() < 4 << 20 for page in pages), [page.ByteSize() for page in pages]
    seen, cursor = [], ""
    while True:
        page = list_records(r.ListRequest(limit=10_000, cursor=cursor, filter='{"no": {"$exists": false}}'), timeout=WAIT)
        assert page.ByteSize() < 2 << 20, page.ByteSize()
        seen += [x.vector_id for x in page.records]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == count(r.CountRequest(), timeout=WAIT).count
    delete_batch(r.DeleteBatchRequest(vector_ids=[f"wide{i}" for i in range(8)]), timeout=WAIT)


@case
def lists_in_order():
    page = list_records(r.ListRequest(limit=2, order_by="batch", descending=True), timeout=WAIT)
    assert [x.metadata.fields["batch"].integer for x in page.records] == [200, 200] and page.next_cursor
    fails(lambda: list_records(r.ListRequest(limit=10_001), timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "limit_out_of_range")


@case
def duplex_acknowledges_each_batch_before_the_next_is_sent():
    acknowledged = threading.Semaphore(0)

    def batches():
        for tag in range(5):
            yield r.UpsertStreamRequest(tag=tag, records=[record(f"s{tag}", 1, tag + 1), record("same", 1, tag + 1)])
            assert acknowledged.acquire(timeout=WAIT)

    tags = []
    for answer in upsert_stream(batches(), timeout=WAIT):
        assert answer.upserted == 2 and list(answer.vector_ids) == [f"s{answer.tag}", "same"]
        assert len(get(r.GetRequest(vector_id=f"s{answer.tag}"), timeout=WAIT).vector.values) == 2
        tags.append(answer.tag)
        acknowledged.release()
    assert tags == [0, 1, 2, 3, 4]


@case
def duplex_ends_with_the_error_of_a_batch():
    answers = upsert_stream(iter([r.UpsertStreamRequest(tag=1, records=[record("s9", 1, 1)]), r.UpsertStreamRequest(tag=2, records=[record("s10", 1)])]), timeout=WAIT)
    assert next(answers).tag == 1
    fails(lambda: next(answers), grpc.StatusCode.INVALID_ARGUMENT, "dimension_mismatch")


@case
def searches():
    found = search(query(1, 0, top_k=3, filter='{"kind": "tree"}'), timeout=WAIT)
    assert [x.vector_id for x in found.results] == ["oak", "elm"] and found.results[0].metadata.fields["kind"].text == "tree"
    assert abs(found.results[0].score - 0.9938837) < 1e-5 and found.results[0].distance < found.results[1].distance
    assert not found.HasField("explain") and not found.HasField("ef") and found.limited_by == s.SEARCH_LIMIT_UNSPECIFIED
    by_id = search(s.SearchRequest(search=s.SearchQuery(vector_id="oak", top_k=1, include=r.Include(vector=True))), timeout=WAIT)
    assert by_id.results[0].vector_id != "oak" and len(by_id.results[0].vector.values) == 2 and not by_id.results[0].HasField("metadata")
    exact = search(query(1, 0, top_k=1, exact=True, explain=True), timeout=WAIT)
    assert exact.explain.plan == "scan" and exact.results[0].vector_id == "oak"
    limited = search(query(1, 0, radius=2.0, top_k=1), timeout=WAIT)
    assert limited.limited_by == s.SEARCH_LIMIT_TOP_K
    groups = search_groups(s.SearchGroupsRequest(search=query(1, 0, top_k=5).search, group_by="batch", group_size=2), timeout=WAIT)
    assert sorted(g.value.integer for g in groups.groups) == [0, 100, 200] and all(len(g.results) == 2 for g in groups.groups)
    examples = s.Examples(positive=[s.Example(vector_id="oak"), s.Example(vector=vector(1, 0))], strategy=s.RECOMMEND_STRATEGY_BEST_SCORE)
    alike = search(s.SearchRequest(search=s.SearchQuery(examples=examples, top_k=1)), timeout=WAIT)
    assert len(alike.results) == 1 and alike.results[0].vector_id != "oak"
    diverse = search(query(1, 0, top_k=2, mmr=s.Diversity(candidates=50)), timeout=WAIT)
    assert diverse.results[0].vector_id == "oak" and len(diverse.results) == 2


@case
def searches_that_are_refused():
    for bad, code in [
        (s.SearchRequest(), "invalid_vector"),
        (query(1, 0, top_k=0), "limit_out_of_range"),
        (query(1, 0, top_k=10_001), "limit_out_of_range"),
        (query(1, 0, ef=0), "limit_out_of_range"),
        (query(1, 0, target_recall=0), "limit_out_of_range"),
        (query(1, 0, 0), "dimension_mismatch"),
        (query(), "invalid_vector"),
        (s.SearchRequest(search=s.SearchQuery(examples=s.Examples())), "invalid_argument"),
    ]:
        fails(lambda: search(bad, timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, code)
    fails(lambda: search(s.SearchRequest(search=s.SearchQuery(vector_id="yak")), timeout=WAIT), grpc.StatusCode.NOT_FOUND, "not_found")


@case
def batches_of_searches():
    several = s.SearchBatchRequest(searches=[query(1, 0, top_k=1).search, query(0, 1, top_k=2).search])
    answer = search_batch(several, timeout=WAIT)
    assert [len(x.results) for x in answer.results] == [1, 2]
    assert [x.SerializeToString(deterministic=True) for x in search_stream(several, timeout=WAIT)] == [x.SerializeToString(deterministic=True) for x in answer.results]
    too_many = s.SearchBatchRequest(searches=[query(1, 0).search] * 1_001)
    fails(lambda: search_batch(too_many, timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "limit_out_of_range")


@case
def deadline():
    def never():
        yield r.UpsertStreamRequest(records=[record("s11", 1, 1)])
        threading.Event().wait(WAIT)

    answers = upsert_stream(never(), timeout=0.5)
    try:
        for _ in answers:
            pass
        raise AssertionError("the call ended without an error")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error


@case
def cancel():
    watching = watch(health.HealthCheckRequest(), timeout=WAIT)
    assert next(watching).status == health.HealthCheckResponse.SERVING
    watching.cancel()
    assert watching.code() == grpc.StatusCode.CANCELLED
    assert check(health.HealthCheckRequest(), timeout=WAIT).status == health.HealthCheckResponse.SERVING


@case
def oversize():
    large = r.UpsertRequest(record=r.Record(vector_id="large", document="x" * (33 << 20), vector=vector(1, 1)))
    fails(lambda: upsert(large, timeout=WAIT), grpc.StatusCode.RESOURCE_EXHAUSTED, "body_too_large")
    assert check(health.HealthCheckRequest(), timeout=WAIT).status == health.HealthCheckResponse.SERVING


@case
def bad_protobuf():
    garbage = channel.unary_unary("/hypervex.v1.Records/Get", request_serializer=lambda m: m, response_deserializer=r.Record.FromString)
    fails(lambda: garbage(b"\xff\xff\xff", timeout=WAIT), grpc.StatusCode.INTERNAL, "bad_request")
    fails(lambda: garbage(b"\x12\x02\xc3\x28", timeout=WAIT), grpc.StatusCode.INTERNAL, "bad_request")


@case
def compression():
    with grpc.insecure_channel(sys.argv[1], compression=grpc.Compression.Gzip) as compressed:
        page = unary("/hypervex.v1.Records/List", r.ListResponse, on=compressed)(r.ListRequest(limit=200), timeout=WAIT)
        assert len(page.records) == 200
        batch = r.UpsertBatchRequest(records=[record(f"z{i}", 1, i + 1) for i in range(500)])
        assert unary("/hypervex.v1.Records/UpsertBatch", r.UpsertBatchResponse, on=compressed)(batch, timeout=WAIT).upserted == 500
    with grpc.insecure_channel(sys.argv[1], compression=grpc.Compression.Deflate) as unknown:
        fails(lambda: unary("/hypervex.v1.Records/UpsertBatch", r.UpsertBatchResponse, on=unknown)(batch, timeout=WAIT), grpc.StatusCode.UNIMPLEMENTED, "bad_request")


@case
def metadata_of_the_answer():
    _, call = count.with_call(r.CountRequest(), timeout=WAIT, metadata=[("x-request-id", "python-1")])
    headers = dict(call.initial_metadata())
    assert headers["x-request-id"] == "python-1", headers


@case
def health_of_services():
    for name in ["", "hypervex.v1.Records", "hypervex.v1.Search"]:
        assert check(health.HealthCheckRequest(service=name), timeout=WAIT).status == health.HealthCheckResponse.SERVING
    fails(lambda: check(health.HealthCheckRequest(service="hypervex.v1.Nothing"), timeout=WAIT), grpc.StatusCode.NOT_FOUND, "not_found")
    unknown = watch(health.HealthCheckRequest(service="hypervex.v1.Nothing"), timeout=WAIT)
    assert next(unknown).status == health.HealthCheckResponse.SERVICE_UNKNOWN
    unknown.cancel()


@case
def many_calls_at_once():
    futures = [search.future(query(1, 0.1 * i, top_k=5), timeout=WAIT) for i in range(200)]
    assert all(len(future.result().results) == 5 for future in futures)


for function in cases:
    try:
        function()
        print(f"{function.__name__}\tok", flush=True)
    except BaseException as error:  # a case that fails must not hide the others
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(f"{type(error).__name__} line {place.lineno} ({place.name}): {error}".split())
        print(f"{function.__name__}\t{text}", flush=True)
