"""Answers of the server, as frozen dataclasses. Keys that a newer server adds are passed over."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Type, TypeVar, Union, overload

T = TypeVar("T")


def read(kind: Type[T], json: Mapping[str, Any]) -> T:
    """An answer from its JSON object.

    :raises KeyError, TypeError, ValueError: it is not one.
    """
    members: Dict[str, Any] = {}
    nested = _NESTED.get(kind, {})
    for member in dataclasses.fields(kind):
        if member.name in json:
            value = json[member.name]
            convert = nested.get(member.name)
            members[member.name] = convert(value) if convert and value is not None else value
        elif member.default is dataclasses.MISSING:
            raise KeyError(member.name)
    return kind(**members)


def _list_of(kind: Type[T]) -> Callable[[Any], Tuple[T, ...]]:
    return lambda items: tuple(read(kind, item) for item in items)


def _map_of(kind: Type[T]) -> Callable[[Any], Dict[str, T]]:
    return lambda members: {name: read(kind, member) for name, member in members.items()}


def _one(kind: Type[T]) -> Callable[[Any], T]:
    return lambda member: read(kind, member)


def _time(text: str) -> datetime:
    # Before Python 3.11, fromisoformat reads neither Z nor other than three or six digits of a second's fraction.
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6].ljust(6, '0')}+00:00")


@dataclass(frozen=True)
class Record:
    """A record. Parts that were not asked for, and vectors that it does not have, are ``None``.

    It can be made by hand too, to be written: ``Record("a", [0.1, 0.2], {"lang": "en"})``.
    """

    vector_id: str
    """The id, 1 to 512 bytes of UTF-8."""
    vector: Optional[Sequence[float]] = None
    """The vector of the default field: float32, as Python floats."""
    metadata: Optional[Mapping[str, Any]] = None
    """Up to 64 KB: strings, numbers, booleans, None, lists and dicts."""
    document: Optional[str] = None
    """The text that the vectors stand for, up to 1 MB."""
    vectors: Optional[Mapping[str, Sequence[float]]] = None
    """Vectors of named fields."""
    expires_at: Optional[datetime] = None
    """When it stops being there; ``None`` = never."""
    created_at: Optional[datetime] = None
    """When its id was first written, in UTC. Only an import keeps the one that it is given."""
    updated_at: Optional[datetime] = None
    """When it was last written, in UTC."""
    version: Optional[str] = None
    """Changes with every write: 32 hexadecimal digits, for ``if_version``."""


def record(json: Mapping[str, Any]) -> Record:
    """A record from its JSON object."""
    expires_at = json.get("expires_at")
    return Record(
        vector_id=json["vector_id"],
        vector=json.get("vector"),
        metadata=json.get("metadata"),
        document=json.get("document"),
        vectors=json.get("vectors"),
        expires_at=None if expires_at is None else _time(expires_at),
        created_at=_time(json["created_at"]),
        updated_at=_time(json["updated_at"]),
        version=json["version"],
    )


@dataclass(frozen=True)
class Page:
    """A page of a listing. Iterable over its records."""

    records: Tuple[Record, ...]
    next_cursor: Optional[str]
    """Where the next page starts; ``None`` when this was the last one."""

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


@dataclass(frozen=True)
class Found:
    """The answer to ``get_many``."""

    records: Tuple[Record, ...]
    """Those that exist, in the order asked for."""
    missing: Tuple[str, ...]
    """The ids without a record."""


@dataclass(frozen=True)
class Hit:
    """One result of a search."""

    vector_id: str
    score: float
    """Greater is nearer: cosine similarity, inner product, else 1 / (1 + distance)."""
    distance: float
    """The metric's own; smaller is nearer."""
    metadata: Optional[Mapping[str, Any]] = None
    document: Optional[str] = None
    vector: Optional[Sequence[float]] = None
    vectors: Optional[Mapping[str, Sequence[float]]] = None


def hit(json: Mapping[str, Any]) -> Hit:
    """A result from its JSON object."""
    return Hit(
        json["vector_id"], json["score"], json["distance"], json.get("metadata"), json.get("document"), json.get("vector"), json.get("vectors")
    )


