"""What is sent and how its answer is read; knows nothing of connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Generic, Mapping, Optional, TypeVar
from urllib.parse import quote, urlencode

from hypervex import _json
from hypervex._http1 import Head
from hypervex.errors import APIError, ImportStoppedError, kind_of_status, refused

T = TypeVar("T")

JSON = "application/json"
NDJSON = "application/x-ndjson"
BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Request(Generic[T]):
    """A request and how the JSON of its answer is read."""

    method: str
    path: str
    """Percent-encoded, with its query."""
    read: Callable[[Any], T]
    """Reads the answer's JSON; of an answer without a body it gets ``None``."""
    body: Optional[bytes] = None
    safe: bool = False
    """Whether it only reads, so that it may be sent again."""
    if_match: Optional[str] = None
    content_type: str = JSON


def segment(text: str, what: str) -> str:
    """A text as one segment of a path.

    :raises TypeError: it is no text.
    :raises ValidationError: it cannot stand in a path.
    """
    if not isinstance(text, str):
        raise TypeError(f"{what}: expected str, found {type(text).__name__}")
    if not text:
        raise refused("invalid_id" if what == "vector_id" else "invalid_name", f"{what}: expected at least one character.")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise refused("invalid_id" if what == "vector_id" else "invalid_name", f"{what}: not well-formed Unicode.") from None


def with_query(path: str, **parameters: Optional[object]) -> str:
    """A path with those of the parameters that are not ``None``."""
    given = {name: str(value) for name, value in parameters.items() if value is not None}
    return f"{path}?{urlencode(given, quote_via=quote)}" if given else path


def given(**members: Any) -> Mapping[str, Any]:
    """A JSON object of those members that are not ``None``."""
    return {name: value for name, value in members.items() if value is not None}


def nothing(_: Any) -> None:
    """Reads an answer that says nothing."""
    return None


def problem_of(head: Head, body: bytes) -> APIError:
    """The error of an answer that is not a success (RFC 9457)."""
    request_id = head.headers.get("x-request-id")
    problem: Mapping[str, Any] = {}
    if head.headers.get("content-type", "").split(";")[0].strip() == "application/problem+json":
        try:
            found = _json.decode(body)
            problem = found if isinstance(found, dict) else {}
        except ValueError:
            pass
    code = problem.get("code")
    if not isinstance(code, str):
        return kind_of_status(head.status)(
            head.status, "unexpected_answer",
            f"The answer is {head.status} without a problem's description; is it a Hypervex server?",
            request_id=request_id, retry_after=_seconds(head.headers.get("retry-after")),
        )
    detail = str(problem.get("detail") or problem.get("title") or code)
    if isinstance(problem.get("resume_from_line"), int):
        return ImportStoppedError(
            head.status, code, detail, request_id=request_id,
            line=int(problem.get("line", 0)), imported=int(problem.get("imported", 0)), resume_from_line=int(problem["resume_from_line"]),
        )
    return kind_of_status(head.status)(
        head.status, code, detail, request_id=request_id, retry_after=_seconds(head.headers.get("retry-after"))
    )


def answer_of(request: Request[T], head: Head, body: bytes) -> T:
    """The answer to a request.

    :raises APIError: it is not a success, or nothing that a Hypervex server says.
    """
    if not 200 <= head.status < 300:
        raise problem_of(head, body)
    try:
        return request.read(_json.decode(body) if body else None)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise unexpected(head.status, f"the answer to {request.method} {request.path} is not what a Hypervex server says") from error


def unexpected(status: int, what: str) -> APIError:
    """The error for an answer of something else."""
    return APIError(status, "unexpected_answer", f"{what}; check the address.")


def _seconds(text: Optional[str]) -> Optional[float]:
    # The form with a date is not sent by the server; without a number the pause is the client's own.
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
