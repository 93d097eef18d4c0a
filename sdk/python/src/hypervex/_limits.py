"""How long a call may take, and when it is worth another try."""

from __future__ import annotations

import random
import time
from typing import Callable, Optional

from hypervex._http1 import StreamTimedOut
from hypervex.errors import APIError, ConnectionError, HypervexError


class TimeLimit:
    """The time that is left to a call: so many seconds from its start, or, for streams of any length, for each step of it."""

    def __init__(self, seconds: Optional[float], *, each_step: bool = False) -> None:
        self._seconds = seconds
        self._end = None if seconds is None or each_step else time.monotonic() + seconds

    def left(self) -> Optional[float]:
        """Seconds for the next step; ``None`` = as long as it takes.

        :raises StreamTimedOut: none are left.
        """
        if self._end is None:
            return self._seconds
        left = self._end - time.monotonic()
        if left <= 0:
            raise StreamTimedOut
        return left

    def allows(self, seconds: float) -> bool:
        """Whether there is time to wait so long and do something afterwards."""
        return self._end is None or time.monotonic() + seconds < self._end


class RetryPolicy:
    """Which failures are worth another try, and after which pause.

    Not sent at all, 429 ``overloaded`` and 503 ``opening`` (nothing was done): every call. Connection lost, 502, other 503: reads only,
    because nobody can tell whether a write was done. Pauses grow twofold, with full jitter; ``Retry-After`` is the least pause.

    Thread safety: all members from any thread.
    """

    def __init__(self, retries: int, *, first: float = 0.1, longest: float = 5.0, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._retries = retries
        self._first = first
        self._longest = longest
        self._uniform = uniform

    def pause(self, error: HypervexError, tried: int, *, safe: bool) -> Optional[float]:
        """Seconds until the next try; ``None`` = there is none.

        :param tried: retries so far.
        :param safe: whether the call may be done twice.
        """
        if tried >= self._retries or not _is_worth_it(error, safe):
            return None
        jitter = self._uniform(0.0, min(self._longest, self._first * 2.0**tried))
        asked = error.retry_after if isinstance(error, APIError) else None
        return jitter if asked is None else asked + jitter


def _is_worth_it(error: HypervexError, safe: bool) -> bool:
    if isinstance(error, ConnectionError):
        return safe or not error.request_sent
    if not isinstance(error, APIError):
        return False
    if error.status_code == 429 or error.code == "opening":
        return True
    return safe and error.status_code in (502, 503) and error.code != "log_failed"
