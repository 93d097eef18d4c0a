# Made by tools/unasync.py from _async/transport.py; change that one.

"""Requests over the pool's connections, with retries; errors of connections become errors of this package."""

from __future__ import annotations

from types import TracebackType
from typing import Iterator, List, Optional, Tuple, Type, TypeVar, Union

from hypervex._address import Address
from hypervex._sync.connection import Connection
from hypervex._sync.io import pause
from hypervex._sync.pool import Pool
from hypervex._http1 import Head, ProtocolError, StreamLost, StreamTimedOut
from hypervex._limits import RetryPolicy, TimeLimit
from hypervex._requests import Request, answer_of, problem_of, unexpected
from hypervex.errors import ConnectionError, HypervexError, TimeoutError

T = TypeVar("T")

Body = Union[bytes, Iterator[bytes], None]


class Transport:
    """Sends requests to one server.

    Safe for any thread.
    """

    def __init__(self, address: Address, *, timeout: Optional[float], retries: RetryPolicy, connections: int) -> None:
        self._address = address
        self._timeout = timeout
        self._retries = retries
        self._pool = Pool(address.host, address.port, address.tls, connections)

    def call(self, request: Request[T]) -> T:
        """Sends a request and reads its answer, with retries, within the time limit."""
        limit = TimeLimit(self._timeout)
        tried = 0
        while True:
            try:
                with self._open(request, request.body, limit) as exchange:
                    body = exchange.read_all(limit)
                return answer_of(request, exchange.head, body)
            except HypervexError as error:
                wait = self._retries.pause(error, tried, safe=request.safe)
                if wait is None or not limit.allows(wait):
                    raise
            tried += 1
            pause(wait)

    def begin(self, request: Request[T]) -> Exchange:
        """Sends a request of which :meth:`finish` reads the answer, so that the caller can do something meanwhile."""
        limit = TimeLimit(self._timeout)
        tried = 0
        while True:
            try:
                return self._send(request, request.body, limit)
            except HypervexError as error:
                wait = self._retries.pause(error, tried, safe=request.safe)
                if wait is None or not limit.allows(wait):
                    raise
            tried += 1
            pause(wait)

    def finish(self, request: Request[T], begun: Exchange) -> T:
        """Reads the answer to a request that was begun; further tries are as in :meth:`call`, and so is the time limit from here on."""
        limit = TimeLimit(self._timeout)
        try:
            with begun:
                begun.read_head(limit)
                body = begun.read_all(limit)
            return answer_of(request, begun.head, body)
        except HypervexError as error:
            wait = self._retries.pause(error, 0, safe=request.safe)
            if wait is None or not limit.allows(wait):
                raise
        pause(wait)
        return self.call(request)

    def send_stream(self, request: Request[T], pieces: Iterator[bytes]) -> T:
        """Sends a body of any length, once; the time limit is for each step."""
        limit = TimeLimit(self._timeout, each_step=True)
        with self._open(request, pieces, limit) as exchange:
            body = exchange.read_all(limit)
        return answer_of(request, exchange.head, body)

    def receive_stream(self, request: Request[None]) -> Iterator[bytes]:
        """An answer of any length, in pieces; the time limit is for each step. Retries end with the first piece."""
        tried = 0
        limit = TimeLimit(self._timeout, each_step=True)
        while True:
            try:
                exchange = self._open(request, None, limit)
                break
            except HypervexError as error:
                wait = self._retries.pause(error, tried, safe=request.safe)
                if wait is None:
                    raise
            tried += 1
            pause(wait)
        with exchange:
            if not 200 <= exchange.head.status < 300:
                raise problem_of(exchange.head, exchange.read_all(limit))
            for piece in exchange.read_pieces(limit):
                yield piece

    def close(self) -> None:
        """Closes the connections."""
        self._pool.close()
        pause(0)  # an event loop closes sockets in its next turn

    def _open(self, request: Request[T], body: Body, limit: TimeLimit) -> Exchange:
        """Sends the request until the head of an answer has come."""
        exchange = self._try(request, body, limit, fresh=False)
        if exchange is None:
            exchange = self._try(request, body, limit, fresh=True)
        assert exchange is not None, "a fresh connection is not stale"
        return exchange

    def _try(self, request: Request[T], body: Body, limit: TimeLimit, *, fresh: bool) -> Optional[Exchange]:
        # None: the connection had been idle, and the server closed it just before it got the request.
        exchange = self._send(request, body, limit, fresh=fresh)
        connection = exchange.connection
        try:
            exchange.read_head(limit)
        except ConnectionError:
            if connection.was_used and not connection.answer_began and request.safe:
                return None
            raise
        return exchange

    def _send(self, request: Request[T], body: Body, limit: TimeLimit, *, fresh: bool = False) -> Exchange:
        try:
            connection = self._pool.take(limit, fresh=fresh)
        except StreamTimedOut:
            raise TimeoutError(f"{self._address} could not be reached within {self._timeout:g} s.") from None
        except (OSError, UnicodeError) as error:
            raise ConnectionError(f"{self._address} could not be reached: {error}. Is the server running (hypervex serve)?") from error
        exchange = Exchange(self, connection)
        try:
            connection.send(request.method, self._address.prefix + request.path, self._headers(request, body), body, limit)
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


class Exchange:
    """A request that was sent. Its block gives the connection back, or ends it when the answer was not read to its end."""

    def __init__(self, transport: Transport, connection: Connection) -> None:
        self._transport = transport
        self._head: Optional[Head] = None
        self._is_done = False
        self.connection = connection

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.abandon()

    @property
    def head(self) -> Head:
        """The answer's head, which has been read."""
        assert self._head is not None, "the head has not been read"
        return self._head

    def read_head(self, limit: TimeLimit) -> None:
        """Waits for the answer."""
        try:
            self._head = self.connection.read_head(limit)
        except BaseException as error:
            self.abandon()
            self._transport._raise_ours(error)
            raise

    def read_all(self, limit: TimeLimit) -> bytes:
        """The whole body."""
        try:
            return self.connection.read_body(self.head, limit)
        except (StreamLost, StreamTimedOut, ProtocolError) as error:
            self._transport._raise_ours(error)
            raise

    def read_pieces(self, limit: TimeLimit) -> Iterator[bytes]:
        """The body in pieces."""
        try:
            for piece in self.connection.body(self.head, limit):
                yield piece
        except (StreamLost, StreamTimedOut, ProtocolError) as error:
            self._transport._raise_ours(error)
            raise

    def abandon(self) -> None:
        """Lets go of the connection, once; it ends unless the answer was read to its end."""
        if not self._is_done:
            self._is_done = True
            self._transport._pool.give_back(self.connection)
