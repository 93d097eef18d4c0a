"""What can go wrong.

Every error of this package is a :class:`HypervexError`. An answer of the server that is not a success is an :class:`APIError` with
the HTTP status and a stable ``code`` (docs/errors.md lists them); no answer at all is a :class:`ConnectionError` or
:class:`TimeoutError`, which are also Python's own. Arguments of a wrong type are a ``TypeError``, as everywhere in Python.
"""

from __future__ import annotations

import builtins
from typing import Any, Dict, Optional, Tuple, Type


class HypervexError(Exception):
    """An error of this package.

    ``written`` is set when a call that sends several requests (``upsert``, ``delete_many``) ends early: so many records or ids from
    the beginning of its input are done with. ``resume_from_line`` is set when an import ends early: the line of its input, counted
    from 1, from which to go on. Both are ``None`` otherwise.
    """

    written: Optional[int] = None
    resume_from_line: Optional[int] = None

    def __reduce__(self) -> Tuple[Any, ...]:
        # Exceptions cross the borders of processes; their constructors take more than the message.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: Type[HypervexError], args: Tuple[Any, ...], state: Dict[str, Any]) -> HypervexError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConnectionError(HypervexError, builtins.ConnectionError):
    """No answer came: the server cannot be reached, or the connection was lost.

    ``request_sent`` tells whether the server may have got the request. If it has, a write may have been done or not; reads are
    tried again before this error is raised.
    """

    def __init__(self, message: str, *, request_sent: bool = False) -> None:
        super().__init__(message)
        self.request_sent = request_sent


class TimeoutError(HypervexError, builtins.TimeoutError):
    """No whole answer came within the client's ``timeout``. ``request_sent`` as in :class:`ConnectionError`.

    (A search that the *server* stops after its ``timeout_ms`` is an :class:`APIError` with the code ``timeout``.)
    """

    def __init__(self, message: str, *, request_sent: bool = False) -> None:
        super().__init__(message)
        self.request_sent = request_sent


class APIError(HypervexError):
    """The server's answer is not a success.

    ``status_code`` is the HTTP status; ``code`` the stable name of the error, ``unexpected_answer`` where a program that is no
    Hypervex server answered; ``detail`` a sentence for people; ``request_id`` finds the request in the server's log.
    """

    def __init__(
        self, status_code: int, code: str, detail: str, *, request_id: Optional[str] = None, retry_after: Optional[float] = None
    ) -> None:
        super().__init__(f"{detail} [{code}, {status_code}]")
        self.status_code = status_code
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.retry_after = retry_after
        """Seconds to wait before the next try, where the server says so."""


class ValidationError(APIError, ValueError):
    """400, 413, 415 or 422: the request is not acceptable, and will not be if it is sent again.

    The same error is raised for what is refused before it is sent, such as a vector with NaN; its ``request_id`` is ``None`` then.
    """


class AuthenticationError(APIError):
    """401: the server has keys, and the client has none, or not a valid one."""


class PermissionDeniedError(APIError):
    """403: the key is not for this; or a server without keys was called by a name that is not this machine's."""


class NotFoundError(APIError, LookupError):
    """404: there is no such record (``not_found``), collection (``collection_not_found``) or route."""


class ConflictError(APIError):
    """409 or 412: it exists already (``already_exists``, ``collection_exists``), or has another version (``version_mismatch``)."""


class RateLimitError(APIError):
    """429: too much work is under way; nothing was done. Raised when the client's own tries were of no use."""


class UnavailableError(APIError):
    """503: the database is opening, closing, locked, or its disk has failed; ``code`` tells which."""


class CapacityError(APIError):
    """507: the collection (``capacity_exceeded``), the memory (``memory_limit``) or the disk (``disk_full``) is full."""


class ServerError(APIError):
    """Any other status from 500: a fault of the server, damaged files, or a search that ran into its ``timeout_ms`` (504)."""


class ImportStoppedError(APIError):
    """An import stopped at a line.

    ``line`` is the line at fault, counted from 1 in the whole input as ``resume_from_line`` is; ``imported`` counts the records of
    this call that are safe.
    """

    resume_from_line: int

    def __init__(
        self, status_code: int, code: str, detail: str, *, line: int, imported: int, resume_from_line: int, request_id: Optional[str] = None
    ) -> None:
        super().__init__(status_code, code, detail, request_id=request_id)
        self.line = line
        self.imported = imported
        self.resume_from_line = resume_from_line


_KINDS: Dict[int, Type[APIError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    412: ConflictError,
    413: ValidationError,
    415: ValidationError,
    422: ValidationError,
    429: RateLimitError,
    503: UnavailableError,
    507: CapacityError,
}


def kind_of_status(status: int) -> Type[APIError]:
    """The class for a status."""
    return _KINDS.get(status, ServerError if status >= 500 else APIError)


def refused(code: str, detail: str) -> ValidationError:
    """The error for what is not sent at all."""
    return ValidationError(400, code, detail)
