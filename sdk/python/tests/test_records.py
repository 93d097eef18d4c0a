"""One record: what is written is what is read, whatever its id."""

from datetime import datetime, timedelta, timezone

import pytest

from hypervex import ConflictError, NotFoundError, Record, ValidationError

HARD_IDS = [
    "a/b", "100%", "%2F", "a b", "a+b", "?x=1#y", "..", ".", "stats", "export", "search", "batch", "Ünïcode-日本語-🌲", "\"quoted\\\"", "tab\there",
    "line\nbreak", "x" * 512,
]


def test_a_record_is_read_as_it_was_written(collection):
    written = collection.insert(
        [0.5, -0.25], {"kind": "tree", "year": 2020, "deep": {"list": [1, 2.5, None, True, "é"]}}, vector_id="oak", document="a tree"
    )
    read = collection.get("oak")
    assert read == written
    assert (read.vector_id, read.vector, read.document) == ("oak", [0.5, -0.25], "a tree")
    assert read.metadata == {"kind": "tree", "year": 2020, "deep": {"list": [1, 2.5, None, True, "é"]}}
    assert read.created_at.tzinfo is not None and abs(datetime.now(timezone.utc) - read.created_at) < timedelta(hours=1)
    assert len(read.version) == 32


def test_parts_that_are_not_asked_for_are_none(collection):
    collection.insert([1, 0], {"a": 1}, vector_id="a", document="d")
    read = collection.get("a", include=["document"])
    assert (read.vector, read.metadata, read.document) == (None, None, "d")
    assert collection.get("a", include=[]).document is None


@pytest.mark.parametrize("vector_id", HARD_IDS)
def test_every_id_can_be_written_read_changed_and_deleted(collection, vector_id):
    assert collection.insert([1, 0], vector_id=vector_id).vector_id == vector_id
    assert collection.get(vector_id).vector_id == vector_id
    assert collection.update(vector_id, metadata={"seen": True}).metadata == {"seen": True}
    collection.delete(vector_id)
    with pytest.raises(NotFoundError):
        collection.get(vector_id)


def test_an_id_is_made_when_none_is_given(collection):
    first, second = collection.insert([1, 0]), collection.insert([1, 0])
    assert len(first.vector_id) == 36 and first.vector_id != second.vector_id


def test_a_second_record_of_an_id_is_a_conflict(collection):
    collection.insert([1, 0], vector_id="a")
    with pytest.raises(ConflictError) as caught:
        collection.insert([0, 1], vector_id="a")
    assert (caught.value.status_code, caught.value.code) == (409, "already_exists")
    assert collection.get("a").vector == [1, 0]


def test_a_missing_record_is_not_found(collection):
    for call in (collection.get, collection.delete, lambda missing: collection.update(missing, metadata={})):
        with pytest.raises(NotFoundError) as caught:
            call("yak")
        assert (caught.value.status_code, caught.value.code) == (404, "not_found")
        assert "yak" in str(caught.value)


def test_an_update_merges_metadata_or_replaces_it(collection):
    collection.insert([1, 0], {"a": 1, "b": {"c": 2}}, vector_id="r", document="old")
    assert collection.update("r", metadata={"a": None, "b": {"d": 3}}).metadata == {"b": {"c": 2, "d": 3}}
    changed = collection.update("r", metadata={"e": 4}, metadata_mode="replace", document="new", vector=[0, 1])
    assert (changed.metadata, changed.document, changed.vector) == ({"e": 4}, "new", [0, 1])


def test_a_write_with_a_version_that_is_not_the_records_is_refused(collection):
    first = collection.insert([1, 0], vector_id="r").version
    second = collection.update("r", metadata={"a": 1}, if_version=first).version
    for call in (lambda: collection.update("r", metadata={"a": 2}, if_version=first), lambda: collection.delete("r", if_version=first)):
        with pytest.raises(ConflictError) as caught:
            call()
        assert (caught.value.status_code, caught.value.code) == (412, "version_mismatch")
    for wrong in ("a\r\nX-Injected: 1", "é"):
        with pytest.raises(ValidationError):
            collection.delete("r", if_version=wrong)
    collection.delete("r", if_version=second)


def test_a_record_expires_when_it_is_told_to_and_never_when_not(collection):
    far = datetime(2999, 5, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=2)))
    assert collection.insert([1, 0], vector_id="may", expires_at=far).expires_at == far
    assert collection.get("may").expires_at == far
    assert collection.update("may", expires_at="never").expires_at is None


