"""Many records: what is sent in how many requests, what is all-or-nothing and what is not."""

import pytest

from hypervex import CapacityError, ConnectionError, Record, ValidationError

numpy = pytest.importorskip("numpy")


def test_a_batch_larger_than_a_request_is_split_by_count(collection):
    result = collection.upsert({"vector_id": str(i), "vector": [i, 1]} for i in range(10_001))
    assert result.upserted == 10_001 and result.vector_ids[10_000] == "10000" and not result.errors
    assert collection.count() == 10_001
    stats = collection.stats()
    assert stats.count == 10_001


def test_a_batch_is_split_by_bytes(connect, server, name):
    client = connect(server.url, batch_bytes=1_000)
    client.create_collection(name)
    result = client.collection(name).upsert({"vector_id": str(i), "vector": [i, 1], "document": "x" * 400} for i in range(9))
    assert result.vector_ids == tuple(str(i) for i in range(9))
    assert client.collection(name).count() == 9


def test_a_record_larger_than_a_batch_goes_alone(connect, server, name):
    client = connect(server.url, batch_bytes=1_000)
    client.create_collection(name)
    assert client.collection(name).upsert([{"vector": [1, 0], "document": "x" * 5_000}] * 2).upserted == 2


def test_a_server_that_takes_less_gets_smaller_requests(connect, own_server):
    client = connect(own_server("--max-body-bytes", "65536").url)
    result = client.batch_add_vectors([[i, 1.0] for i in range(10_000)])
    assert result.upserted == 10_000 and client.get_stats().count == 10_000
    with pytest.raises(ValidationError) as caught:
        client.add_vector([1, 0], document="x" * 70_000)
    assert (caught.value.status_code, caught.value.code) == (413, "body_too_large")
    assert client.health_check().status == "healthy"


def test_one_bad_record_keeps_its_whole_request_out_and_earlier_requests_in(connect, server, name):
    client = connect(server.url, batch_bytes=1_000)
    client.create_collection(name)
    records = [{"vector_id": str(i), "vector": [i, 1], "document": "x" * 400} for i in range(10)]
    records[5]["vector"] = [1, 2, 3]
    with pytest.raises(ValidationError) as caught:
        client.collection(name).upsert(records)
    assert caught.value.code == "dimension_mismatch"
    assert caught.value.written == 4 == client.collection(name).count()


def test_a_record_that_is_refused_before_it_is_sent_counts_what_was_written(connect, server, name):
    client = connect(server.url, batch_bytes=1_000)
    client.create_collection(name)
    records = [{"vector_id": str(i), "vector": [i, 1], "document": "x" * 400} for i in range(10)]
    records[7]["vector"] = [float("nan"), 1]
    with pytest.raises(ValidationError, match="record 7: vector: component 0 is nan") as caught:
        client.collection(name).upsert(records)
    assert caught.value.written == client.collection(name).count() == 6


def test_an_atomic_batch_is_one_request_or_none(collection):
    assert collection.upsert([{"vector": [1, 0]}] * 10_000, atomic=True).upserted == 10_000
    with pytest.raises(ValidationError) as caught:
        collection.upsert(({"vector": [1, 0]} for _ in range(10_001)), atomic=True)
    assert caught.value.code == "limit_out_of_range" and collection.count() == 10_000


def test_a_partial_batch_tells_what_it_left_out(connect, server, name):
    client = connect(server.url, batch_bytes=1_000)
    client.create_collection(name, dimension=2)
    records = [{"vector_id": str(i), "vector": [i, 1], "document": "x" * 400} for i in range(7)]
    records[1]["vector"] = [1]
    records[6]["vector"] = [1, 2, 3]
    result = client.collection(name).upsert(records, partial=True)
    assert (result.upserted, result.vector_ids) == (5, ("0", None, "2", "3", "4", "5", None))
    assert [(error.index, error.code) for error in result.errors] == [(1, "dimension_mismatch"), (6, "dimension_mismatch")]


