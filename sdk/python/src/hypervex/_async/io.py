"""What asyncio gives: a byte stream, a limit on connections, a pause."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import Any, AsyncIterable, AsyncIterator, Deque, Iterable, Optional, TypeVar, Union, cast

from hypervex._http1 import StreamLost, StreamTimedOut
from hypervex._limits import TimeLimit
from hypervex._sockets import is_readable

T = TypeVar("T")

AsyncSource = Union[Iterable[T], AsyncIterable[T]]
"""Items to take one after the other."""

# A server that sends faster than it is read is held back from here on.
_MOST_UNREAD = 1024 * 1024


class AsyncStream(asyncio.Protocol):
    """A TCP or TLS connection. Used by one task at a time; whoever is cancelled in one of its methods has to abort it.

    asyncio's own StreamReader cannot tell whether something has come without taking it, which :meth:`has_input` needs.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: Optional[asyncio.Transport] = None
        self._received = bytearray()
        self._ended = False
        self._lost = False
        self._failure: Optional[Exception] = None
        self._reading = True
        self._writable = True
        self._waiter: Optional[asyncio.Future[None]] = None

    @classmethod
    async def open(cls, host: str, port: int, tls: Optional[ssl.SSLContext], limit: TimeLimit) -> AsyncStream:
        """Connects.

        :raises OSError: nobody answers there (ssl.SSLError: not as whom they should).
        :raises StreamTimedOut: too late.
        """
        loop = asyncio.get_running_loop()
        server_name = host if tls is not None else None
        connecting = asyncio.ensure_future(loop.create_connection(cls, host, port, ssl=tls, server_hostname=server_name))
        try:
            await asyncio.wait({connecting}, timeout=limit.left())
        except BaseException:
            _give_up(connecting)
            raise
        if not connecting.done():
            _give_up(connecting)
            raise StreamTimedOut
        return connecting.result()[1]

    async def send(self, data: bytes, limit: TimeLimit) -> None:
        """Sends bytes, or stops when an answer comes meanwhile."""
        transport = self._require_transport()
        if transport.is_closing():
            raise StreamLost(str(self._failure or "the server closed the connection"))
        transport.write(data)
        while not self._writable and not self._received and not self._ended:
            await self._wait(limit)
        if self._lost and not self._received:
            raise StreamLost(str(self._failure or "the server closed the connection"))

    async def receive(self, limit: TimeLimit) -> bytes:
        """What has come, at least one byte; nothing at the end."""
        while not self._received:
            if self._failure is not None:
                raise StreamLost(str(self._failure))
            if self._ended:
                return b""
            await self._wait(limit)
        data = bytes(self._received)
        self._received.clear()
        if not self._reading and not self._ended:
            self._reading = True
            self._require_transport().resume_reading()
        return data

    def has_input(self) -> bool:
        """Whether something has come, or the end."""
        return bool(self._received) or self._ended or self._require_transport().is_closing()

    def is_quiet(self) -> bool:
        """Whether nothing has come, and not the end: for a connection that is idle."""
        # The event loop may not have had a turn since the server closed it.
        return not self.has_input() and not is_readable(self._require_transport().get_extra_info("socket"))

    def abort(self) -> None:
        """Ends the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _MOST_UNREAD and self._reading:
            self._reading = False
            self._require_transport().pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._ended = self._lost = True
        self._failure = exc
        self._wake()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._wake()

    async def _wait(self, limit: TimeLimit) -> None:
        left = limit.left()
        waiter = self._waiter = self._loop.create_future()
        timer = None if left is None else self._loop.call_later(left, _expire, waiter)
        try:
            await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _require_transport(self) -> asyncio.Transport:
        assert self._transport is not None, "the stream is not open"
        return self._transport


class AsyncLimiter:
    """Permits, handed out in the order in which they were asked for. Used in one event loop."""

    def __init__(self, permits: int) -> None:
        self._free = permits
        self._waiting: Deque[asyncio.Future[None]] = deque()

    async def acquire(self, limit: TimeLimit) -> None:
        """Takes a permit.

        :raises StreamTimedOut: none became free in time.
        """
        if self._free > 0:
            self._free -= 1
            return
        left = limit.left()
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        timer = None if left is None else loop.call_later(left, _expire, turn)
        try:
            await turn
        except BaseException:
            # Cancelled: just before its turn, or just after, with the permit already in hand.
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif turn.done() and not turn.cancelled() and turn.exception() is None:
                self.release()
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def release(self) -> None:
        """Gives a permit back, to who has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class AsyncHome:
    """Where the connections of a client belong: the event loop in which they were opened."""

    def __init__(self) -> None:
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    def has_moved(self) -> bool:
        """Whether connections that were opened earlier belong elsewhere; never here.

        :raises RuntimeError: they do.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop:
            raise RuntimeError("This AsyncClient was used in another event loop; make one client for each loop.")
        self._loop = loop
        return False


async def async_pause(seconds: float) -> None:
    """Lets time pass."""
    await asyncio.sleep(seconds)


async def async_items(source: AsyncSource[T]) -> AsyncIterator[T]:
    """The items of a source."""
    if isinstance(source, AsyncIterable):
        async for item in source:
            yield item
    else:
        for item in source:
            yield item


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(StreamTimedOut())


def _give_up(connecting: asyncio.Future[Any]) -> None:
    # It may succeed in the moment in which it is given up.
    def close(done: asyncio.Future[Any]) -> None:
        if not done.cancelled() and done.exception() is None:
            done.result()[1].abort()

    connecting.add_done_callback(close)
    connecting.cancel()
