"""Parts that need no server."""

import inspect
import pickle
import random
import re
import struct
import subprocess
import sys
from array import array
from pathlib import Path

import pytest

import hypervex
from hypervex import AsyncClient, AsyncCollection, Client, Collection, ValidationError, errors, field
from hypervex._http1 import ProtocolError, chunk_length, read_head
from hypervex._limits import RetryPolicy
from hypervex._records import BatchBuilder, LineSplitter, spell_record
from hypervex._vectors import spell
from hypervex.errors import APIError, ConnectionError, kind_of_status
from hypervex.filters import to_json

PROJECT = Path(__file__).resolve().parent.parent
ROOT = PROJECT.parent.parent


def float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def test_every_float32_is_spelled_exactly():
    choice = random.Random(3)
    values = [struct.unpack("<f", struct.pack("<I", choice.getrandbits(32)))[0] for _ in range(200_000)]
    values = [x for x in values if x == x and abs(x) != float("inf")]
    values += [0.0, -0.0, 1e-45, -1e-45, 1.17549435e-38, 3.4028235e38, 1.0, 16777216.0, 1 / 3]
    import json

    assert len(values) > 190_000
    assert array("f", json.loads(spell(values), parse_int=float)).tobytes() == array("f", values).tobytes()


def test_vectors_of_every_kind_are_spelled_alike():
    numpy = pytest.importorskip("numpy")
    values = [0.1, -2.5, 3e-20]
    expected = spell(values)
    kinds = [tuple(values), array("d", values), array("f", values), [numpy.float64(x) for x in values]]
    kinds += [numpy.array(values), numpy.array(values, "float32"), numpy.array(values, ">f4"), numpy.array([*values, 7.0])[:3]]
    assert all(spell(kind) == expected for kind in kinds)
    assert spell(range(3)) == b"[0,1,2]" and spell([True, False]) == b"[1,0]"
    assert spell(b"\xff\x0f") == b'"/w8="'


def test_packed_vectors_are_the_same_numbers():
    import base64

    values = [0.1, -2.5, 3e-20]
    for kind in (values, tuple(values), array("f", values), array("d", values)):
        assert base64.b64decode(spell(kind, packed=True).strip(b'"')) == struct.pack("<3f", *values)
    # In a field of bits base64 means something else, and integers may be meant for one.
    assert spell([255, 15], packed=True) == b"[255,15]" and spell(b"\xff\x0f", packed=True) == b'"/w8="'
    for wrong in ([], [1.0, float("nan")], ["1"]):
        with pytest.raises(ValidationError):
            spell(wrong, packed=True)


def test_packed_numpy_arrays_are_the_same_numbers():
    numpy = pytest.importorskip("numpy")
    import base64

    values = numpy.array([0.1, -2.5, 3e-20])
    for kind in (values, values.astype("float32"), values.astype(">f8"), numpy.array([*values, 7.0])[:3]):
        assert base64.b64decode(spell(kind, packed=True).strip(b'"')) == struct.pack("<3f", *values)
    assert spell(numpy.array([255, 15], "uint8"), packed=True) == b"[255,15]"


def test_the_error_names_the_component():
    with pytest.raises(ValidationError, match="component 2 is nan"):
        spell([1, 2, float("nan")])
    with pytest.raises(ValidationError, match="found str at index 1"):
        spell([1, "2"])
    # Infinities of both signs cancel each other in a sum to NaN, and must not pass.
    with pytest.raises(ValidationError, match="component 0 is inf"):
        spell([float("inf"), float("-inf")])


def test_records_are_objects_of_json():
    import json

    assert json.loads(spell_record({"vector_id": "é\n", "vector": [1], "vectors": {"a\"b": [2]}, "metadata": None})) == {
        "vector_id": "é\n", "vector": [1], "vectors": {"a\"b": [2]},
    }
    assert json.loads(spell_record({"vector": [1]})) == {"vector": [1]}
    assert json.loads(spell_record({})) == {}
    assert b"\n" not in spell_record({"vector": [1], "document": "a\nb"})


def test_batches_hold_no_more_than_they_may():
    builder = BatchBuilder(3, 10)
    batches = [batch for item in (b"1234", b"1234", b"1234", b"1", b"1", b"1", b"1", b"x" * 50, b"1") if (batch := builder.add(item))]
    batches.append(builder.finish())
    assert [(batch.start, [len(record) for record in batch.records]) for batch in batches] == [
        (0, [4, 4]), (2, [4, 1, 1]), (5, [1, 1]), (7, [50]), (8, [1]),
    ]
    assert builder.finish() is None and builder.count == 9


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_are_found_however_the_pieces_fall(size):
    text = b"one\n\ntwo\nthree\nfour"
    splitter = LineSplitter()
    lines = [line for start in range(0, len(text), size) for line in splitter.lines(text[start:start + size])]
    assert lines + splitter.rest() == [b"one", b"two", b"three", b"four"]


