"""AsyncClient as a client without await, so that one test serves both: each call runs in an event loop of its own thread."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any, Iterator

from hypervex import AsyncClient


class Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Any) -> Any:
        """The result of a coroutine."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(120)

    def close(self) -> None:
        """Ends the loop when what runs in it has ended."""
        self.run(self.loop.shutdown_asyncgens())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Blocking:
    """An asynchronous object whose methods wait."""

    def __init__(self, inner: Any, loop: Loop) -> None:
        self._inner = inner
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._inner, name)
        if not callable(member):
            return member

        def call(*arguments: Any, **named: Any) -> Any:
            result = member(*arguments, **named)
            if inspect.isawaitable(result):
                return self._loop.run(result)
            if inspect.isasyncgen(result):
                return self._items(result)
            return Blocking(result, self._loop)

        return call

    def __repr__(self) -> str:
        return repr(self._inner)

    def _items(self, generator: Any) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._loop.run(generator.__anext__())
                except StopAsyncIteration:
                    return
        finally:
            self._loop.run(generator.aclose())


def blocking_client(loop: Loop, *arguments: Any, **named: Any) -> Any:
    """An AsyncClient that waits."""

    async def make() -> AsyncClient:
        return AsyncClient(*arguments, **named)

    return Blocking(loop.run(make()), loop)
