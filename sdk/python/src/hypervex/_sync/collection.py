# Made by tools/unasync.py from _async/collection.py; change that one.

"""The records of one collection."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterator, Dict, Iterable, List, Literal, Mapping, Optional, Union

from hypervex import _bodies, _json, models
from hypervex._sync.batches import BatchWriter
from hypervex._sync.io import Source, items
from hypervex._sync.lines import Import
from hypervex._sync.transport import Transport
from hypervex._bodies import Example, Search, filter_of, ids_of, names_of, parts_of, search_body
from hypervex._records import LineSplitter, RecordLike, spell_record
from hypervex._requests import BYTES, NDJSON, Request, given, nothing, segment, with_query
from hypervex._types import Durability, FieldIndexType, Include, Quantization
from hypervex._vectors import VectorLike
from hypervex.errors import HypervexError, NotFoundError
from hypervex.filters import FilterLike
from hypervex.models import (
    CollectionInfo, Facets, FieldIndex, Found, Groups, ImportResult, Job, Page, Record, SearchResult, Snapshot, Stats, UpsertResult,
)

DEFAULT = "default"


class Collection:
    """A collection of a server; made by :meth:`Client.collection`, which sends nothing.

    Every method raises :class:`hypervex.ConnectionError` or :class:`hypervex.TimeoutError` when no answer comes, and an
    :class:`hypervex.APIError` when the answer is not a success: ``NotFoundError`` with the code ``collection_not_found`` when there is
    no such collection, ``ValidationError`` for what cannot be accepted.

    Safe for any thread.
    """

    def __init__(self, transport: Transport, name: str, batch_bytes: int, packed: bool) -> None:
        self._transport = transport
        self._name = name
        self._batch_bytes = batch_bytes
        self._packed = packed
        self._root = f"/api/v1/collections/{segment(name, 'name')}"
        self._path = "/api/v1/vectors" if name == DEFAULT else f"{self._root}/vectors"

    @property
    def name(self) -> str:
        """The collection's name."""
        return self._name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"

    # One record

    def insert(
        self,
        vector: Optional[VectorLike] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        *,
        vector_id: Optional[str] = None,
        document: Optional[str] = None,
        vectors: Optional[Mapping[str, VectorLike]] = None,
        expires_at: Union[datetime, str, None] = None,
        durability: Durability = None,
    ) -> Record:
        """Creates a record.

        :param vector: the vector of the default field; packed bits as ``bytes``.
        :param metadata: up to 64 KB, 8 levels deep.
        :param vector_id: 1 to 512 bytes of UTF-8; the server makes a UUID when it is left out.
        :param document: the text that the vector stands for, up to 1 MB.
        :param vectors: vectors of named fields, beside or instead of ``vector``.
        :param expires_at: when the record stops being there; a datetime needs its time zone.
        :returns: the record as it was written.
        :raises ConflictError: ``already_exists``; :meth:`update` changes a record, :meth:`upsert` replaces it.
        :raises CapacityError: the collection, the memory or the disk is full.
        """
        members = dict(
            vector_id=vector_id, vector=vector, metadata=metadata, document=document, vectors=vectors, expires_at=expires_at
        )
        path = with_query(self._path, durability=durability)
        return self._transport.call(Request("POST", path, models.record, spell_record(members, packed=self._packed)))

    def get(self, vector_id: str, *, include: Include = None) -> Record:
        """Reads a record.

        :param include: the parts to read: ``metadata``, ``document``, ``vector``, ``vectors``; all unless given.
        :raises NotFoundError: there is no such record.
        """
        segment(vector_id, "vector_id")
        found = self.get_many([vector_id], include=include)
        if not found.records:
            raise NotFoundError(404, "not_found", f"There is no record with the id {_json.encode(vector_id).decode()}.")
        return found.records[0]

    def update(
        self,
        vector_id: str,
        *,
        vector: Optional[VectorLike] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        metadata_mode: Optional[str] = None,
        document: Optional[str] = None,
        vectors: Optional[Mapping[str, VectorLike]] = None,
        expires_at: Union[datetime, str, None] = None,
        if_version: Optional[str] = None,
        durability: Durability = None,
    ) -> Record:
        """Changes a record; what is not given stays.

        :param metadata: merged into the old (RFC 7396: ``None`` removes a key, dicts merge).
        :param metadata_mode: ``replace`` puts ``metadata`` in place of the old.
        :param expires_at: a time, or ``"never"``.
        :param if_version: only when the record still has this version.
        :returns: the record as it is now.
        :raises NotFoundError: there is no such record.
        :raises ConflictError: ``version_mismatch``.
        """
        path = with_query(f"{self._path}/{segment(vector_id, 'vector_id')}", durability=durability)
        body = _bodies.update_body(vector, vectors, metadata, metadata_mode, document, expires_at, self._packed)
        return self._transport.call(Request("PUT", path, models.record, body, if_match=if_version))

    def delete(self, vector_id: str, *, if_version: Optional[str] = None, durability: Durability = None) -> None:
        """Deletes a record.

        :param if_version: only when the record still has this version.
        :raises NotFoundError: there is no such record.
        :raises ConflictError: ``version_mismatch``.
        """
        path = with_query(f"{self._path}/{segment(vector_id, 'vector_id')}", durability=durability)
        self._transport.call(Request("DELETE", path, nothing, if_match=if_version))

    # Many records

    def upsert(
        self, records: Source[RecordLike], *, partial: bool = False, atomic: bool = False, durability: Durability = None
    ) -> UpsertResult:
        """Writes records, new ones or in place of those with their ids.

        The input is sent in requests of up to 10,000 records and the client's ``batch_bytes``. **Each request is written wholly or not
        at all; the whole input is not**: when a later request fails, the earlier ones are written, and the error's ``written`` counts
        their records. Sending everything again is safe: it writes the same records.

        :param records: :class:`Record` objects or dicts, from any iterable; only two requests' worth is held in memory.
        :param partial: write the good records of a request although others are bad; the answer's ``errors`` lists those.
        :param atomic: send everything in one request, or refuse what does not fit into one (10,000 records, the server's
            ``max_body_bytes``, 32 MB unless changed).
        :raises ValidationError: a record that cannot be accepted; its index is in the message.
        """
        path = with_query(f"{self._path}/batch", durability=durability)
        with BatchWriter(self._transport, path, self._batch_bytes, self._packed, partial=partial, atomic=atomic) as writer:
            for record in items(records):
                writer.add(record)
            return writer.finish()

    def get_many(self, vector_ids: Iterable[str], *, include: Include = None) -> Found:
        """Reads records; any number of ids.

        :param include: as in :meth:`get`.
        :returns: those that exist, in the order asked for, and the ids of the others.
        """
        records: List[Record] = []
        missing: List[str] = []
        for part in parts_of(ids_of(vector_ids), _bodies.MAX_IDS):
            body = _json.encode(given(vector_ids=part, include=names_of(include)))
            found = self._transport.call(Request("POST", f"{self._path}/get", _found, body, safe=True))
            records.extend(found.records)
            missing.extend(found.missing)
        return Found(tuple(records), tuple(missing))

    def delete_many(self, vector_ids: Iterable[str], *, durability: Durability = None) -> int:
        """Deletes records; any number of ids. Each 10,000 ids go wholly or not at all; the error's ``written`` counts ids that are done with.

        :returns: records deleted; ids without a record do not count.
        """
        deleted = done = 0
        path = with_query(f"{self._path}/delete", durability=durability)
        try:
            for part in parts_of(ids_of(vector_ids), _bodies.MAX_IDS):
                deleted += self._transport.call(Request("POST", path, _deleted, _json.encode({"vector_ids": part})))
                done += len(part)
        except HypervexError as error:
            error.written = done
            raise
        return deleted

    def delete_where(self, filter: FilterLike, *, durability: Durability = None) -> int:
        """Deletes what matches a filter, ``{}`` = everything, in atomic batches of up to 10,000.

        :returns: records deleted.
        """
        body = _json.encode({"filter": filter_of(filter)})
        return self._transport.call(Request("POST", with_query(f"{self._path}/delete", durability=durability), _deleted, body))

    def update_where(
        self, filter: FilterLike, metadata: Mapping[str, Any], *, metadata_mode: Optional[str] = None, durability: Durability = None
    ) -> int:
        """Changes the metadata of what matches a filter, ``{}`` = everything, in atomic batches of up to 1,000.

        :param metadata: merged as by :meth:`update`, or, with ``metadata_mode="replace"``, put in place of the old.
        :returns: records changed; those that had the change already do not count.
        """
        body = _json.encode(given(filter=filter_of(filter), metadata=dict(metadata), metadata_mode=metadata_mode))
        return self._transport.call(Request("POST", with_query(f"{self._path}/update", durability=durability), _updated, body))

    def count(self, filter: Optional[FilterLike] = None) -> int:
        """Counts the records, or those that match a filter."""
        body = _json.encode(given(filter=filter_of(filter)))
        return self._transport.call(Request("POST", f"{self._path}/count", _count, body, safe=True))

    def facets(self, field: str, *, filter: Optional[FilterLike] = None, limit: Optional[int] = None) -> Facets:
        """Counts how often the values of a metadata field occur, the most frequent first.

        :param limit: most values to return, 1 to 10,000; 100 unless given.
        """
        body = _json.encode(given(field=field, filter=filter_of(filter), limit=limit))
        return self._transport.call(Request("POST", f"{self._path}/facets", _facets, body, safe=True))

    def sample(
        self,
        limit: Optional[int] = None,
        *,
        filter: Optional[FilterLike] = None,
        seed: Optional[int] = None,
        include: Include = None,
    ) -> List[Record]:
        """Reads records chosen at random, each with the same chance.

        :param limit: 1 to 10,000; 10 unless given.
        :param seed: makes the choice repeatable while nothing is written.
        """
        body = _json.encode(given(limit=limit, filter=filter_of(filter), seed=seed, include=names_of(include)))
        return self._transport.call(Request("POST", f"{self._path}/sample", _records, body, safe=True))

    def list(
        self,
        limit: Optional[int] = None,
        *,
        cursor: Optional[str] = None,
        filter: Optional[FilterLike] = None,
        order_by: Optional[str] = None,
        descending: bool = False,
        include: Include = None,
    ) -> Page:
        """Reads a page of the records, in order of creation or of a metadata field.

        :param limit: 1 to 10,000; 100 unless given.
        :param cursor: the ``next_cursor`` of the page before.
        :param order_by: a metadata field; records without it come last.
        """
        names = names_of(include)
        path = with_query(
            self._path,
            limit=limit,
            cursor=cursor,
            filter=None if filter is None else _json.encode(filter_of(filter)).decode(),
            order_by=order_by,
            order="desc" if descending else None,
            include=None if names is None else ",".join(names),
        )
        return self._transport.call(Request("GET", path, _page, safe=True))

    def scroll(
        self,
        *,
        filter: Optional[FilterLike] = None,
        order_by: Optional[str] = None,
        descending: bool = False,
        include: Include = None,
        page_size: int = 1_000,
    ) -> Iterator[Record]:
        """All records, page by page. A record that is present throughout appears exactly once."""
        cursor: Optional[str] = None
        while True:
            page = self.list(
                page_size, cursor=cursor, filter=filter, order_by=order_by, descending=descending, include=include
            )
            for record in page.records:
                yield record
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    # Searches

    def search(
        self,
        query_vector: Optional[VectorLike] = None,
        top_k: Optional[int] = None,
        *,
        vector_id: Optional[str] = None,
        filter: Optional[FilterLike] = None,
        include: Include = None,
        min_score: Optional[float] = None,
        radius: Optional[float] = None,
        exact: Optional[bool] = None,
        ef: Optional[int] = None,
        target_recall: Optional[float] = None,
        oversampling: Optional[float] = None,
        max_distances: Optional[int] = None,
        using: Optional[str] = None,
        timeout_ms: Optional[int] = None,
        explain: Optional[bool] = None,
    ) -> SearchResult:
        """Finds the records nearest to a vector, or to the vector of a record.

        :param query_vector: the query; or
        :param vector_id: the record whose vector is the query, which is not among the results.
        :param top_k: number of results, 1 to 10,000; 10 unless given, with a ``radius`` 10,000.
        :param filter: only records that match.
        :param include: parts of each result: ``metadata`` (unless given), ``document``, ``vector``, ``vectors``.
        :param min_score: only results with at least this score.
        :param radius: all results within this distance, at most ``top_k``.
        :param exact: compare every record that matches.
        :param ef: width of the beam, 1 to 65,536; or
        :param target_recall: the recall to hold, 0.5 to 0.999, by what the server has measured.
        :param oversampling: how many times ``top_k`` candidates are ranked again by full precision at least, 1 to 100.
        :param max_distances: limit on the records that are compared.
        :param using: the vector field.
        :param timeout_ms: milliseconds after which the server stops, 1 to 3,600,000.
        :param explain: say how the results were found.
        :raises ServerError: ``timeout``, after ``timeout_ms``.
        """
        search = Search(
            query_vector, vector_id, top_k, min_score, radius, filter, ef, target_recall, oversampling, max_distances, exact, using,
            timeout_ms, explain, include,
        )
        return self._search(search_body(search, self._packed))

    def search_batch(self, searches: Iterable[Search]) -> List[SearchResult]:
        """Runs several searches at once, on all cores of the server; any number, in requests of up to 1,000.

        :returns: the results in the order of the searches.
        :raises APIError: of the first search that fails; nothing is returned then.
        """
        results: List[SearchResult] = []
        for group in _bodies.parts_of_searches(list(searches), self._packed, self._batch_bytes):
            body = b'{"searches":[' + b",".join(group) + b"]}"
            results += self._transport.call(Request("POST", f"{self._path}/search/batch", models.search_results, body, safe=True))
        return results

    def search_groups(
        self,
        query_vector: Optional[VectorLike] = None,
        top_k: Optional[int] = None,
        *,
        group_by: str,
        group_size: Optional[int] = None,
        vector_id: Optional[str] = None,
        filter: Optional[FilterLike] = None,
        include: Include = None,
        min_score: Optional[float] = None,
        exact: Optional[bool] = None,
        ef: Optional[int] = None,
        using: Optional[str] = None,
        timeout_ms: Optional[int] = None,
    ) -> Groups:
        """Finds the groups of records, by the value of a metadata field, whose best results are nearest.

        :param top_k: number of groups; 10 unless given.
        :param group_by: the field.
        :param group_size: most results of a group; 1 unless given, at most 10,000 results together.

        The other parameters are those of :meth:`search`.
        """
        search = Search(
            query_vector, vector_id, top_k, min_score, filter=filter, ef=ef, exact=exact, using=using, timeout_ms=timeout_ms, include=include
        )
        body = search_body(search, self._packed, group_by=group_by, group_size=group_size)
        return self._transport.call(Request("POST", f"{self._path}/search", models.groups, body, safe=True))

    def recommend(
        self,
        positive: Iterable[Example],
        negative: Iterable[Example] = (),
        top_k: Optional[int] = None,
        *,
        strategy: Optional[str] = None,
        filter: Optional[FilterLike] = None,
        include: Include = None,
        min_score: Optional[float] = None,
        exact: Optional[bool] = None,
        ef: Optional[int] = None,
        using: Optional[str] = None,
        timeout_ms: Optional[int] = None,
    ) -> SearchResult:
        """Finds records like the positive examples and unlike the negative ones.

        :param positive: ids or vectors, at least one; at most 64 together with ``negative``.
        :param strategy: ``average_vector`` (unless given; not for ``hamming``, ``poincare``, ``lorentz``) or ``best_score``.

        The other parameters are those of :meth:`search`. Records that are examples are not among the results.
        """
        search = Search(
            top_k=top_k, min_score=min_score, filter=filter, ef=ef, exact=exact, using=using, timeout_ms=timeout_ms, include=include
        )
        return self._search(_bodies.recommend_body(search, self._packed, positive, negative, strategy))

    def search_diverse(
        self,
        query_vector: Optional[VectorLike] = None,
        top_k: Optional[int] = None,
        *,
        diversity: float = 0.5,
        candidates: Optional[int] = None,
        vector_id: Optional[str] = None,
        filter: Optional[FilterLike] = None,
        include: Include = None,
        min_score: Optional[float] = None,
        exact: Optional[bool] = None,
        ef: Optional[int] = None,
        using: Optional[str] = None,
        timeout_ms: Optional[int] = None,
    ) -> SearchResult:
        """Finds near records that differ from each other, by maximal marginal relevance, in the order of their choice.

        :param diversity: 0 (only nearness counts) to 1 (only difference); the REST member ``lambda`` is 1 - ``diversity``.
        :param candidates: the nearest records to choose from, ``top_k`` to 1,000; 4 times ``top_k`` and at least 100 unless given.

        The other parameters are those of :meth:`search`.
        """
        search = Search(
            query_vector, vector_id, top_k, min_score, filter=filter, ef=ef, exact=exact, using=using, timeout_ms=timeout_ms, include=include
        )
        return self._search(search_body(search, self._packed, mmr=given(**{"lambda": 1 - diversity, "candidates": candidates})))

    # Streams

    def import_records(self, records: Source[RecordLike], *, durability: Durability = None) -> ImportResult:
        """Writes records of any number, in constant memory; record n is line n of :meth:`import_lines`, which says the rest."""

        def lines() -> Iterator[bytes]:
            number = 0
            for record in items(records):
                number += 1
                yield spell_record(record, f"record {number}", packed=self._packed)

        return self.import_lines(lines(), durability=durability)

    def import_lines(
        self, lines: Source[Union[bytes, str]], *, from_line: int = 1, durability: Durability = None
    ) -> ImportResult:
        """Writes records given as newline-delimited JSON, such as an open file; ``created_at`` is kept.

        The server writes them in atomic batches of up to 1,000 as they arrive. The input is sent in requests of some 32 MB each, so
        that it is known how far an import has come when the connection is lost: the error's ``resume_from_line`` is the first line that
        may not be written. Going on from there, or sending everything again, writes the same records.

        :param lines: one record each, with or without a line end; blank ones are passed over.
        :param from_line: pass over the lines before this one, counted from 1.
        :raises ImportStoppedError: a line that cannot be accepted; lines before it are written.
        """
        path = with_query(f"{self._path}/import", durability=durability)
        return Import(self._transport, path, lines, from_line).run()

    def export(self, *, include: Include = None) -> Iterator[Record]:
        """All records in order of creation, in constant memory. An answer that breaks off is a ``ConnectionError``, never a short export.

        :meth:`list` with a cursor is what can be resumed.
        """
        for line in self.export_lines(include=include):
            yield models.record(_json.decode(line))

    def export_lines(self, *, include: Include = None) -> Iterator[bytes]:
        """All records as lines of JSON without line ends; :meth:`import_lines` reads them."""
        names = names_of(include)
        path = with_query(f"{self._path}/export", include=None if names is None else ",".join(names))
        splitter = LineSplitter()
        for piece in self._transport.receive_stream(Request("GET", path, nothing, safe=True, content_type=NDJSON)):
            for line in splitter.lines(piece):
                yield line
        for line in splitter.rest():
            yield line

    # The collection

    def info(self) -> CollectionInfo:
        """The collection's settings and its number of records."""
        return self._transport.call(Request("GET", self._root, _info, safe=True))

    def stats(self) -> Stats:
        """What the collection holds: counts, bytes, how far its index is."""
        return self._transport.call(Request("GET", f"{self._path}/stats", _stats, safe=True))

    def create_field_index(self, field: str, type: FieldIndexType) -> FieldIndex:
        """Declares an index of a metadata field, which makes filters on it fast; it is built in the background.

        :param field: dots lead into nested objects.
        :returns: the index as it is now; filters use it once it is ``ready``.
        """
        body = _json.encode({"field": field, "type": type})
        return self._transport.call(Request("POST", f"{self._root}/field-indexes", _field_index, body))

    def list_field_indexes(self) -> List[FieldIndex]:
        """The indexes of metadata fields, in order of their declaration."""
        return self._transport.call(Request("GET", f"{self._root}/field-indexes", _field_indexes, safe=True))

    def delete_field_index(self, field: str) -> None:
        """Ends the index of a metadata field; the records stay.

        :raises NotFoundError: the field has no index.
        """
        self._transport.call(Request("DELETE", f"{self._root}/field-indexes/{segment(field, 'field')}", nothing))

    def alter(
        self,
        *,
        capacity: Union[int, Literal["unlimited"], None] = None,
        ef: Optional[int] = None,
        field_ef: Optional[Mapping[str, int]] = None,
        durability: Union[Durability, Literal["server"], None] = None,
        quantization: Optional[Quantization] = None,
        field_quantization: Optional[Mapping[str, Quantization]] = None,
    ) -> CollectionInfo:
        """Changes settings while the collection is used, all of them at once; what is not given stays.

        :param capacity: greatest number of records; below the present number nothing is deleted, and nothing created.
        :param ef: width of the beam of searches in the default field that name none, 1 to 65,536.
        :param field_ef: the same by named vector field.
        :param durability: of writes from now on that name none; ``server``: as the server is set.
        :param quantization: the codes of the default field, trained in the background and then used at once.
        :param field_quantization: the same by named vector field.
        :returns: the collection as it is now.
        """
        changes: Dict[str, Any] = {}
        if capacity is not None:
            changes["capacity"] = None if capacity == "unlimited" else capacity
        if ef is not None:
            changes["index"] = {"ef": ef}
        if durability is not None:
            changes["durability"] = None if durability == "server" else durability
        if quantization is not None:
            changes["quantization"] = quantization
        fields: Dict[str, Dict[str, Any]] = {}
        for name, width in (field_ef or {}).items():
            fields.setdefault(name, {})["index"] = {"ef": width}
        for name, codes in (field_quantization or {}).items():
            fields.setdefault(name, {})["quantization"] = codes
        if fields:
            changes["vectors"] = fields
        return self._transport.call(Request("PATCH", self._root, _info, _json.encode(changes)))

    def compact(self) -> Job:
        """Begins to remove what was overwritten or deleted from every file; :meth:`Client.wait_for_job` waits for it.

        :raises RateLimitError: ``overloaded``: another job works on the collection, or too many run.
        """
        return self._transport.call(Request("POST", f"{self._root}/compact", models.job))

    def checkpoint(self) -> Job:
        """Begins a checkpoint, so that the next start replays less; errors as in :meth:`compact`."""
        return self._transport.call(Request("POST", f"{self._root}/checkpoint", models.job))

    # Snapshots

    def create_snapshot(self) -> Job:
        """Begins to write a snapshot, consistent while writes go on; its name is the job's ``snapshot``. Errors as in :meth:`compact`."""
        return self._transport.call(Request("POST", f"{self._root}/snapshots", models.job))

    def list_snapshots(self) -> List[Snapshot]:
        """The snapshots that the server keeps of the collection, by name; they outlive it."""
        return self._transport.call(Request("GET", f"{self._root}/snapshots", _snapshots, safe=True))

    def download_snapshot(self, name: str) -> Iterator[bytes]:
        """The bytes of a snapshot in pieces, to be written into a file. One that breaks off is a ``ConnectionError``, never a short file.

        :raises NotFoundError: there is no such snapshot.
        """
        request = Request("GET", self._path_of_snapshot(name), nothing, safe=True)
        for piece in self._transport.receive_stream(request):
            yield piece

    def upload_snapshot(self, name: str, pieces: Source[bytes]) -> Snapshot:
        """Gives the server a snapshot, once; it is checked whole before it has its name.

        :param name: up to 128 ASCII letters, digits, ``_``, ``-``, ``.``, with ``.hvsnap`` at the end.
        :param pieces: its bytes in order, such as a file that was opened with ``"rb"``.
        :raises ConflictError: the name is taken.
        :raises ValidationError: ``bad_snapshot``.
        """
        request = Request("PUT", self._path_of_snapshot(name), _snapshot, content_type=BYTES)
        return self._transport.send_stream(request, items(pieces))

    def restore_snapshot(self, name: str, *, into: Optional[str] = None, replace: bool = False) -> Job:
        """Begins to restore a snapshot, wholly or not at all.

        :param into: the collection; this one unless given.
        :param replace: whether the content of a collection that exists may be replaced; it fails otherwise.
        :raises NotFoundError: there is no such snapshot.
        """
        body = _json.encode(given(into=into, replace=replace))
        return self._transport.call(Request("POST", f"{self._path_of_snapshot(name)}/restore", models.job, body))

    def delete_snapshot(self, name: str) -> None:
        """Deletes a snapshot.

        :raises NotFoundError: there is no such snapshot.
        """
        self._transport.call(Request("DELETE", self._path_of_snapshot(name), nothing))

    def _path_of_snapshot(self, name: str) -> str:
        return f"{self._root}/snapshots/{segment(name, 'name')}"

    def _search(self, body: bytes) -> SearchResult:
        return self._transport.call(Request("POST", f"{self._path}/search", models.search_result, body, safe=True))


