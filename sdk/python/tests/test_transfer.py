"""Imports and exports: streams of any length."""

import json
import tracemalloc

import pytest

from hypervex import ConnectionError, ImportStoppedError, NotFoundError, ValidationError
from hypervex._async import lines as async_lines
from hypervex._sync import lines as sync_lines


@pytest.fixture
def small_requests(monkeypatch):
    """Imports in requests of a few lines."""
    for module in (async_lines, sync_lines):
        monkeypatch.setattr(module, "_REQUEST_BYTES", 400)
        monkeypatch.setattr(module, "_PIECE_BYTES", 100)


def line(i, **more):
    return json.dumps({"vector_id": f"r{i}", "vector": [i, 1], **more})


def test_records_come_out_as_they_went_in(client, collection, name):
    collection.import_records({"vector_id": f"r{i}", "vector": [i, 1], "metadata": {"n": i}, "document": "é\n"} for i in range(2_500))
    exported = list(collection.export())
    assert [record.vector_id for record in exported] == [f"r{i}" for i in range(2_500)]
    client.create_collection(f"{name}-copy")
    copy = client.collection(f"{name}-copy")
    assert copy.import_records(exported).imported == 2_500
    copied = list(copy.export())
    assert [(r.vector, r.metadata, r.document, r.created_at) for r in copied] == [(r.vector, r.metadata, r.document, r.created_at) for r in exported]


def test_lines_come_from_a_file_and_go_into_one(collection, tmp_path):
    (tmp_path / "in.ndjson").write_text("\n".join([line(0), "", line(1), "   ", line(2)]) + "\r\n", encoding="utf-8")
    with open(tmp_path / "in.ndjson", "rb") as source:
        result = collection.import_lines(source)
    assert (result.imported, result.lines) == (3, 5)
    exported = list(collection.export_lines(include=["vector"]))
    assert [json.loads(each)["vector_id"] for each in exported] == ["r0", "r1", "r2"]
    assert all("metadata" not in json.loads(each) for each in exported)


def test_a_bad_line_stops_an_import_which_goes_on_when_it_is_mended(collection, small_requests):
    lines = [line(i) for i in range(40)]
    lines[25] = '{"vector": [1, "2"]}'
    with pytest.raises(ImportStoppedError) as caught:
        collection.import_lines(lines)
    error = caught.value
    assert (error.status_code, error.code, error.line, error.resume_from_line, error.imported) == (400, "invalid_vector", 26, 26, 25)
    assert collection.count() == 25
    lines[25] = line(25)
    result = collection.import_lines(lines, from_line=error.resume_from_line)
    assert (result.imported, result.lines) == (15, 40) and collection.count() == 40


def test_a_bad_line_stops_a_long_body_early(collection):
    def lines():
        yield "{"
        for i in range(200_000):
            yield line(i, document="x" * 1_000)

    with pytest.raises(ImportStoppedError) as caught:
        collection.import_lines(lines())
    assert (caught.value.line, caught.value.imported) == (1, 0)


def test_a_line_that_is_too_long_stops_an_import(connect, own_server):
    client = connect(own_server("--max-line-bytes", "100000").url)
    with pytest.raises(ImportStoppedError) as caught:
        client.collection("default").import_lines([line(0), line(1, document="x" * 300_000), line(2)])
    assert (caught.value.status_code, caught.value.code, caught.value.resume_from_line) == (413, "body_too_large", 2)


def test_an_import_of_nothing_sends_nothing(client):
    assert client.collection("no-such").import_lines([]).lines == 0
    with pytest.raises(NotFoundError):
        client.collection("no-such").import_lines([line(0)])


def test_a_line_end_inside_of_a_line_is_refused(collection):
    with pytest.raises(ValidationError, match="line 2 holds a line end"):
        collection.import_lines([line(0), line(1) + "\n" + line(2)])


def test_a_record_that_cannot_be_spelled_stops_an_import(collection):
    with pytest.raises(ValidationError, match="record 2: vector: component 1 is nan"):
        collection.import_records([{"vector": [1, 0]}, {"vector": [1, float("nan")]}])


def test_an_import_that_loses_its_server_tells_where_to_go_on(connect, own_server, small_requests):
    server = own_server()
    client = connect(server.url)

    def lines():
        for i in range(40):
            if i == 30:
                server.kill()
            yield line(i)

    with pytest.raises(ConnectionError) as caught:
        client.collection("default").import_lines(lines())
    resume = caught.value.resume_from_line
    assert 1 < resume <= 31

    restarted = own_server()
    client = connect(restarted.url)
    count = client.collection("default").count()
    assert resume - 1 <= count <= 30
    client.collection("default").import_lines([line(i) for i in range(40)], from_line=resume)
    assert sorted(record.vector_id for record in client.collection("default").export()) == sorted(f"r{i}" for i in range(40))


def test_an_error_of_the_source_is_the_callers(collection):
    def lines():
        yield line(0)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        collection.import_lines(lines())
    assert collection.count() == 0


def test_an_export_that_breaks_off_is_an_error_and_not_a_short_export(connect, own_server):
    server = own_server()
    client = connect(server.url)
    client.collection("default").import_records({"vector": [i, 1], "document": "x" * 10_000} for i in range(3_000))
    exported = client.collection("default").export()
    next(exported)
    server.kill()
    with pytest.raises(ConnectionError):
        for _ in exported:
            pass


def test_an_export_that_is_left_early_gives_its_connection_up(connect, server, name):
    client = connect(server.url, max_connections=1, timeout=30)
    client.create_collection(name)
    client.collection(name).import_records({"vector": [i, 1], "document": "x" * 10_000} for i in range(500))
    exported = client.collection(name).export()
    next(exported)
    exported.close()
    assert client.collection(name).count() == 500


def test_transfers_take_memory_that_does_not_grow_with_them(server, name):
    from hypervex import Client

    with Client(server.url) as client:
        client.create_collection(name)
        collection = client.collection(name)
        text = "x" * 100_000
        collection.import_records({"vector": [1, 0]} for _ in range(10))
        tracemalloc.start()
        try:
            assert collection.import_records({"vector": [i, 1], "document": text} for i in range(600)).imported == 600
            assert sum(len(exported) for exported in collection.export_lines()) > 60_000_000
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 12_000_000
