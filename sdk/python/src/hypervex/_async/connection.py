"""One connection to the server: sends a request, reads its answer."""

from __future__ import annotations

import ssl
import time
from typing import AsyncIterator, Iterable, Optional, Tuple, Union

from hypervex import _http1
from hypervex._async.io import AsyncStream
from hypervex._http1 import Head, ProtocolError, StreamLost
from hypervex._limits import TimeLimit

# Between two pieces of a body it is looked whether the server has answered already, as it does to one that is too large.
_PIECE_BYTES = 256 * 1024


class AsyncConnection:
    """A connection with at most one request under way. One caller at a time.

    Invariant: ``is_reusable`` is true only when the last answer has been read to its end and the server keeps the connection.
    """

    def __init__(self, stream: AsyncStream) -> None:
        self._stream = stream
        self._unread = bytearray()
        self._body_sent = False
        self.is_reusable = True
        self.was_used = False
        self.answer_began = False
        self.idle_since = time.monotonic()

    @classmethod
    async def open(cls, host: str, port: int, tls: Optional[ssl.SSLContext], limit: TimeLimit) -> AsyncConnection:
        """Connects; errors as :meth:`AsyncStream.open`."""
        return cls(await AsyncStream.open(host, port, tls, limit))

    def is_stale(self) -> bool:
        """Whether the server has closed it while it was idle, or sent what nobody asked for."""
        return not self._stream.is_quiet()

    async def send(
        self, method: str, target: str, headers: Iterable[Tuple[str, str]], body: Union[bytes, AsyncIterator[bytes], None], limit: TimeLimit
    ) -> None:
        """Sends a request, or as much of it as the server takes before it answers.

        :param body: whole, or pieces of any length, which are sent as chunks.
        """
        self.is_reusable = self.answer_began = self._body_sent = False
        head = _http1.write_head(method, target, headers)
        try:
            if body is None or isinstance(body, bytes):
                await self._send_whole(head, body or b"", limit)
            else:
                await self._send_chunks(head, body, limit)
        except StreamLost:
            pass  # The server may have refused the request and closed before all of it was sent: its answer says why.

    async def read_head(self, limit: TimeLimit) -> Head:
        """The head of the answer."""
        while True:
            end = self._unread.find(_http1.HEAD_END)
            if end >= 0:
                head = _http1.read_head(bytes(self._unread[:end + 4]))
                del self._unread[:end + 4]
                if head.status >= 200:
                    return head
                continue  # an interim answer
            if len(self._unread) > _http1.MAX_HEAD_BYTES:
                raise ProtocolError("the answer's head has no end")
            piece = await self._stream.receive(limit)
            if not piece:
                raise StreamLost("the server closed the connection without an answer")
            self.answer_began = True
            self._unread += piece

    async def read_body(self, head: Head, limit: TimeLimit) -> bytes:
        """The whole body of the answer."""
        pieces = []
        async for piece in self.body(head, limit):
            pieces.append(piece)
        return b"".join(pieces)

    async def body(self, head: Head, limit: TimeLimit) -> AsyncIterator[bytes]:
        """The body of the answer in pieces. Whoever stops before its end has to abort the connection."""
        if head.chunked:
            while True:
                length = _http1.chunk_length(await self._read_line(limit))
                if length == 0:
                    break
                async for piece in self._exactly(length, limit):
                    yield piece
                if await self._read_line(limit):
                    raise ProtocolError("a chunk is longer than it says")
            while await self._read_line(limit):  # trailers
                pass
        elif head.length is not None:
            async for piece in self._exactly(head.length, limit):
                yield piece
        else:
            while True:
                piece = await self._take(limit)
                if not piece:
                    break
                yield piece
        self.is_reusable = head.keep_alive and self._body_sent and not self._unread
        self.was_used = True

    def abort(self) -> None:
        """Ends the connection at once."""
        self.is_reusable = False
        self._stream.abort()

    async def _send_whole(self, head: bytes, body: bytes, limit: TimeLimit) -> None:
        if len(body) <= _PIECE_BYTES:
            await self._stream.send(head + body, limit)
        else:
            await self._stream.send(head, limit)
            view = memoryview(body)
            for start in range(0, len(body), _PIECE_BYTES):
                if self._stream.has_input():
                    return
                await self._stream.send(bytes(view[start:start + _PIECE_BYTES]), limit)
        self._body_sent = True

    async def _send_chunks(self, head: bytes, body: AsyncIterator[bytes], limit: TimeLimit) -> None:
        await self._stream.send(head, limit)
        async for piece in body:
            if self._stream.has_input():
                return
            if piece:
                await self._stream.send(b"%x\r\n%b\r\n" % (len(piece), piece), limit)
        await self._stream.send(b"0\r\n\r\n", limit)
        self._body_sent = True

    async def _read_line(self, limit: TimeLimit) -> bytes:
        while True:
            end = self._unread.find(b"\r\n")
            if end >= 0:
                line = bytes(self._unread[:end])
                del self._unread[:end + 2]
                return line
            if len(self._unread) > _http1.MAX_HEAD_BYTES:
                raise ProtocolError("a line of the answer has no end")
            await self._fill(limit)

    async def _exactly(self, length: int, limit: TimeLimit) -> AsyncIterator[bytes]:
        while length > 0:
            if not self._unread:
                await self._fill(limit)
            piece = bytes(self._unread[:length])
            del self._unread[:length]
            length -= len(piece)
            yield piece

    async def _take(self, limit: TimeLimit) -> bytes:
        if not self._unread:
            return await self._stream.receive(limit)
        piece = bytes(self._unread)
        self._unread.clear()
        return piece

    async def _fill(self, limit: TimeLimit) -> None:
        piece = await self._stream.receive(limit)
        if not piece:
            raise StreamLost("the answer broke off")
        self._unread += piece
