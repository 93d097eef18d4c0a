"""Searches of every kind, listings, counts."""

import math

import pytest

from hypervex import NotFoundError, Search, ServerError, ValidationError, field


@pytest.fixture
def fan(collection):
    """Records r0 to r9 on a quarter of a circle, r0 at [1, 0]."""
    angles = [i * math.pi / 20 for i in range(10)]
    collection.upsert(
        {
            "vector_id": f"r{i}",
            "vector": [math.cos(angle), math.sin(angle)],
            "metadata": {"n": i, "parity": "odd" if i % 2 else "even"},
            "document": f"text {i}",
        }
        for i, angle in enumerate(angles)
    )
    return collection


def ids(hits):
    return [hit.vector_id for hit in hits]


def test_the_nearest_come_first(fan):
    found = fan.search([1, 0], 3)
    assert ids(found) == ["r0", "r1", "r2"]
    assert len(found) == 3 and found[0].vector_id == "r0" and ids(found[1:]) == ["r1", "r2"]
    assert found[0].distance == pytest.approx(0, abs=1e-6) and found[0].score == pytest.approx(1)
    assert found[1].metadata == {"n": 1, "parity": "odd"} and found[1].document is None and found[1].vector is None


def test_a_record_can_be_the_query(fan):
    assert ids(fan.search(vector_id="r5", top_k=2)) in (["r4", "r6"], ["r6", "r4"])
    with pytest.raises(NotFoundError):
        fan.search(vector_id="yak")


def test_options_of_a_search_reach_the_server(fan):
    assert ids(fan.search([1, 0], filter={"parity": "odd"}, top_k=2)) == ["r1", "r3"]
    assert ids(fan.search([1, 0], filter=field("n").gte(7), top_k=1)) == ["r7"]
    assert ids(fan.search([1, 0], radius=0.02)) == ["r0", "r1"]
    assert fan.search([1, 0], radius=0.9, top_k=2).limited_by == "top_k"
    assert ids(fan.search([1, 0], min_score=0.98)) == ["r0", "r1"]
    assert ids(fan.search([1, 0], 1, exact=True, ef=32, timeout_ms=60_000, oversampling=2, max_distances=1000)) == ["r0"]
    full = fan.search([1, 0], 1, include=["document", "vector", "metadata"])[0]
    assert (full.document, full.vector) == ("text 0", [1, 0])
    explained = fan.search([1, 0], filter={"n": 3}, explain=True).explain
    assert explained.plan in ("graph", "filtered_graph", "scan") and explained.matches == 1
    assert fan.search([1, 0], target_recall=0.9).ef is not None


def test_what_a_search_asks_wrongly_is_told(fan):
    for wrong in (dict(top_k=0), dict(ef=70_000), dict(filter={"n": {"$above": 1}}), dict(include=["colour"]), dict(using="no")):
        with pytest.raises(ValidationError) as caught:
            fan.search([1, 0], **wrong)
        assert caught.value.status_code == 400 and caught.value.request_id
    with pytest.raises(ValidationError) as caught:
        fan.search([1, 0, 0])
    assert caught.value.code == "dimension_mismatch"
    with pytest.raises(TypeError):
        fan.search([1, 0], include="metadata")


def test_several_searches_are_answered_in_order(fan):
    found = fan.search_batch([Search([0, 1], top_k=1), Search(vector_id="r0", top_k=2), Search([1, 0], filter={"n": 99})])
    assert [ids(each) for each in found] == [["r9"], ["r1", "r2"], []]
    assert fan.search_batch([]) == []


def test_more_searches_than_a_request_takes_are_sent_in_several(fan):
    found = fan.search_batch([Search([1, 0], top_k=1, include=[])] * 1_001)
    assert len(found) == 1_001 and all(ids(each) == ["r0"] for each in found)


def test_more_results_than_a_request_may_ask_for_are_asked_for_in_several(fan):
    found = fan.search_batch([Search([1, 0], top_k=10_000, include=[])] * 11)
    assert [len(each) for each in found] == [10] * 11