@dataclass(frozen=True)
class Explanation:
    """How a search was done."""

    plan: str
    """``graph``, ``filtered_graph`` or ``scan``."""
    records_read: int
    """Records that were read to decide whether they match."""
    distances: int
    """Rows that were compared."""
    ef: int
    """Width of the beam; 0 when rows were scanned."""
    filter_us: float
    search_us: float
    read_us: float
    """Microseconds of the three stages."""
    warnings: Tuple[str, ...]
    """What made the search slower than it could be, such as a field without an index."""
    estimated_matches: Optional[int] = None
    matches: Optional[int] = None


@dataclass(frozen=True)
class SearchResult(Sequence[Hit]):
    """The results of a search, nearest first: a sequence of :class:`Hit`."""

    hits: Tuple[Hit, ...]
    limited_by: Optional[str] = None
    """What kept the search from returning more: ``max_distances``, or ``top_k`` for a range search; ``None`` = nothing more matches."""
    ef: Optional[int] = None
    """With ``target_recall``: the width of the beam that it led to, 0 = rows were scanned."""
    explain: Optional[Explanation] = None

    @overload
    def __getitem__(self, index: int) -> Hit: ...

    @overload
    def __getitem__(self, index: slice) -> Tuple[Hit, ...]: ...

    def __getitem__(self, index: Union[int, slice]) -> Union[Hit, Tuple[Hit, ...]]:
        return self.hits[index]

    def __len__(self) -> int:
        return len(self.hits)


def search_result(json: Mapping[str, Any]) -> SearchResult:
    """The answer to a search."""
    explain = json.get("explain")
    return SearchResult(
        tuple(map(hit, json["results"])), json.get("limited_by"), json.get("ef"), None if explain is None else read(Explanation, explain)
    )


def search_results(json: Mapping[str, Any]) -> List[SearchResult]:
    """The answers to the searches of a batch."""
    results = json["results"]
    nothing = [None] * len(results)
    rows = zip(results, json.get("limited_by") or nothing, json.get("ef") or nothing, json.get("explain") or nothing)
    return [search_result({"results": hits, "limited_by": limit, "ef": ef, "explain": explain}) for hits, limit, ef, explain in rows]


@dataclass(frozen=True)
class Group:
    """Results that share a value of the field."""

    value: Union[str, int, float, bool]
    hits: Tuple[Hit, ...]


@dataclass(frozen=True)
class Groups(Sequence[Group]):
    """The answer to a grouped search, in order of the groups' best results: a sequence of :class:`Group`."""

    groups: Tuple[Group, ...]
    limited_by: Optional[str] = None

    @overload
    def __getitem__(self, index: int) -> Group: ...

    @overload
    def __getitem__(self, index: slice) -> Tuple[Group, ...]: ...

    def __getitem__(self, index: Union[int, slice]) -> Union[Group, Tuple[Group, ...]]:
        return self.groups[index]

    def __len__(self) -> int:
        return len(self.groups)


def groups(json: Mapping[str, Any]) -> Groups:
    """The answer to a grouped search."""
    found = tuple(Group(group["value"], tuple(map(hit, group["results"]))) for group in json["groups"])
    return Groups(found, json.get("limited_by"))


@dataclass(frozen=True)
class BatchError:
    """A record of a partial batch that was not written."""

    index: int
    """Its index in the input, from 0."""
    code: str
    detail: str


@dataclass(frozen=True)
class UpsertResult:
    """What a batch wrote."""

    upserted: int
    """Records written."""
    vector_ids: Tuple[Optional[str], ...]
    """The id of each record, in the order of the input; ``None`` for one that a partial batch did not write."""
    superseded: Tuple[int, ...] = ()
    """Indexes of records that were not written because a later one of the same request has their id."""
    errors: Tuple[BatchError, ...] = ()
    """What a partial batch did not write."""


@dataclass(frozen=True)
class Facet:
    """How often a value occurs."""

    value: Union[str, int, float, bool, None]
    count: int


@dataclass(frozen=True)
class Facets:
    """The values of a field, the most frequent first."""

    values: Tuple[Facet, ...]
    different_values: int
    """All that there are, those beyond the limit included."""


@dataclass(frozen=True)
class ImportResult:
    """What an import wrote."""

    imported: int
    """Records written."""
    lines: int
    """Lines of the input that are done with, blank and skipped ones included."""


