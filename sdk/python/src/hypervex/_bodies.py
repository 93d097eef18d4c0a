"""Bodies of requests that have many optional members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Union

from hypervex import _json, filters
from hypervex._records import spell_named, spell_time
from hypervex._requests import given
from hypervex._vectors import VectorLike, spell
from hypervex.errors import refused
from hypervex.filters import FilterLike

MAX_IDS = 10_000
"""Ids of one request."""

MAX_SEARCHES = 1_000
"""Searches of one request."""

MAX_RESULTS = 100_000
"""Results that the searches of one request may ask for together."""

Example = Union[str, VectorLike]
"""An example of a recommendation: an id, or a vector."""


@dataclass(frozen=True)
class Search:
    """A search of :meth:`Collection.search_batch`; the members are the parameters of :meth:`Collection.search`."""

    query_vector: Optional[VectorLike] = None
    vector_id: Optional[str] = None
    top_k: Optional[int] = None
    min_score: Optional[float] = None
    radius: Optional[float] = None
    filter: Optional[FilterLike] = None
    ef: Optional[int] = None
    target_recall: Optional[float] = None
    oversampling: Optional[float] = None
    max_distances: Optional[int] = None
    exact: Optional[bool] = None
    using: Optional[str] = None
    timeout_ms: Optional[int] = None
    explain: Optional[bool] = None
    include: Optional[Iterable[str]] = None

    @property
    def most_results(self) -> int:
        """Results that the server counts for it."""
        return self.top_k or (10 if self.radius is None else 10_000)


def search_body(search: Search, packed: bool, **choice: Any) -> bytes:
    """The body of a search.

    :param choice: further members: ``group_by``, ``mmr`` and so on; ``None`` is left out.
    """
    members = {name: value for name, value in vars(search).items() if value is not None}
    vector = members.pop("query_vector", None)
    if "filter" in members:
        members["filter"] = filters.to_json(members["filter"])
    if "include" in members:
        members["include"] = names_of(members["include"])
    members.update(given(**choice))
    parts: List[bytes] = [_json.encode(members, "the search")[1:-1]] if members else []
    if vector is not None:
        parts.append(b'"query_vector":' + spell(vector, "query_vector", packed=packed))
    return b"{" + b",".join(parts) + b"}"


def recommend_body(search: Search, packed: bool, positive: Iterable[Example], negative: Iterable[Example], strategy: Optional[str]) -> bytes:
    """The body of a search by examples."""
    parts = [b'"positive":' + _examples(positive, "positive")]
    likeless = _examples(negative, "negative")
    if likeless != b"[]":
        parts.append(b'"negative":' + likeless)
    rest = search_body(search, packed, strategy=strategy)[1:-1]
    if rest:
        parts.append(rest)
    return b"{" + b",".join(parts) + b"}"


def update_body(
    vector: Optional[VectorLike],
    vectors: Optional[Mapping[str, VectorLike]],
    metadata: Optional[Mapping[str, Any]],
    metadata_mode: Optional[str],
    document: Optional[str],
    expires_at: Union[datetime, str, None],
    packed: bool,
) -> bytes:
    """The body of a change of one record."""
    members = given(
        metadata=None if metadata is None else dict(metadata),
        metadata_mode=metadata_mode,
        document=document,
        expires_at=None if expires_at is None else spell_time(expires_at),
    )
    parts = [_json.encode(members, "the update")[1:-1]] if members else []
    if vector is not None:
        parts.append(b'"vector":' + spell(vector, packed=packed))
    if vectors is not None:
        parts.append(b'"vectors":' + spell_named(vectors, "the update", packed))
    return b"{" + b",".join(parts) + b"}"


def filter_of(condition: Optional[FilterLike]) -> Optional[Mapping[str, Any]]:
    """A filter as JSON; ``None`` for none."""
    return None if condition is None else filters.to_json(condition)


def names_of(include: Optional[Iterable[str]]) -> Optional[List[str]]:
    """The parts of a record to be answered.

    :raises TypeError: one text, which would be taken apart into letters.
    """
    if isinstance(include, str):
        raise TypeError(f'include: expected a list of names such as ["metadata"], found the text {include!r}')
    return None if include is None else list(include)


def ids_of(vector_ids: Iterable[str]) -> List[str]:
    """Ids as a list.

    :raises TypeError: one text, which would be taken apart into letters.
    """
    if isinstance(vector_ids, (str, bytes)):
        raise TypeError("vector_ids: expected several ids, found one text; put it into a list")
    return list(vector_ids)


def parts_of(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    """The items in parts of at most this size."""
    return [items[start:start + size] for start in range(0, len(items), size)]


def parts_of_searches(searches: Sequence[Search], packed: bool, most_bytes: int) -> Iterable[List[bytes]]:
    """Bodies of searches in groups that one request can carry."""
    group: List[bytes] = []
    results = size = 0
    for search in searches:
        body = search_body(search, packed)
        if group and (
            len(group) == MAX_SEARCHES or results + search.most_results > MAX_RESULTS or size + len(body) > most_bytes
        ):
            yield group
            group, results, size = [], 0, 0
        group.append(body)
        results += search.most_results
        size += len(body) + 1
    if group:
        yield group


def _examples(examples: Iterable[Example], what: str) -> bytes:
    if isinstance(examples, str):
        raise refused("invalid_argument", f"{what}: expected a list of examples, found one text; put it into a list.")
    spelled = (_json.encode(example, what) if isinstance(example, str) else spell(example, what) for example in examples)
    return b"[" + b",".join(spelled) + b"]"
