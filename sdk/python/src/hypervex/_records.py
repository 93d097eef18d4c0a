"""Records on their way to the server: as JSON, in batches that fit, as lines of an import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union

from hypervex import _json
from hypervex._vectors import VectorLike, spell
from hypervex.errors import refused
from hypervex.models import Record

RecordLike = Union[Record, Mapping[str, Any]]
"""A record to write: a :class:`Record`, or a dict with the keys ``vector`` or ``vectors`` and optionally ``vector_id`` (made by the
server otherwise), ``metadata``, ``document``, ``expires_at`` (a datetime with its offset, or RFC 3339)."""

_TIMES = ("expires_at", "created_at", "updated_at")


def spell_time(time: Union[datetime, str]) -> str:
    """A time as RFC 3339; texts are left to the server.

    :raises ValidationError: a datetime without an offset, of which nobody knows when it was.
    """
    if isinstance(time, str):
        return time
    if time.tzinfo is None:
        raise refused("invalid_argument", f"{time!r} has no time zone; use datetime.now(timezone.utc) or give one.")
    return time.isoformat()


def spell_record(record: RecordLike, where: str = "the record", *, packed: bool = False) -> bytes:
    """A record as a JSON object on one line."""
    members = _members(record, where)
    vector, vectors = members.pop("vector", None), members.pop("vectors", None)
    parts: List[bytes] = []
    if vector is not None:
        parts.append(b'"vector":' + spell(vector, f"{where}: vector", packed=packed))
    if vectors is not None:
        parts.append(b'"vectors":' + spell_named(vectors, where, packed))
    if members or not parts:
        parts.insert(0, _json.encode(members, where)[1:-1])
    return b"{" + b",".join(part for part in parts if part) + b"}"


def spell_named(vectors: Mapping[str, VectorLike], where: str, packed: bool) -> bytes:
    """Vectors by field as a JSON object."""
    named = [_json.encode(name) + b":" + spell(vector, f"{where}: vectors.{name}", packed=packed) for name, vector in vectors.items()]
    return b"{" + b",".join(named) + b"}"


def _members(record: RecordLike, where: str) -> Dict[str, Any]:
    if isinstance(record, Record):
        members = {name: value for name, value in vars(record).items() if value is not None}
    elif isinstance(record, Mapping):
        members = {name: value for name, value in record.items() if value is not None}
    else:
        raise TypeError(f"{where}: expected a Record or a dict, found {type(record).__name__}")
    for name in _TIMES:
        if name in members:
            members[name] = spell_time(members[name])
    if isinstance(members.get("metadata"), Mapping):
        members["metadata"] = dict(members["metadata"])
    return members


@dataclass(frozen=True)
class Batch:
    """Records of one request."""

    start: int
    """Index of the first one in the whole input."""
    records: Sequence[bytes]

    def body(self, key: str, *, partial: bool = False) -> bytes:
        """The request's body: an object with the records under the key."""
        end = b'],"partial":true}' if partial else b"]}"
        return b'{"' + key.encode() + b'":[' + b",".join(self.records) + end

    def halves(self) -> Iterable[Batch]:
        """Two batches with the same records."""
        middle = len(self.records) // 2
        return [Batch(self.start, self.records[:middle]), Batch(self.start + middle, self.records[middle:])]


class BatchBuilder:
    """Gathers records until one more would be too many for a request, by count or by bytes.

    Thread safety: one caller at a time.
    """

    def __init__(self, most_records: int, most_bytes: int) -> None:
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._start = 0
        self._records: List[bytes] = []
        self._bytes = 0

    @property
    def count(self) -> int:
        """Records that were added so far, in all batches."""
        return self._start + len(self._records)

    def add(self, record: bytes) -> Optional[Batch]:
        """Adds a record, and returns the batch that it does not fit into any more."""
        is_full = len(self._records) == self._most_records or self._bytes + len(record) > self._most_bytes
        full = self.finish() if is_full else None
        self._records.append(record)
        self._bytes += len(record) + 1
        return full

    def finish(self) -> Optional[Batch]:
        """The records since the last batch."""
        if not self._records:
            return None
        batch = Batch(self._start, self._records)
        self._start += len(self._records)
        self._records = []
        self._bytes = 0
        return batch


class LineSplitter:
    """Takes a body apart at its line ends, however its pieces fall.

    Thread safety: one caller at a time.
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    def lines(self, piece: bytes) -> List[bytes]:
        """The lines that end in the next piece, without their ends."""
        if piece.find(b"\n") < 0:
            self._rest += piece
            return []
        lines = (bytes(self._rest) + piece).split(b"\n")
        self._rest = bytearray(lines.pop())
        return [line for line in lines if line]

    def rest(self) -> List[bytes]:
        """What comes behind the last line end."""
        return [bytes(self._rest)] if self._rest else []