def _records(json: Dict[str, Any]) -> List[Record]:
    return [models.record(each) for each in json["vectors"]]


def _found(json: Dict[str, Any]) -> Found:
    return Found(tuple(_records(json)), tuple(json["missing"]))


def _page(json: Dict[str, Any]) -> Page:
    return Page(tuple(_records(json)), json["next_cursor"])


def _deleted(json: Dict[str, Any]) -> int:
    return int(json["deleted"])


def _updated(json: Dict[str, Any]) -> int:
    return int(json["updated"])


def _count(json: Dict[str, Any]) -> int:
    return int(json["count"])


def _facets(json: Dict[str, Any]) -> Facets:
    return models.read(Facets, json)


def _info(json: Dict[str, Any]) -> CollectionInfo:
    return models.read(CollectionInfo, json)


def _stats(json: Dict[str, Any]) -> Stats:
    return models.read(Stats, json)


def _snapshot(json: Dict[str, Any]) -> Snapshot:
    return models.read(Snapshot, json)


def _snapshots(json: Dict[str, Any]) -> List[Snapshot]:
    return [_snapshot(each) for each in json["snapshots"]]


def _field_index(json: Dict[str, Any]) -> FieldIndex:
    return models.read(FieldIndex, json)


def _field_indexes(json: Dict[str, Any]) -> List[FieldIndex]:
    return [models.read(FieldIndex, each) for each in json["field_indexes"]]