def test_a_time_without_a_zone_is_refused_before_it_is_sent(collection):
    with pytest.raises(ValidationError) as caught:
        collection.insert([1, 0], expires_at=datetime(2999, 1, 1))
    assert caught.value.request_id is None
    assert collection.count() == 0


@pytest.mark.parametrize(
    "vector, code",
    [
        ([1.0, float("nan")], "non_finite_vector"),
        ([float("inf"), 1.0], "non_finite_vector"),
        ([1e39, 1.0], "non_finite_vector"),
        ([10**400, 1], "non_finite_vector"),
        ([], "invalid_vector"),
        (["1", "2"], "invalid_vector"),
        ([[1.0], [2.0]], "invalid_vector"),
        ([1.0, None], "invalid_vector"),
        ("12", "invalid_vector"),
        (7, "invalid_vector"),
    ],
)
def test_a_vector_that_cannot_be_one_is_refused_before_it_is_sent(collection, vector, code):
    for call in (
        lambda: collection.insert(vector),
        lambda: collection.upsert([{"vector_id": "good", "vector": [1, 0]}, {"vector_id": "a", "vector": vector}]),
        lambda: collection.update("a", vector=vector),
        lambda: collection.search(vector),
    ):
        with pytest.raises(ValidationError) as caught:
            call()
        assert (caught.value.code, caught.value.request_id) == (code, None)
    assert collection.count() == 0


def test_integers_are_kept_up_to_64_bits_and_refused_beyond(collection):
    collection.insert([1, 0], {"least": -(2**63), "greatest": 2**63 - 1}, vector_id="r")
    assert collection.get("r").metadata == {"least": -(2**63), "greatest": 2**63 - 1}
    with pytest.raises(ValidationError) as caught:
        collection.insert([1, 0], {"n": 2**63})
    assert caught.value.code == "invalid_metadata"


def test_metadata_that_is_no_json_is_refused_before_it_is_sent(collection):
    endless = {}
    endless["self"] = endless
    for metadata in ({"x": float("nan")}, {"x": "\ud800"}, endless):
        with pytest.raises(ValidationError) as caught:
            collection.insert([1, 0], metadata)
        assert (caught.value.code, caught.value.request_id) == ("invalid_json", None)
    with pytest.raises(TypeError):
        collection.insert([1, 0], {"x": object()})


def test_ids_that_cannot_be_are_refused(collection):
    with pytest.raises(TypeError):
        collection.get(7)
    for vector_id in ("", "\ud800"):
        with pytest.raises(ValidationError):
            collection.get(vector_id)
    with pytest.raises(ValidationError) as caught:
        collection.insert([1, 0], vector_id="x" * 513)
    assert caught.value.code == "invalid_id" and caught.value.request_id


def test_a_record_made_by_hand_is_written_and_comes_back(collection):
    collection.upsert([Record("a", [1, 0], {"k": 1}, "text")])
    assert collection.get("a").document == "text"
    collection.upsert([collection.get("a")])
    assert collection.get("a").metadata == {"k": 1}


def test_components_are_float32(collection):
    collection.insert([0.1, 1e-45, -9.2e18, 1 / 3], vector_id="a")
    import struct

    expected = [struct.unpack("f", struct.pack("f", x))[0] for x in (0.1, 1e-45, -9.2e18, 1 / 3)]
    assert [struct.unpack("f", struct.pack("f", x))[0] for x in collection.get("a").vector] == expected


def test_named_vectors_stand_beside_each_other(client, name):
    client.create_collection(name, vectors={"title": {"dimension": 2}, "body": {"dimension": 3, "metric": "l2"}})
    collection = client.collection(name)
    collection.insert(vectors={"title": [1, 0], "body": [1, 2, 3]}, vector_id="a")
    assert collection.get("a").vectors == {"title": [1, 0], "body": [1, 2, 3]}
    assert collection.search([1, 2, 4], using="body", include=["vectors"])[0].vectors["body"] == [1, 2, 3]


def test_bits_are_given_as_bytes(client, name):
    client.create_collection(name, dimension=12, metric="hamming")
    collection = client.collection(name)
    collection.insert(b"\xff\x0f", vector_id="a")
    assert collection.get("a").vector == [255, 15]
    assert collection.search(b"\xff\x00")[0].distance == 4
