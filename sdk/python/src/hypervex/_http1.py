"""HTTP/1.1 without a connection: heads as bytes and back (RFC 9112). Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, Mapping, Optional, Tuple

from hypervex.errors import refused

HEAD_END = b"\r\n\r\n"

MAX_HEAD_BYTES = 64 * 1024
"""A longer head of an answer is no answer of a Hypervex server."""


class StreamLost(Exception):
    """The connection ended, or was none. Internal: callers see :class:`hypervex.errors.ConnectionError`."""


class StreamTimedOut(Exception):
    """The time is over. Internal: callers see :class:`hypervex.errors.TimeoutError`."""


class ProtocolError(Exception):
    """What came is not HTTP/1.1. Internal: callers see an :class:`hypervex.errors.APIError` ``unexpected_answer``."""


@dataclass(frozen=True)
class Head:
    """Status line and headers of an answer; names are in lower case."""

    status: int
    headers: Mapping[str, str]
    length: Optional[int]
    """Bytes of the body; ``None`` when it is chunked, or ends with the connection."""
    chunked: bool
    keep_alive: bool
    """Whether the connection can serve another request behind this answer."""


def write_head(method: str, target: str, headers: Iterable[Tuple[str, str]]) -> bytes:
    """A request's head.

    :raises ValidationError: a header holds a line end, or other than ASCII.
    """
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in headers:
        if not value.isascii() or not value.isprintable():
            raise refused("invalid_argument", f"{name}: expected printable ASCII, found {value!r}.")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def read_head(raw: bytes) -> Head:
    """An answer's head, its closing blank line included.

    :raises ProtocolError: it is none.
    """
    try:
        lines = raw.decode("latin-1").split("\r\n")
        version, status_text = lines[0].split(" ", 2)[:2]
        if not version.startswith("HTTP/1.") or len(status_text) != 3:
            raise ProtocolError(f"the answer begins with {lines[0][:40]!r}")
        status = int(status_text)
        headers: Dict[str, str] = {}
        for line in lines[1:-2]:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
        return _head(version, status, headers)
    except (ValueError, IndexError):
        raise ProtocolError(f"the answer's head is not HTTP/1.1: {raw[:80]!r}") from None


def chunk_length(line: bytes) -> int:
    """The length in a chunk's first line, extensions passed over.

    :raises ProtocolError: there is none.
    """
    digits = line.split(b";", 1)[0].strip()
    if not digits or len(digits) > 15 or not all(digit in b"0123456789abcdefABCDEF" for digit in digits):
        raise ProtocolError(f"a chunk begins with {line[:40]!r}")
    return int(digits, 16)


def _head(version: str, status: int, headers: Dict[str, str]) -> Head:
    chunked = headers.get("transfer-encoding", "").lower().endswith("chunked")
    length: Optional[int] = None
    if status in (204, 304) or 100 <= status < 200:
        chunked, length = False, 0
    elif not chunked and "content-length" in headers:
        text = headers["content-length"]
        if not (text.isascii() and text.isdigit()):
            raise ProtocolError(f"the answer's length is {text[:40]!r}")
        length = int(text)
    options = [option.strip().lower() for option in headers.get("connection", "").split(",")]
    endless = not chunked and length is None
    keep_alive = version != "HTTP/1.0" and "close" not in options and not endless
    return Head(status, headers, length, chunked, keep_alive)
