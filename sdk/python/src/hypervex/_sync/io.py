"""What threads and sockets give: a byte stream, a limit on connections, a pause."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from typing import Iterable, Iterator, Optional, TypeVar, Union

from hypervex._http1 import StreamLost, StreamTimedOut
from hypervex._limits import TimeLimit
from hypervex._sockets import is_readable

T = TypeVar("T")

Source = Iterable[T]
"""Items to take one after the other."""

_RECEIVE_BYTES = 256 * 1024


class Stream:
    """A TCP or TLS connection. Used by one thread at a time; whoever gets an exception out of its methods has to abort it."""

    def __init__(self, connection: Union[socket.socket, ssl.SSLSocket]) -> None:
        self._socket = connection
        self._early: Optional[bytes] = None

    @classmethod
    def open(cls, host: str, port: int, tls: Optional[ssl.SSLContext], limit: TimeLimit) -> Stream:
        """Connects.

        :raises OSError: nobody answers there (ssl.SSLError: not as whom they should).
        :raises StreamTimedOut: too late.
        """
        try:
            plain = socket.create_connection((host, port), timeout=limit.left())
        except socket.timeout:
            raise StreamTimedOut from None
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is None:
                return cls(plain)
            plain.settimeout(limit.left())
            return cls(tls.wrap_socket(plain, server_hostname=host))
        except socket.timeout:
            plain.close()
            raise StreamTimedOut from None
        except BaseException:
            plain.close()
            raise

    def send(self, data: bytes, limit: TimeLimit) -> None:
        """Sends bytes."""
        try:
            self._socket.settimeout(limit.left())
            self._socket.sendall(data)
        except socket.timeout:
            raise StreamTimedOut from None
        except OSError as error:
            raise StreamLost(str(error)) from error

    def receive(self, limit: TimeLimit) -> bytes:
        """What has come, at least one byte; nothing at the end."""
        if self._early is not None:
            early, self._early = self._early, None
            return early
        try:
            self._socket.settimeout(limit.left())
            return self._socket.recv(_RECEIVE_BYTES)
        except socket.timeout:
            raise StreamTimedOut from None
        except OSError as error:
            raise StreamLost(str(error)) from error

    def has_input(self) -> bool:
        """Whether something has come, or the end."""
        if self._early is not None:
            return True
        if not isinstance(self._socket, ssl.SSLSocket):
            return is_readable(self._socket)
        if not self._socket.pending() and not is_readable(self._socket):
            return False
        # What came may be TLS's own, such as a session ticket. Only reading tells.
        try:
            self._socket.settimeout(0)
            self._early = self._socket.recv(_RECEIVE_BYTES)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError:
            pass  # it is lost, and the next step will say so
        return True

    def is_quiet(self) -> bool:
        """Whether nothing has come, and not the end: for a connection that is idle."""
        return not self.has_input()

    def abort(self) -> None:
        """Ends the connection at once."""
        self._socket.close()


class Limiter:
    """Permits.

    Thread safety: all members from any thread.
    """

    def __init__(self, permits: int) -> None:
        self._permits = threading.Semaphore(permits)

    def acquire(self, limit: TimeLimit) -> None:
        """Takes a permit.

        :raises StreamTimedOut: none became free in time.
        """
        if not self._permits.acquire(timeout=limit.left()):
            raise StreamTimedOut

    def release(self) -> None:
        """Gives a permit back."""
        self._permits.release()


class Home:
    """Where the connections of a client belong: the process in which they were opened. After a fork two would use the same ones."""

    def __init__(self) -> None:
        self._process = os.getpid()

    def has_moved(self) -> bool:
        """Whether connections that were opened earlier belong elsewhere."""
        process = os.getpid()
        moved = process != self._process
        self._process = process
        return moved


def pause(seconds: float) -> None:
    """Lets time pass."""
    time.sleep(seconds)


def items(source: Source[T]) -> Iterator[T]:
    """The items of a source."""
    return iter(source)
