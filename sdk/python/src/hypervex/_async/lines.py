"""Imports lines of any number, in requests of bounded length."""

from __future__ import annotations

from typing import AsyncIterator, Dict, Optional, Tuple, Union

from hypervex._async.io import AsyncSource, async_items
from hypervex._async.transport import AsyncTransport
from hypervex._requests import NDJSON, Request
from hypervex.errors import HypervexError, ImportStoppedError, refused
from hypervex.models import ImportResult

# How much has to be sent again at most when a connection is lost.
_REQUEST_BYTES = 32 * 1024 * 1024

_PIECE_BYTES = 128 * 1024


class AsyncImport:
    """An import under way.

    Invariant: lines before ``_base + 1`` are written.
    """

    def __init__(self, transport: AsyncTransport, path: str, lines: AsyncSource[Union[bytes, str]], from_line: int) -> None:
        self._transport = transport
        self._path = path
        self._lines = async_items(lines)
        self._from_line = from_line
        self._taken = 0
        self._base = 0
        self._imported = 0
        self._next: Optional[bytes] = None

    async def run(self) -> ImportResult:
        """Sends everything."""
        await self._skip()
        while self._next is not None:
            self._base = self._taken - 1
            try:
                imported = await self._transport.send_stream(
                    Request("POST", self._path, _imported, content_type=NDJSON), self._body()
                )
            except ImportStoppedError as error:
                raise self._in_whole_input(error) from error
            except HypervexError as error:
                error.resume_from_line = self._base + 1
                raise
            self._imported += imported
        return ImportResult(self._imported, self._taken)

    async def _skip(self) -> None:
        await self._take()
        while self._next is not None and self._taken < self._from_line:
            await self._take()

    async def _body(self) -> AsyncIterator[bytes]:
        sent = size = 0
        piece = bytearray()
        while self._next is not None and sent + size < _REQUEST_BYTES:
            piece += self._next
            piece += b"\n"
            size = len(piece)
            if size >= _PIECE_BYTES:
                yield bytes(piece)
                sent += size
                size = 0
                piece.clear()
            await self._take()
        yield bytes(piece)

    async def _take(self) -> None:
        """Moves to the next line."""
        found, line = await self._pull()
        if not found:
            self._next = None
            return
        self._taken += 1
        text = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else bytes(line)
        text = text.rstrip(b"\r\n")
        if b"\n" in text:
            raise refused("invalid_argument", f"line {self._taken} holds a line end; give each line by itself.")
        self._next = text

    async def _pull(self) -> Tuple[bool, Union[bytes, str]]:
        async for line in self._lines:
            return True, line
        return False, b""

    def _in_whole_input(self, error: ImportStoppedError) -> ImportStoppedError:
        detail = error.detail if self._base == 0 else f"{error.detail} (Counted from line {self._base + 1} of the input.)"
        return ImportStoppedError(
            error.status_code,
            error.code,
            detail,
            line=self._base + error.line,
            imported=self._imported + error.imported,
            resume_from_line=self._base + error.resume_from_line,
            request_id=error.request_id,
        )


def _imported(json: Dict[str, int]) -> int:
    return int(json["imported"])
