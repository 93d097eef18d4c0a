"""Requests over the pool's connections, with retries; errors of connections become errors of this package."""

from __future__ import annotations

from types import TracebackType
from typing import AsyncIterator, List, Optional, Tuple, Type, TypeVar, Union

from hypervex._address import Address
from hypervex._async.connection import AsyncConnection
from hypervex._async.io import async_pause
from hypervex._async.pool import AsyncPool
from hypervex._http1 import Head, ProtocolError, StreamLost, StreamTimedOut
from hypervex._limits import RetryPolicy, TimeLimit
from hypervex._requests import Request, answer_of, problem_of, unexpected
from hypervex.errors import ConnectionError, HypervexError, TimeoutError

T = TypeVar("T")

Body = Union[bytes, AsyncIterator[bytes], None]


class AsyncTransport:
    """Sends requests to one server.

    Safe for any task of one event loop.
    """

    def __init__(self, address: Address, *, timeout: Optional[float], retries: RetryPolicy, connections: int) -> None:
        self._address = address
        self._timeout = timeout
        self._retries = retries
        self._pool = AsyncPool(address.host, address.port, address.tls, connections)

    async def call(self, request: Request[T]) -> T:
        """Sends a request and reads its answer, with retries, within the time limit."""
        limit = TimeLimit(self._timeout)
        tried = 0
        while True:
            try:
                async with await self._open(request, request.body, limit) as exchange:
                    body = await exchange.read_all(limit)
                return answer_of(request, exchange.head, body)
            except HypervexError as error:
                wait = self._retries.pause(error, tried, safe=request.safe)
                if wait is None or not limit.allows(wait):
                    raise
            tried += 1
            await async_pause(wait)

    async def begin(self, request: Request[T]) -> AsyncExchange:
        """Sends a request of which :meth:`finish` reads the answer, so that the caller can do something meanwhile."""
        limit = TimeLimit(self._timeout)
        tried = 0
        while True:
            try:
                return await self._send(request, request.body, limit)
            except HypervexError as error:
                wait = self._retries.pause(error, tried, safe=request.safe)
                if wait is None or not limit.allows(wait):
                    raise
            tried += 1
            await async_pause(wait)

    async def finish(self, request: Request[T], begun: AsyncExchange) -> T:
        """Reads the answer to a request that was begun; further tries are as in :meth:`call`, and so is the time limit from here on."""
        limit = TimeLimit(self._timeout)
        try:
            async with begun:
                await begun.read_head(limit)
                body = await begun.read_all(limit)
            return answer_of(request, begun.head, body)
        except HypervexError as error:
            wait = self._retries.pause(error, 0, safe=request.safe)
            if wait is None or not limit.allows(wait):
                raise
        await async_pause(wait)
        return await self.call(request)

    async def send_stream(self, request: Request[T], pieces: AsyncIterator[bytes]) -> T:
        """Sends a body of any length, once; the time limit is for each step."""
        limit = TimeLimit(self._timeout, each_step=True)
        async with await self._open(request, pieces, limit) as exchange:
            body = await exchange.read_all(limit)
        return answer_of(request, exchange.head, body)

    async def receive_stream(self, request: Request[None]) -> AsyncIterator[bytes]:
        """An answer of any length, in pieces; the time limit is for each step. Retries end with the first piece."""
        tried = 0
        limit = TimeLimit(self._timeout, each_step=True)
        while True:
            try:
                exchange = await self._open(request, None, limit)
                break
            except HypervexError as error:
                wait = self._retries.pause(error, tried, safe=request.safe)
                if wait is None:
                    raise
            tried += 1
            await async_pause(wait)
        async with exchange:
            if not 200 <= exchange.head.status < 300:
                raise problem_of(exchange.head, await exchange.read_all(limit))
            async for piece in exchange.read_pieces(limit):
                yield piece

    async def close(self) -> None:
        """Closes the connections."""
        self._pool.close()
        await async_pause(0)  # an event loop closes sockets in its next turn

    async def _open(self, request: Request[T], body: Body, limit: TimeLimit) -> AsyncExchange:
        """Sends the request until the head of an answer has come."""
        exchange = await self._try(request, body, limit, fresh=False)
        if exchange is None:
            exchange = await self._try(request, body, limit, fresh=True)
        assert exchange is not None, "a fresh connection is not stale"
        return exchange

    async def _try(self, request: Request[T], body: Body, limit: TimeLimit, *, fresh: bool) -> Optional[AsyncExchange]:
        # None: the connection had been idle, and the server closed it just before it got the request.
        exchange = await self._send(request, body, limit, fresh=fresh)
        connection = exchange.connection
        try:
            await exchange.read_head(limit)
        except ConnectionError:
            if connection.was_used and not connection.answer_began and request.safe:
                return None
            raise
        return exchange

    async def _send(self, request: Request[T], body: Body, limit: TimeLimit, *, fresh: bool = False) -> AsyncExchange:
        try:
            connection = await self._pool.take(limit, fresh=fresh)
        except StreamTimedOut:
            raise TimeoutError(f"{self._address} could not be reached within {self._timeout:g} s.") from None
        except (OSError, UnicodeError) as error:
            raise ConnectionError(f"{self._address} could not be reached: {error}. Is the server running (hypervex serve)?") from error
        exchange = AsyncExchange(self, connection)
        try:
            await connection.send(request.method, self._address.prefix + request.path, self._headers(request, body), body, limit)
        except BaseException as error:
            exchange.abandon()
            self._raise_ours(error)
            raise
        return exchange

    def _headers(self, request: Request[T], body: Body) -> List[Tuple[str, str]]:
        headers = list(self._address.headers)
        if request.if_match is not None:
            headers.append(("If-Match", f'"{request.if_match}"'))
        if body is not None:
            headers.append(("Content-Type", request.content_type))
            headers.append(("Content-Length", str(len(body))) if isinstance(body, bytes) else ("Transfer-Encoding", "chunked"))
        elif request.method in ("POST", "PUT"):
            headers.append(("Content-Length", "0"))
        return headers

    def _raise_ours(self, error: BaseException) -> None:
        if isinstance(error, StreamTimedOut):
            raise TimeoutError(f"{self._address} did not answer within {self._timeout:g} s.", request_sent=True) from None
        if isinstance(error, StreamLost):
            raise ConnectionError(f"The connection to {self._address} was lost: {error}.", request_sent=True) from error
        if isinstance(error, ProtocolError):
            raise unexpected(0, f"{self._address}: {error}") from error


