# Made by tools/unasync.py from _async/client.py; change that one.

"""A server's collections, its default collection in short, its keys and its health."""

from __future__ import annotations

import ssl
import time
from datetime import datetime
from itertools import chain, repeat
from types import TracebackType
from typing import Any, Iterator, Dict, Iterable, List, Mapping, Optional, Type, Union

from hypervex import _json, models
from hypervex._address import DEFAULT_URL, Address
from hypervex._sync.collection import DEFAULT, Collection
from hypervex._sync.io import Source, items, pause
from hypervex._sync.transport import Transport
from hypervex._limits import RetryPolicy
from hypervex._records import RecordLike
from hypervex._requests import Request, given, nothing, segment
from hypervex._types import Durability, FieldIndexType, Include, IndexOptions, Metric, Quantization, Scope, VectorFields, VectorFormat
from hypervex._vectors import VectorLike
from hypervex.errors import ConnectionError, TimeoutError, UnavailableError
from hypervex.filters import FilterLike
from hypervex.models import ApiKey, CollectionInfo, Health, Job, Page, Record, SearchResult, Stats, UpsertResult


class Client:
    """A Hypervex server over REST.

    ::

        with Client("http://127.0.0.1:8080") as client:
            client.add_vector([0.9, 0.1, 0.3], {"year": 1965}, vector_id="dune")
            for hit in client.search([0.8, 0.3, 0.2], top_k=5, filter={"year": {"$gte": 1960}}):
                print(hit.vector_id, hit.score)

    Connections are kept alive and shared. A read whose connection is lost, and any call that the server has not begun (it could not be
    reached, is opening, or has too much to do), is tried again after a pause that grows, at random; a write that may have been done is
    not, and its error says so (``request_sent``).

    The methods on vectors work on the collection ``default``, which the server creates on its first use; :meth:`collection` gives those
    of any other, and more of them.

    Safe for any thread.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        api_key: Optional[str] = None,
        timeout: Optional[float] = 60.0,
        retries: int = 3,
        max_connections: int = 32,
        batch_bytes: int = 8 * 1024 * 1024,
        vector_format: VectorFormat = "base64",
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        """Sends nothing yet.

        :param url: ``http://host:port`` or ``https://host:port``, with a path if a proxy puts the server behind one. Proxies of the
            environment (``HTTP_PROXY``) are not used.
        :param api_key: the key of a server that has keys; it is in no message and no ``repr``.
        :param timeout: seconds that a call may take with all its tries, ``None`` = as long as it takes; for imports and exports,
            seconds without progress.
        :param retries: further tries after the first, 0 = none.
        :param max_connections: connections at once, at least 1; calls beyond wait. An export holds one until it has ended.
        :param batch_bytes: bytes of records that a request carries at most, where a call is split into several.
        :param vector_format: how vectors of floats are sent: as ``base64`` of their float32, or as ``array`` of JSON numbers, which
            takes several times as long. Vectors that begin with an ``int`` are always sent as numbers.
        :param ssl_context: for ``https``, instead of Python's default one.
        """
        if timeout is not None and not timeout > 0:
            raise ValueError(f"timeout: expected seconds above 0, or None, found {timeout!r}")
        if retries < 0 or max_connections < 1 or batch_bytes < 1:
            raise ValueError("retries: expected 0 or more; max_connections and batch_bytes: 1 or more")
        self._address = Address(url, api_key, ssl_context)
        self._transport = Transport(self._address, timeout=timeout, retries=RetryPolicy(retries), connections=max_connections)
        if vector_format not in ("array", "base64"):
            raise ValueError(f'vector_format: expected "array" or "base64", found {vector_format!r}')
        self._batch_bytes = batch_bytes
        self._packed = vector_format == "base64"
        self._default = self.collection(DEFAULT)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._address)!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections; calls under way end as they would, further ones fail."""
        self._transport.close()

    # The default collection

    def add_vector(
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
        """Creates a record; see :meth:`Collection.insert`."""
        return self._default.insert(
            vector, metadata, vector_id=vector_id, document=document, vectors=vectors, expires_at=expires_at, durability=durability
        )

    def get_vector(self, vector_id: str, *, include: Include = None) -> Record:
        """Reads a record; see :meth:`Collection.get`.

        :raises NotFoundError: there is no such record.
        """
        return self._default.get(vector_id, include=include)

    def update_vector(
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
        """Changes a record, merging its metadata; see :meth:`Collection.update`."""
        return self._default.update(
            vector_id,
            vector=vector,
            metadata=metadata,
            metadata_mode=metadata_mode,
            document=document,
            vectors=vectors,
            expires_at=expires_at,
            if_version=if_version,
            durability=durability,
        )

    def delete_vector(self, vector_id: str, *, if_version: Optional[str] = None, durability: Durability = None) -> None:
        """Deletes a record; see :meth:`Collection.delete`.

        :raises NotFoundError: there is no such record.
        """
        self._default.delete(vector_id, if_version=if_version, durability=durability)

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
        """Finds the nearest records; see :meth:`Collection.search`."""
        return self._default.search(
            query_vector,
            top_k,
            vector_id=vector_id,
            filter=filter,
            include=include,
            min_score=min_score,
            radius=radius,
            exact=exact,
            ef=ef,
            target_recall=target_recall,
            oversampling=oversampling,
            max_distances=max_distances,
            using=using,
            timeout_ms=timeout_ms,
            explain=explain,
        )

    def list_vectors(
        self,
        limit: Optional[int] = None,
        *,
        cursor: Optional[str] = None,
        filter: Optional[FilterLike] = None,
        order_by: Optional[str] = None,
        descending: bool = False,
        include: Include = None,
    ) -> Page:
        """Reads a page of the records; see :meth:`Collection.list`."""
        return self._default.list(
            limit, cursor=cursor, filter=filter, order_by=order_by, descending=descending, include=include
        )

    def batch_add_vectors(
        self,
        vectors: Source[Union[RecordLike, VectorLike]],
        *,
        vector_ids: Optional[Iterable[str]] = None,
        metadata: Optional[Iterable[Optional[Mapping[str, Any]]]] = None,
        documents: Optional[Iterable[Optional[str]]] = None,
        partial: bool = False,
        atomic: bool = False,
        durability: Durability = None,
    ) -> UpsertResult:
        """Writes many records, new ones or in place of those with their ids; see :meth:`Collection.upsert` for what is all-or-nothing.

        :param vectors: records; or vectors alone, such as the rows of a two-dimensional numpy array, and then
        :param vector_ids: an id for each vector; the server makes UUIDs unless given.
        :param metadata: metadata, or ``None``, for each vector.
        :param documents: a text, or ``None``, for each vector.
        :raises ValueError: ids, metadata or documents are not as many as the vectors.
        """
        records = _with_columns(vectors, {"vector_id": vector_ids, "metadata": metadata, "document": documents})
        return self._default.upsert(records, partial=partial, atomic=atomic, durability=durability)

    def get_stats(self) -> Stats:
        """What the default collection holds; see :meth:`Collection.stats`."""
        return self._default.stats()

    # Collections

    def collection(self, name: str) -> Collection:
        """The collection with a name; nothing is sent, and it need not exist yet."""
        return Collection(self._transport, name, self._batch_bytes, self._packed)

    def create_collection(
        self,
        name: str,
        *,
        dimension: Optional[int] = None,
        metric: Optional[Metric] = None,
        index: Optional[IndexOptions] = None,
        quantization: Optional[Quantization] = None,
        capacity: Optional[int] = None,
        curvature: Optional[float] = None,
        project: Optional[bool] = None,
        field_indexes: Optional[Mapping[str, FieldIndexType]] = None,
        vectors: Optional[VectorFields] = None,
    ) -> CollectionInfo:
        """Creates a collection.

        :param name: 1 to 128 ASCII letters, digits, ``_``, ``-``, ``.``.
        :param dimension: components of each vector, 1 to 65,536; the first vector decides unless given.
        :param metric: ``cosine`` unless given.
        :param capacity: greatest number of records.
        :param curvature: of ``poincare`` and ``lorentz``: c of the curvature -c, 1 unless given.
        :param project: of ``poincare`` and ``lorentz``: move points into the space instead of refusing them.
        :param field_indexes: types of indexes of metadata fields, by field.
        :param vectors: several vector fields by name, instead of ``dimension``, ``metric``, ``index``, ``quantization``,
            ``curvature`` and ``project``.
        :raises ConflictError: ``collection_exists``.
        """
        body = _json.encode(
            given(
                name=name,
                dimension=dimension,
                metric=metric,
                index=index,
                quantization=quantization,
                capacity=capacity,
                curvature=curvature,
                project=project,
                field_indexes=field_indexes,
                vectors=vectors,
            )
        )
        return self._transport.call(Request("POST", "/api/v1/collections", _info, body))

    def get_collection(self, name: str) -> CollectionInfo:
        """A collection's settings and its number of records.

        :raises NotFoundError: ``collection_not_found``.
        """
        return self.collection(name).info()

    def list_collections(self) -> List[str]:
        """The names of all collections that the key may see, in ordinal order."""
        return self._transport.call(Request("GET", "/api/v1/collections", _names, safe=True))

    def delete_collection(self, name: str) -> None:
        """Drops a collection and its records.

        :raises NotFoundError: ``collection_not_found``.
        """
        self._transport.call(Request("DELETE", f"/api/v1/collections/{segment(name, 'name')}", nothing))

    # Aliases

    def list_aliases(self) -> Dict[str, str]:
        """The collections' names by alias, in ordinal order; those of collections that the key may see."""
        return self._transport.call(Request("GET", "/api/v1/aliases", _aliases, safe=True))

    def set_alias(self, alias: str, collection: str) -> None:
        """Lets an alias stand for a collection, whatever it stood for before. Wherever a collection is named an alias will do.

        :raises NotFoundError: ``collection_not_found``.
        :raises ConflictError: there is a collection with the alias's name.
        """
        body = _json.encode({"collection": collection})
        self._transport.call(Request("PUT", f"/api/v1/aliases/{segment(alias, 'alias')}", nothing, body))

    def change_aliases(self, changes: Mapping[str, Optional[str]]) -> Dict[str, str]:
        """Makes several changes of aliases, which are seen wholly or not at all.

        :param changes: by alias the collection that it is to stand for; ``None`` drops it.
        :returns: all aliases as they are now.
        """
        body = _json.encode({"changes": [{"alias": alias, "collection": collection} for alias, collection in changes.items()]})
        return self._transport.call(Request("POST", "/api/v1/aliases", _aliases, body))

    def delete_alias(self, alias: str) -> None:
        """Drops an alias; its collection stays.

        :raises NotFoundError: there is no such alias.
        """
        self._transport.call(Request("DELETE", f"/api/v1/aliases/{segment(alias, 'alias')}", nothing))

    # Jobs

    def list_jobs(self) -> List[Job]:
        """The jobs that run or ended lately, the newest first."""
        return self._transport.call(Request("GET", "/api/v1/jobs", _jobs, safe=True))

    def get_job(self, job_id: str) -> Job:
        """A job, and how far it is.

        :raises NotFoundError: there is none, or it ended long ago.
        """
        return self._transport.call(Request("GET", f"/api/v1/jobs/{segment(job_id, 'job_id')}", models.job, safe=True))

    def wait_for_job(self, job_id: str, timeout: Optional[float] = None) -> Job:
        """Asks for a job until it has ended, however it ended: see its ``state`` and ``problem``.

        :param timeout: seconds; ``None`` = as long as it takes.
        :raises TimeoutError: it still runs.
        """
        end = None if timeout is None else time.monotonic() + timeout
        seconds = 0.05
        while True:
            job = self.get_job(job_id)
            if not job.is_running:
                return job
            if end is not None and time.monotonic() >= end:
                raise TimeoutError(f"The job {job_id} ({job.kind} of {job.collection}) still runs after {timeout:g} s.", request_sent=True)
            pause(seconds)
            seconds = min(2 * seconds, 1.0)

    def cancel_job(self, job_id: str) -> None:
        """Asks a job to stop; one that has ended is left alone.

        :raises NotFoundError: there is no such job.
        """
        self._transport.call(Request("DELETE", f"/api/v1/jobs/{segment(job_id, 'job_id')}", nothing))

    # Keys

    def create_key(self, name: str, scope: Scope, *, collections: Optional[Iterable[str]] = None) -> ApiKey:
        """Creates a key. Its text is in the answer's ``key``, and nowhere afterwards.

        :param name: what people call it, 1 to 128 characters.
        :param collections: the collections that it is for, 1 to 64; all unless given.
        """
        body = _json.encode(given(name=name, scope=scope, collections=None if collections is None else list(collections)))
        return self._transport.call(Request("POST", "/api/v1/keys", _key, body))

    def list_keys(self) -> List[ApiKey]:
        """All keys, in order of their creation, without their texts."""
        return self._transport.call(Request("GET", "/api/v1/keys", _keys, safe=True))

    def rotate_key(self, key_id: str, *, grace_seconds: int = 0) -> ApiKey:
        """Gives a key a new text, which is in the answer's ``key``.

        :param grace_seconds: how long the text before is accepted as well, 0 to 604,800.
        """
        body = _json.encode({"grace_seconds": grace_seconds})
        return self._transport.call(Request("POST", f"/api/v1/keys/{segment(key_id, 'key_id')}/rotate", _key, body))

    def revoke_key(self, key_id: str) -> None:
        """Ends a key.

        :raises NotFoundError: there is no such key.
        """
        self._transport.call(Request("DELETE", f"/api/v1/keys/{segment(key_id, 'key_id')}", nothing))

    # Health

    def health_check(self) -> Health:
        """Whether the server is well, and its version.

        :raises UnavailableError: the database is not open.
        """
        return self._transport.call(Request("GET", "/api/v1/health", _health, safe=True))

    def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Waits until the server has opened its database.

        :param timeout: seconds.
        :raises TimeoutError: it has not.
        """
        end = time.monotonic() + timeout
        while True:
            try:
                return self._transport.call(Request("GET", "/readyz", nothing, safe=True))
            except (ConnectionError, UnavailableError) as error:
                if time.monotonic() >= end:
                    raise TimeoutError(f"{self._address} is not ready within {timeout:g} s: {error}") from error
            pause(0.1)


def _with_columns(
    vectors: Source[Union[RecordLike, VectorLike]], columns: Mapping[str, Optional[Iterable[Any]]]
) -> Iterator[RecordLike]:
    """Records of vectors and what belongs to each of them."""
    none_left = object()
    values = {name: chain(column, repeat(none_left)) for name, column in columns.items() if column is not None}
    for vector in items(vectors):
        if isinstance(vector, (Record, Mapping)):
            if values:
                raise ValueError(f"{', '.join(values)}: only for vectors alone; records carry their own")
            yield vector
            continue
        members: Dict[str, Any] = {name: next(column) for name, column in values.items()}
        if any(value is none_left for value in members.values()):
            raise ValueError(f"{', '.join(values)}: fewer than there are vectors")
        yield {"vector": vector, **members}
    for name, column in values.items():
        if next(column) is not none_left:
            raise ValueError(f"{name}: more than there are vectors")


def _info(json: Dict[str, Any]) -> CollectionInfo:
    return models.read(CollectionInfo, json)


def _names(json: Dict[str, Any]) -> List[str]:
    return [str(collection["name"]) for collection in json["collections"]]


def _aliases(json: Dict[str, Any]) -> Dict[str, str]:
    return {str(each["alias"]): str(each["collection"]) for each in json["aliases"]}


def _jobs(json: Dict[str, Any]) -> List[Job]:
    return [models.job(each) for each in json["jobs"]]


def _key(json: Dict[str, Any]) -> ApiKey:
    return models.read(ApiKey, json)


def _keys(json: Dict[str, Any]) -> List[ApiKey]:
    return [models.read(ApiKey, key) for key in json["keys"]]


def _health(json: Dict[str, Any]) -> Health:
    return models.read(Health, json)