@dataclass(frozen=True)
class IndexInfo:
    """Parameters of a vector field's index."""

    type: str
    """``hnsw`` or ``flat``; ``flat`` has no other parameters."""
    m: Optional[int] = None
    """Links per node."""
    ef_construction: Optional[int] = None
    """Width of the beam while building."""
    ef: Optional[int] = None
    """Width of the beam while searching."""


@dataclass(frozen=True)
class VectorFieldInfo:
    """A vector field."""

    dimension: Optional[int]
    """Components of each vector; ``None`` until the first one is written."""
    metric: str
    index: IndexInfo
    quantization: str
    curvature: Optional[float] = None
    project: Optional[bool] = None


@dataclass(frozen=True)
class CollectionInfo:
    """A collection's settings and its number of records.

    ``dimension``, ``metric``, ``index`` and ``quantization`` are those of the default field, ``None`` when there is none.
    """

    name: str
    dimension: Optional[int]
    metric: Optional[str]
    index: Optional[IndexInfo]
    quantization: Optional[str]
    capacity: Optional[int]
    """Greatest number of records; ``None`` = unlimited."""
    count: int
    """Live records."""
    curvature: Optional[float] = None
    project: Optional[bool] = None
    field_indexes: Optional[Mapping[str, str]] = None
    """Types of the indexes of metadata fields, by field; ``None`` when there are none."""
    vectors: Optional[Mapping[str, VectorFieldInfo]] = None
    """All vector fields by name; ``None`` when the default field is the only one."""
    durability: Optional[str] = None
    """Of writes that name none: ``fsync``, ``batch`` or ``os``; ``None`` = as the server is set."""


@dataclass(frozen=True)
class FieldIndex:
    """An index of a metadata field."""

    field: str
    type: str
    ready: bool
    """Whether filters use it."""
    progress: float
    """How much of it is built, 0 to 1."""
    records: int
    """Records that have the field."""
    other_records: int
    """Records with a value of another kind."""
    memory_bytes: int
    values: Optional[int] = None
    """Different values; ``None`` where they are not told apart."""
    problem: Optional[str] = None
    """Why it could not be built."""


@dataclass(frozen=True)
class RecallPoint:
    """A point of a recall curve."""

    ef: int
    recall: float
    """Mean share of the true nearest that were found, 0 to 1."""


@dataclass(frozen=True)
class RecallCurve:
    """A measured curve that ``target_recall`` goes by."""

    k: int
    rows: int
    queries: int
    points: Tuple[RecallPoint, ...]


@dataclass(frozen=True)
class CodeStats:
    """The codes that searches run on, and how far those are that the setting asks for."""

    kind: str
    """``none`` (the full vectors), ``sq8``, ``sq4`` or ``binary``."""
    state: str
    """``ready``, ``waiting`` or ``training``."""
    progress: Optional[float] = None
    """While training, 0 to 1."""


@dataclass(frozen=True)
class IndexStats:
    """A vector field's index: its parameters and how far it is."""

    type: str
    m: int
    ef_construction: int
    ef: int
    linked: int
    """Vectors in the graph."""
    pending: int
    """Vectors that wait for it, and are scanned exactly meanwhile."""
    recall: Optional[Tuple[RecallCurve, ...]] = None
    codes: Optional[CodeStats] = None
    """``None`` of a flat index, and until the first vector."""


@dataclass(frozen=True)
class MemoryStats:
    """Bytes that a collection holds; docs/limits.md says what counts as what."""

    row_bytes: int
    index_bytes: int
    graph_bytes: int
    code_bytes: int
    record_table_bytes: int
    row_memory_bytes: int
    pending_bytes: int
    total_bytes: int
    bytes_per_vector: Optional[float] = None


@dataclass(frozen=True)
class ScrubFinding:
    """A place that does not check."""

    file: str
    message: str


@dataclass(frozen=True)
class ScrubStats:
    """What the checks of the files in the background have found."""

    running: bool
    bytes_checked: int
    problems: int
    repaired: int
    findings: Tuple[ScrubFinding, ...]
    last_finished: Optional[datetime] = None


@dataclass(frozen=True)
class DatabaseStats:
    """What all collections together hold."""

    memory_bytes: int
    memory_limit: Optional[int]
    open_files: int