def test_groups_share_a_value(fan):
    groups = fan.search_groups([1, 0], group_by="parity", group_size=2)
    assert [(group.value, ids(group.hits)) for group in groups] == [("even", ["r0", "r2"]), ("odd", ["r1", "r3"])]
    assert len(groups) == 2 and groups[0].value == "even"


def test_recommendations_are_like_the_one_and_unlike_the_other(fan):
    assert fan.recommend(["r8"], ["r0"], 1)[0].vector_id == "r9"
    assert fan.recommend([[0, 1], "r9"], ["r0", [1, 0]], 1, strategy="best_score")[0].vector_id == "r8"
    with pytest.raises(ValidationError):
        fan.recommend("r8")


def test_a_diverse_answer_differs_within_itself(fan):
    assert ids(fan.search_diverse([1, 0], 2, diversity=0.0)) == ["r0", "r1"]
    assert ids(fan.search_diverse([1, 0], 2, diversity=0.9, candidates=10)) == ["r0", "r9"]


def test_a_search_that_the_server_stops_is_a_timeout_of_the_server(collection):
    collection.upsert({"vector": [i + 1.0] * 64} for i in range(20_000))
    searches = [Search([1.0] * 64, exact=True, top_k=100, timeout_ms=1) for _ in range(200)]
    with pytest.raises(ServerError) as caught:
        collection.search_batch(searches)
    assert (caught.value.status_code, caught.value.code) == (504, "timeout")


def test_counts_facets_and_samples(fan):
    assert (fan.count(), fan.count({"parity": "odd"}), fan.count(field("n").lt(3))) == (10, 5, 3)
    facets = fan.facets("parity", filter={"n": {"$lt": 3}})
    assert [(facet.value, facet.count) for facet in facets.values] == [("even", 2), ("odd", 1)]
    assert facets.different_values == 2
    sample = fan.sample(4, seed=7, filter={"n": {"$gt": 2}})
    assert len({record.vector_id for record in sample}) == 4 and all(record.metadata["n"] > 2 for record in sample)
    assert [record.vector_id for record in fan.sample(4, seed=7, filter={"n": {"$gt": 2}})] == ids(sample)


def test_pages_follow_each_other_until_there_is_no_cursor(fan):
    page = fan.list(4, include=["metadata"])
    assert ids(page) == ["r0", "r1", "r2", "r3"] and len(page) == 4 and page.records[0].vector is None
    page = fan.list(4, cursor=page.next_cursor)
    last = fan.list(4, cursor=page.next_cursor)
    assert ids(last) == ["r8", "r9"] and last.next_cursor is None


def test_a_listing_takes_an_order_and_a_filter_with_any_character(fan):
    fan.update("r4", metadata={"n&?=%": "a b+c/é"})
    assert ids(fan.list(order_by="n", descending=True, limit=2)) == ["r9", "r8"]
    assert ids(fan.list(filter={"n&?=%": "a b+c/é"})) == ["r4"]


def test_a_scroll_reads_all_pages(fan):
    assert ids(fan.scroll(page_size=3)) == [f"r{i}" for i in range(10)]
    assert ids(fan.scroll(page_size=3, filter={"parity": "odd"}, order_by="n", descending=True)) == ["r9", "r7", "r5", "r3", "r1"]


def test_many_records_are_read_changed_and_deleted_at_once(fan):
    found = fan.get_many(["r3", "yak", "r1"], include=["metadata"])
    assert ids(found.records) == ["r3", "r1"] and found.missing == ("yak",)
    assert fan.update_where({"parity": "odd"}, {"odd": True, "parity": None}) == 5
    assert fan.get("r1").metadata == {"n": 1, "odd": True}
    assert fan.delete_many(["r0", "r2", "yak"]) == 2
    assert fan.delete_where(field("odd").eq(True)) == 5
    assert fan.count() == 3
    with pytest.raises(TypeError):
        fan.delete_many("r4")