def test_heads_of_answers_are_read():
    head = read_head(b"HTTP/1.1 200\r\nA: b\r\na:  c \r\nConnection: Close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")
    assert (head.status, head.headers["a"], head.chunked, head.length, head.keep_alive) == (200, "b, c", True, None, False)
    assert not read_head(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive
    assert read_head(b"HTTP/1.1 204 No Content\r\n\r\n").keep_alive
    assert not read_head(b"HTTP/1.1 200 OK\r\n\r\n").keep_alive
    for wrong in (b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n", b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n"):
        with pytest.raises(ProtocolError):
            read_head(wrong)
    for wrong in (b"", b"-1", b"0x1", b"1_0", b"g", b"f" * 16):
        with pytest.raises(ProtocolError):
            chunk_length(wrong)


def test_pauses_grow_and_end():
    policy = RetryPolicy(4, first=1, longest=5, uniform=lambda low, high: high)
    lost = ConnectionError("lost", request_sent=True)
    assert [policy.pause(lost, tried, safe=True) for tried in range(5)] == [1, 2, 4, 5, None]
    assert policy.pause(lost, 0, safe=False) is None
    assert policy.pause(ConnectionError("refused"), 0, safe=False) == 1
    assert policy.pause(APIError(429, "overloaded", "", retry_after=10), 0, safe=False) == 11
    assert policy.pause(APIError(503, "opening", ""), 0, safe=False) == 1
    assert policy.pause(APIError(503, "storage_unavailable", ""), 0, safe=False) is None
    assert policy.pause(APIError(503, "storage_unavailable", ""), 0, safe=True) == 1
    assert policy.pause(APIError(503, "log_failed", ""), 0, safe=True) is None
    assert policy.pause(APIError(500, "internal_error", ""), 0, safe=True) is None
    assert policy.pause(errors.TimeoutError("late"), 0, safe=True) is None


def test_every_error_code_of_the_server_has_a_class():
    rows = re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", (ROOT / "docs" / "errors.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 35
    generic = {(code, status) for code, status in rows if kind_of_status(int(status)) is APIError}
    assert generic == {("method_not_allowed", "405"), ("request_timeout", "408"), ("position_expired", "410")}  # the last is a watch's, over gRPC


def test_errors_can_be_sent_between_processes():
    examples = [
        APIError(404, "not_found", "no", request_id="r", retry_after=1.0),
        errors.ImportStoppedError(400, "invalid_vector", "no", line=3, imported=2, resume_from_line=3),
        ConnectionError("lost", request_sent=True),
        errors.TimeoutError("late"),
        ValidationError(400, "invalid_id", "no"),
    ]
    for error in examples:
        error.written = 7
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error) and str(copy) == str(error) and vars(copy) == vars(error)


def test_conditions_are_filters():
    both = field("year").gte(2020) & field("lang").eq("en") & ~field("draft").exists()
    assert to_json(both) == {"$and": [{"year": {"$gte": 2020}}, {"lang": {"$eq": "en"}}, {"$not": {"draft": {"$exists": True}}}]}
    either = field("a").ne(1) | field("b").is_in(x for x in "xy") | both
    assert len(to_json(either)["$or"]) == 3
    operators = [
        field("f").gt(1), field("f").lt(1), field("f").lte(1), field("f").not_in([1]), field("f").contains("x"), field("f").starts_with("x"),
        field("f").match("x"), field("f").near(1, 2, 3), field("f").exists(False),
    ]
    names = ["$gt", "$lt", "$lte", "$nin", "$contains", "$prefix", "$match", "$near", "$exists"]
    assert [next(iter(to_json(each)["f"])) for each in operators] == names
    for wrong in (lambda: bool(both), lambda: both and either, lambda: both & {"a": 1}, lambda: to_json("a")):
        with pytest.raises(TypeError):
            wrong()


@pytest.mark.parametrize("plain, asynchronous", [(Client, AsyncClient), (Collection, AsyncCollection)])
def test_both_clients_have_the_same_methods(plain, asynchronous):
    def signatures(kind):
        members = {name: member for name, member in inspect.getmembers(kind, callable) if not name.startswith("_")}
        return {name: list(inspect.signature(member).parameters.items()) for name, member in members.items()}

    mine, theirs = signatures(plain), signatures(asynchronous)
    assert mine.keys() == theirs.keys() and len(mine) > 15
    for name, parameters in mine.items():
        assert [(n, p.kind, p.default) for n, p in parameters] == [(n, p.kind, p.default) for n, p in theirs[name]], name


def test_every_public_method_is_documented():
    for kind in (Client, AsyncClient, Collection, AsyncCollection, field):
        for name, member in inspect.getmembers(kind):
            if not name.startswith("_"):
                assert inspect.getdoc(member), f"{kind.__name__}.{name}"


def test_the_synchronous_half_is_made_of_the_other():
    made = subprocess.run([sys.executable, str(PROJECT / "tools" / "unasync.py"), "--check"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


def test_the_version_is_the_servers():
    assert f"<Version>{hypervex.__version__}</Version>" in (ROOT / "Directory.Build.props").read_text("utf-8")


# For people, monitoring and operators.
WITHOUT_A_METHOD = {"livez", "metrics", "openapi"}


def test_every_route_of_the_documentation_has_a_method():
    """What docs/rest.md lists under vectors, collections, keys and health is reached by the client's sources."""
    table = (ROOT / "docs" / "rest.md").read_text("utf-8").split("| method and path")[1].split("\n\n")[0]
    sources = "".join(path.read_text("utf-8") for path in (PROJECT / "src" / "hypervex" / "_sync").glob("*.py"))
    routes = set(re.findall(r"/(?:vectors/)?([a-z]+(?:/batch)?|field-indexes|rotate)(?=[`{/,? ])", table)) - {"vectors"} - WITHOUT_A_METHOD
    assert {"search", "search/batch", "batch", "facets", "import", "export", "sample", "stats", "keys", "rotate", "health"} <= routes
    assert {"aliases", "jobs", "snapshots", "restore", "compact", "checkpoint"} <= routes
    assert [route for route in sorted(routes) if f"/{route}" not in sources] == []