@dataclass(frozen=True)
class FieldStats:
    """One of several vector fields."""

    dimension: Optional[int]
    metric: str
    index: IndexStats
    curvature: Optional[float] = None
    project: Optional[bool] = None


@dataclass(frozen=True)
class Stats:
    """What a collection holds. Members about the default field are ``None`` when there is none."""

    count: int
    """Live records."""
    capacity: Optional[int]
    dimension: Optional[int]
    metric: Optional[str]
    storage_path: Optional[str]
    index: Optional[IndexStats]
    memory: MemoryStats
    log_bytes: int
    garbage_ratio: float
    """The part of the log that is out of date, 0 to 1."""
    chunk_bytes: int
    row_access: str
    scrub: Optional[ScrubStats]
    database: DatabaseStats
    last_sequence: int
    curvature: Optional[float] = None
    project: Optional[bool] = None
    field_indexes: Optional[Tuple[FieldIndex, ...]] = None
    vectors: Optional[Mapping[str, FieldStats]] = None
    durability: Optional[str] = None
    """Of writes that name none."""


@dataclass(frozen=True)
class ApiKey:
    """A key of the server. ``key`` is its text, when it was created or rotated just now: nobody can tell it again."""

    id: str
    """16 hexadecimal digits; no secret."""
    name: str
    scope: str
    """``read``, ``write`` or ``admin``; each includes those before it."""
    created_at: datetime
    collections: Optional[Tuple[str, ...]] = None
    """The collections that it is for; ``None`` = all."""
    previous_until: Optional[datetime] = None
    """Until when the text before the last rotation is accepted."""
    key: Optional[str] = dataclasses.field(default=None, repr=False)


@dataclass(frozen=True)
class JobProblem:
    """Why a job failed."""

    code: str
    """A stable code, as :class:`hypervex.APIError` has."""
    detail: str


@dataclass(frozen=True)
class Job:
    """Work that goes on after the call that began it has returned."""

    id: str
    kind: str
    """``snapshot``, ``restore``, ``compact`` or ``checkpoint``."""
    collection: str
    state: str
    """``running``, ``done``, ``failed`` or ``cancelled``."""
    started_at: datetime
    finished_at: Optional[datetime] = None
    stage: Optional[str] = None
    """``writing``, ``checking``, ``restoring`` or ``verifying``; ``None`` where that is not told apart."""
    progress: Optional[float] = None
    """How much of the stage is done, 0 to 1; ``None`` where that is not known."""
    snapshot: Optional[str] = None
    """The snapshot that it writes or restores."""
    records: Optional[int] = None
    """Records in the snapshot, restored, or moved by a compaction."""
    bytes: Optional[int] = None
    """Bytes of the snapshot, or of the log behind a compaction."""
    problem: Optional[JobProblem] = None

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.state == "running"


def job(json: Mapping[str, Any]) -> Job:
    """A job from its JSON object."""
    return read(Job, json)


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that the server keeps of a collection."""

    name: str
    bytes: int
    created_at: datetime


@dataclass(frozen=True)
class Health:
    """Whether the server is well."""

    status: str
    """``healthy``."""
    version: str


# How members are read that are not plain JSON.
_NESTED: Dict[Type[Any], Dict[str, Callable[[Any], Any]]] = {
    Explanation: {"warnings": tuple},
    Facets: {"values": _list_of(Facet)},
    VectorFieldInfo: {"index": _one(IndexInfo)},
    CollectionInfo: {"index": _one(IndexInfo), "vectors": _map_of(VectorFieldInfo)},
    RecallCurve: {"points": _list_of(RecallPoint)},
    IndexStats: {"recall": _list_of(RecallCurve), "codes": _one(CodeStats)},
    ScrubStats: {"findings": _list_of(ScrubFinding), "last_finished": _time},
    FieldStats: {"index": _one(IndexStats)},
    Stats: {
        "index": _one(IndexStats),
        "memory": _one(MemoryStats),
        "scrub": _one(ScrubStats),
        "database": _one(DatabaseStats),
        "field_indexes": _list_of(FieldIndex),
        "vectors": _map_of(FieldStats),
    },
    Job: {"started_at": _time, "finished_at": _time, "problem": _one(JobProblem)},
    Snapshot: {"created_at": _time},
    ApiKey: {"created_at": _time, "collections": tuple, "previous_until": _time},
}
