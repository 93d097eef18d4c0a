"""What can be asked of a socket without waiting."""

from __future__ import annotations

import select
from typing import Protocol


class HasFileNumber(Protocol):
    """A socket, or what an event loop shows of one."""

    def fileno(self) -> int:
        """The number of its file; -1 when it is closed."""


def is_readable(socket: HasFileNumber) -> bool:
    """Whether reading would not wait: something has come, or the end."""
    if socket.fileno() < 0:
        return True
    if hasattr(select, "poll"):  # without the limit of select on the number of files
        poll = select.poll()
        poll.register(socket.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([socket.fileno()], [], [], 0)[0])