class AsyncExchange:
    """A request that was sent. Its block gives the connection back, or ends it when the answer was not read to its end."""

    def __init__(self, transport: AsyncTransport, connection: AsyncConnection) -> None:
        self._transport = transport
        self._head: Optional[Head] = None
        self._is_done = False
        self.connection = connection

    async def __aenter__(self) -> AsyncExchange:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.abandon()

    @property
    def head(self) -> Head:
        """The answer's head, which has been read."""
        assert self._head is not None, "the head has not been read"
        return self._head

    async def read_head(self, limit: TimeLimit) -> None:
        """Waits for the answer."""
        try:
            self._head = await self.connection.read_head(limit)
        except BaseException as error:
            self.abandon()
            self._transport._raise_ours(error)
            raise

    async def read_all(self, limit: TimeLimit) -> bytes:
        """The whole body."""
        try:
            return await self.connection.read_body(self.head, limit)
        except (StreamLost, StreamTimedOut, ProtocolError) as error:
            self._transport._raise_ours(error)
            raise

    async def read_pieces(self, limit: TimeLimit) -> AsyncIterator[bytes]:
        """The body in pieces."""
        try:
            async for piece in self.connection.body(self.head, limit):
                yield piece
        except (StreamLost, StreamTimedOut, ProtocolError) as error:
            self._transport._raise_ours(error)
            raise

    def abandon(self) -> None:
        """Lets go of the connection, once; it ends unless the answer was read to its end."""
        if not self._is_done:
            self._is_done = True
            self._transport._pool.give_back(self.connection)
