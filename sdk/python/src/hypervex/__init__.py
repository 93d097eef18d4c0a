"""Client of the Hypervex vector database.

:class:`Client` for threads, :class:`AsyncClient` for asyncio; both have the same methods. Nothing but the standard library is needed;
numpy arrays are accepted where vectors are.
"""

from hypervex._async.client import AsyncClient
from hypervex._async.collection import AsyncCollection
from hypervex._bodies import Search
from hypervex._records import RecordLike
from hypervex._sync.client import Client
from hypervex._sync.collection import Collection
from hypervex._types import IndexOptions, VectorFieldOptions
from hypervex._vectors import VectorLike
from hypervex._version import VERSION as __version__
from hypervex.errors import (
    APIError,
    AuthenticationError,
    CapacityError,
    ConflictError,
    ConnectionError,
    HypervexError,
    ImportStoppedError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TimeoutError,
    UnavailableError,
    ValidationError,
)
from hypervex.filters import Condition, FilterLike, field
from hypervex.models import Hit, Job, Page, Record, SearchResult, Snapshot, UpsertResult

__all__ = [
    "APIError",
    "AsyncClient",
    "AsyncCollection",
    "AuthenticationError",
    "CapacityError",
    "Client",
    "Collection",
    "Condition",
    "ConflictError",
    "ConnectionError",
    "FilterLike",
    "Hit",
    "HypervexError",
    "ImportStoppedError",
    "IndexOptions",
    "Job",
    "NotFoundError",
    "Page",
    "PermissionDeniedError",
    "RateLimitError",
    "Record",
    "RecordLike",
    "Search",
    "SearchResult",
    "ServerError",
    "Snapshot",
    "TimeoutError",
    "UnavailableError",
    "UpsertResult",
    "ValidationError",
    "VectorFieldOptions",
    "VectorLike",
    "__version__",
    "field",
]
