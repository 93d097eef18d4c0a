"""Aliases, altering, jobs and snapshots."""

import pytest
from server import answer

from hypervex import APIError, ConflictError, NotFoundError, PermissionDeniedError, TimeoutError, ValidationError


def test_an_alias_is_set_switched_and_dropped(client, name):
    for suffix in ("a", "b"):
        client.create_collection(f"{name}-{suffix}", dimension=1)
    client.collection(f"{name}-b").insert([1], vector_id="x")
    alias = f"{name}-live"
    client.set_alias(alias, f"{name}-a")
    assert client.list_aliases()[alias] == f"{name}-a"
    assert client.collection(alias).count() == 0
    changed = client.change_aliases({alias: f"{name}-b", f"{name}-next": f"{name}-a"})
    assert (changed[alias], changed[f"{name}-next"]) == (f"{name}-b", f"{name}-a")
    assert client.collection(alias).count() == 1
    assert f"{name}-next" not in client.change_aliases({f"{name}-next": None})
    client.delete_alias(alias)
    assert alias not in client.list_aliases()
    with pytest.raises(NotFoundError) as caught:
        client.delete_alias(alias)
    assert caught.value.code == "not_found"
    with pytest.raises(NotFoundError) as caught:
        client.set_alias(alias, "nothing")
    assert caught.value.code == "collection_not_found"
    with pytest.raises(ConflictError):
        client.set_alias(f"{name}-a", f"{name}-b")


def test_a_collection_is_altered_while_it_is_used(client, name):
    client.create_collection(name, capacity=5, vectors={"": {"dimension": 1}, "title": {"dimension": 1}})
    altered = client.collection(name).alter(capacity=9, ef=77, field_ef={"title": 88})
    assert (altered.capacity, altered.vectors[""].index.ef, altered.vectors["title"].index.ef) == (9, 77, 88)
    assert client.collection(name).alter(ef=99).capacity == 9
    altered = client.collection(name).alter(capacity="unlimited")
    assert altered.capacity is None and altered.vectors[""].index.ef == 99
    altered = client.collection(name).alter(durability="batch", quantization="sq8", field_ef={"title": 66}, field_quantization={"title": "sq4"})
    title = altered.vectors["title"]
    assert (altered.durability, altered.vectors[""].quantization, title.quantization, title.index.ef) == ("batch", "sq8", "sq4", 66)
    altered = client.collection(name).alter(durability="server")
    assert altered.durability is None and altered.vectors["title"].quantization == "sq4"
    assert client.get_collection(name) == altered
    for wrong in ({}, {"capacity": 0}, {"ef": 0}, {"field_ef": {"nowhere": 7}}, {"durability": "now"}, {"quantization": "sq3"}):
        with pytest.raises(ValidationError):
            client.collection(name).alter(**wrong)


def test_a_snapshot_is_made_downloaded_uploaded_and_restored(connect, own_server):
    client = connect(own_server().url)
    client.create_collection("docs", dimension=3)
    docs = client.collection("docs")
    docs.upsert({"vector_id": str(i), "vector": [i, 1, 0.5], "metadata": {"n": i}, "document": "x" * 1_000} for i in range(500))
    begun = docs.create_snapshot()
    assert (begun.kind, begun.collection) == ("snapshot", "docs") and begun.snapshot.endswith(".hvsnap")
    job = client.wait_for_job(begun.id)
    assert (job.state, job.records, job.problem, job.progress) == ("done", 500, None, 1)
    assert job.finished_at >= job.started_at and not job.is_running
    (kept,) = docs.list_snapshots()
    assert (kept.name, kept.bytes) == (begun.snapshot, job.bytes)

    content = b"".join(docs.download_snapshot(kept.name))
    assert len(content) == kept.bytes
    client.delete_collection("docs")
    other = client.collection("other")
    pieces = [content[at:at + 70_000] for at in range(0, len(content), 70_000)]
    uploaded = other.upload_snapshot("mine.hvsnap", pieces)
    assert (uploaded.name, uploaded.bytes) == ("mine.hvsnap", kept.bytes)
    restored = client.wait_for_job(other.restore_snapshot("mine.hvsnap", into="back").id)
    assert (restored.state, restored.collection, restored.records) == ("done", "back", 500)
    assert client.collection("back").get("7").metadata == {"n": 7}

    refused = client.wait_for_job(other.restore_snapshot("mine.hvsnap", into="back").id)
    assert (refused.state, refused.problem.code) == ("failed", "collection_exists")
    assert client.wait_for_job(other.restore_snapshot("mine.hvsnap", into="back", replace=True).id).state == "done"
    with pytest.raises(ConflictError):
        other.upload_snapshot("mine.hvsnap", [content])
    with pytest.raises(ValidationError) as caught:
        other.upload_snapshot("broken.hvsnap", [content[:-1]])
    assert caught.value.code == "bad_snapshot"
    other.delete_snapshot("mine.hvsnap")
    assert other.list_snapshots() == []
    for call in (
        lambda: other.delete_snapshot("mine.hvsnap"),
        lambda: b"".join(other.download_snapshot("mine.hvsnap")),
        lambda: other.restore_snapshot("mine.hvsnap"),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_compactions_and_checkpoints_are_jobs(client, collection):
    collection.upsert({"vector_id": str(i), "vector": [i, 1]} for i in range(100))
    collection.delete_many(str(i) for i in range(50))
    compacted = client.wait_for_job(collection.compact().id)
    assert (compacted.kind, compacted.state) == ("compact", "done") and compacted.bytes > 0
    taken = client.wait_for_job(collection.checkpoint().id)
    assert (taken.kind, taken.state, taken.collection) == ("checkpoint", "done", collection.name)
    assert {compacted.id, taken.id} <= {job.id for job in client.list_jobs()}
    client.cancel_job(taken.id)
    assert client.get_job(taken.id) == taken
    for call in (client.get_job, client.cancel_job, client.wait_for_job):
        with pytest.raises(NotFoundError):
            call("0123456789abcdef")


def test_waiting_for_a_job_ends_with_the_patience(connect, scripted):
    running = {
        "id": "a", "kind": "compact", "collection": "docs", "state": "running", "progress": None, "started_at": "2026-11-22T10:00:00Z",
    }
    client = connect(scripted([answer(200, running)]).url)
    with pytest.raises(TimeoutError) as caught:
        client.wait_for_job("a", timeout=0)
    assert "compact" in str(caught.value)


def test_a_key_decides_who_administers(connect, own_server, tmp_path):
    admin_key = "k" * 40
    (tmp_path / "admin").write_text(admin_key)
    server = own_server("--admin-key-file", str(tmp_path / "admin"))
    admin = connect(server.url, api_key=admin_key)
    admin.create_collection("docs", dimension=1)
    job = admin.wait_for_job(admin.collection("docs").checkpoint().id)
    writer = connect(server.url, api_key=admin.create_key("writer", "write").key)
    docs = writer.collection("docs")
    assert docs.list_snapshots() == [] and writer.list_aliases() == {} and writer.get_job(job.id) == job
    for call in (
        docs.compact, docs.checkpoint, docs.create_snapshot,
        lambda: docs.alter(ef=5),
        lambda: writer.set_alias("a", "docs"),
        lambda: writer.cancel_job(job.id),
        lambda: docs.upload_snapshot("x.hvsnap", [b"x"]),
    ):
        with pytest.raises(PermissionDeniedError) as caught:
            call()
        assert isinstance(caught.value, APIError) and caught.value.code == "forbidden"