def test_the_later_one_of_two_records_with_one_id_wins(collection):
    result = collection.upsert([Record("a", [1, 0]), Record("b", [1, 1]), Record("a", [0, 1])])
    assert (result.upserted, result.superseded) == (2, (0,))
    assert collection.get("a").vector == [0, 1]


def test_a_full_collection_says_so(client, name):
    client.create_collection(name, capacity=2)
    with pytest.raises(CapacityError) as caught:
        client.collection(name).upsert([{"vector": [1, 0]}] * 3)
    assert (caught.value.status_code, caught.value.code, caught.value.written) == (507, "capacity_exceeded", 0)


def test_nothing_is_sent_for_nothing(collection):
    assert collection.upsert([]).upserted == 0
    assert collection.delete_many([]) == 0
    assert collection.get_many([]).records == ()


def test_numpy_arrays_are_vectors(collection):
    rows = numpy.random.default_rng(7).standard_normal((50, 8))
    collection.upsert({"vector_id": str(i), "vector": row} for i, row in enumerate(rows))
    stored = numpy.array([record.vector for record in collection.scroll()], dtype="float32")
    assert (stored == rows.astype("float32")).all()
    assert collection.search(rows[3].astype("float16"), 1)[0].vector_id == "3"
    assert collection.search(numpy.arange(8), 1)
    for wrong in (rows, numpy.array(["a"]), numpy.array([numpy.nan]), numpy.array([]), numpy.array([1e39]), numpy.array(1.0)):
        with pytest.raises(ValidationError):
            collection.search(wrong)


def test_numbers_of_numpy_are_metadata(collection):
    collection.insert([1, 0], {"n": numpy.int64(2**62), "x": numpy.float32(0.5)}, vector_id="a")
    assert collection.get("a").metadata == {"n": 2**62, "x": 0.5}
    with pytest.raises(ValidationError):
        collection.insert([1, 0], {"x": numpy.float32("nan")})


def test_rows_of_an_array_are_added_with_columns_beside_them(connect, own_server):
    client = connect(own_server().url)
    rows = numpy.eye(3, dtype="float32")
    client.batch_add_vectors(rows, vector_ids=["x", "y", "z"], metadata=({"axis": i} for i in range(3)), documents=["a", None, "c"])
    assert client.get_vector("y").metadata == {"axis": 1} and client.get_vector("z").document == "c"
    for ids in (["x"], ["x", "y", "z", "w"]):
        with pytest.raises(ValueError, match="vector_id"):
            client.batch_add_vectors(rows, vector_ids=ids)
    with pytest.raises(ValueError):
        client.batch_add_vectors([{"vector": [1, 0, 0]}], vector_ids=["x"])


def test_a_request_of_a_batch_that_could_not_be_sent_is_sent_again(connect, server, name):
    client = connect(server.url, batch_bytes=1_000)
    client.create_collection(name)
    pool = client._transport._pool
    take, calls = pool.take, []

    def refused_every_other_time(limit, **named):
        calls.append(limit)
        if len(calls) % 2:
            raise OSError("refused")
        return take(limit, **named)

    pool.take = refused_every_other_time
    assert client.collection(name).upsert({"vector": [i, 1], "document": "x" * 400} for i in range(9)).upserted == 9
    assert len(calls) == 10


def test_a_batch_that_loses_its_server_counts_what_was_written(connect, own_server):
    server = own_server()
    client = connect(server.url, batch_bytes=1_000, retries=0)

    def records():
        for i in range(10):
            if i == 6:
                server.kill()
            yield {"vector_id": str(i), "vector": [i, 1], "document": "x" * 400}

    with pytest.raises(ConnectionError) as caught:
        client.batch_add_vectors(records())
    # When the seventh record was asked for, the second request of two records was under way or answered.
    written = caught.value.written
    assert written in (2, 4)
    assert connect(own_server().url).get_stats().count in (written, written + 2)
