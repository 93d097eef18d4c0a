"""Collections, field indexes, the default collection, keys, health."""

import pytest

from hypervex import AuthenticationError, ConflictError, NotFoundError, PermissionDeniedError, ValidationError


def test_a_collection_is_created_described_listed_and_dropped(client, name):
    created = client.create_collection(
        name, dimension=3, metric="l2", index={"type": "hnsw", "m": 8}, quantization="sq8", capacity=5, field_indexes={"lang": "keyword"}
    )
    assert (created.dimension, created.metric, created.quantization, created.capacity, created.count) == (3, "l2", "sq8", 5, 0)
    assert created.index.m == 8 and created.field_indexes == {"lang": "keyword"}
    assert client.get_collection(name) == client.collection(name).info() == created
    assert name in client.list_collections()
    with pytest.raises(ConflictError) as caught:
        client.create_collection(name)
    assert caught.value.code == "collection_exists"
    client.delete_collection(name)
    for call in (lambda: client.get_collection(name), lambda: client.delete_collection(name), lambda: client.collection(name).count()):
        with pytest.raises(NotFoundError) as caught:
            call()
        assert caught.value.code == "collection_not_found"


def test_settings_that_cannot_be_are_refused(client, name):
    with pytest.raises(ValidationError):
        client.create_collection("no/slash")
    with pytest.raises(ValidationError):
        client.create_collection(name, metric="euclid")
    with pytest.raises(ValidationError):
        client.create_collection(name, dimension=0)


def test_hyperbolic_and_named_fields_are_described(client, name):
    info = client.create_collection(name, dimension=2, metric="poincare", curvature=0.5, project=True)
    assert (info.curvature, info.project) == (0.5, True)
    info = client.create_collection(f"{name}-named", vectors={"title": {"dimension": 2}, "body": {"metric": "dot"}})
    assert info.metric is None and info.vectors["body"].metric == "dot" and info.vectors["title"].index.type == "hnsw"


def test_field_indexes_are_created_listed_and_dropped(collection):
    collection.upsert({"vector": [1, 0], "metadata": {"a/b": i}} for i in range(10))
    created = collection.create_field_index("a/b", "integer")
    assert (created.field, created.type) == ("a/b", "integer")
    assert [index.field for index in collection.list_field_indexes()] == ["a/b"]
    collection.delete_field_index("a/b")
    assert collection.list_field_indexes() == []
    with pytest.raises(NotFoundError):
        collection.delete_field_index("a/b")


def test_stats_tell_what_a_collection_holds(collection):
    collection.upsert({"vector_id": str(i), "vector": [i, 1], "metadata": {"n": i}} for i in range(5))
    collection.create_field_index("n", "integer")
    collection.search([1, 0], target_recall=0.9)
    stats = collection.stats()
    assert (stats.count, stats.capacity, stats.dimension, stats.metric) == (5, None, 2, "cosine")
    assert stats.index.type == "hnsw" and stats.memory.total_bytes > 0 and stats.field_indexes[0].field == "n"
    assert stats.database.open_files >= 0 and stats.last_sequence >= 5


def test_the_nine_methods_work_on_the_default_collection(connect, own_server):
    client = connect(own_server().url)
    assert client.health_check().status == "healthy"
    record = client.add_vector([0.9, 0.1], {"kind": "tree"}, vector_id="oak")
    assert client.get_vector("oak") == record
    assert client.update_vector("oak", metadata={"year": 2020}).metadata == {"kind": "tree", "year": 2020}
    assert client.batch_add_vectors([[0.1, 0.9], [0.8, 0.2]], vector_ids=["cat", "elm"], metadata=[{"kind": "pet"}, None]).upserted == 2
    assert [hit.vector_id for hit in client.search([1, 0], top_k=2)] == ["oak", "elm"]
    assert [record.vector_id for record in client.list_vectors()] == ["oak", "cat", "elm"]
    client.delete_vector("oak")
    with pytest.raises(NotFoundError):
        client.get_vector("oak")
    assert client.get_stats().count == 2
    assert client.collection("default").count() == 2


def test_keys_open_what_they_are_for(connect, own_server, tmp_path):
    admin_key = "k" * 40
    (tmp_path / "admin").write_text(admin_key)
    server = own_server("--admin-key-file", str(tmp_path / "admin"))
    admin = connect(server.url, api_key=admin_key)
    admin.create_collection("docs")
    key = admin.create_key("reader", "read", collections=["docs"])
    assert key.key is not None and key.key not in repr(key) and (key.scope, key.collections) == ("read", ("docs",))

    for wrong in (None, "wrong"):
        with pytest.raises(AuthenticationError) as caught:
            connect(server.url, api_key=wrong).health_check()
        assert (caught.value.status_code, caught.value.code) == (401, "unauthorized")

    reader = connect(server.url, api_key=key.key)
    assert key.key not in repr(reader)
    assert reader.collection("docs").count() == 0
    assert reader.list_collections() == ["docs"]
    for call in (lambda: reader.collection("docs").insert([1, 0]), lambda: reader.collection("other").count()):
        with pytest.raises(PermissionDeniedError) as caught:
            call()
        assert (caught.value.status_code, caught.value.code) == (403, "forbidden")

    rotated = admin.rotate_key(key.id, grace_seconds=600)
    assert rotated.key != key.key and rotated.previous_until is not None
    assert connect(server.url, api_key=rotated.key).collection("docs").count() == 0
    assert [each.id for each in admin.list_keys()] == [key.id]
    admin.revoke_key(key.id)
    with pytest.raises(AuthenticationError):
        reader.collection("docs").count()
    with pytest.raises(NotFoundError):
        admin.revoke_key(key.id)
