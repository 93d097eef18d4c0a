"""The connections of a client."""

from __future__ import annotations

import ssl
import time
from typing import List, Optional

from hypervex._async.connection import AsyncConnection
from hypervex._async.io import AsyncHome, AsyncLimiter
from hypervex._limits import TimeLimit
from hypervex.errors import HypervexError

# Shorter than the time after which servers and proxies close idle connections, so that few are found closed.
_LONGEST_IDLE_SECONDS = 60.0


class AsyncPool:
    """Keeps connections alive between requests, the one used last on top, and bounds their number.

    Invariant: every connection that was taken holds a permit until it is given back.
    Safe for any task of one event loop; a list's ``append`` and ``pop`` are atomic.
    """

    def __init__(self, host: str, port: int, tls: Optional[ssl.SSLContext], most: int) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._idle: List[AsyncConnection] = []
        self._permits = AsyncLimiter(most)
        self._home = AsyncHome()
        self._is_closed = False

    async def take(self, limit: TimeLimit, *, fresh: bool = False) -> AsyncConnection:
        """A connection, for one request.

        :param fresh: a new one, not one that was idle.
        :raises StreamTimedOut: too late.
        :raises OSError: nobody answers there.
        """
        self._check_open()
        await self._permits.acquire(limit)
        try:
            if self._home.has_moved():
                self._idle = []
            connection = None if fresh else self._pop_idle()
            return connection or await AsyncConnection.open(self._host, self._port, self._tls, limit)
        except BaseException:
            self._permits.release()
            raise

    def give_back(self, connection: AsyncConnection) -> None:
        """Takes a connection back; it is kept if its answer was read to the end, and ended otherwise."""
        if connection.is_reusable:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
            if self._is_closed:
                self.close()
        else:
            connection.abort()
        self._permits.release()

    def close(self) -> None:
        """Closes all connections, those under way when their answers have come."""
        self._is_closed = True
        while self._idle:
            try:
                self._idle.pop().abort()
            except IndexError:
                break

    def _check_open(self) -> None:
        if self._is_closed:
            raise HypervexError("The client is closed.")

    def _pop_idle(self) -> Optional[AsyncConnection]:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None  # another thread took the last one
            if not connection.is_stale() and time.monotonic() - connection.idle_since < _LONGEST_IDLE_SECONDS:
                return connection
            connection.abort()
        return None
