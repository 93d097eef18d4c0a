"""A server for all tests, a collection for each, and clients of both kinds."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest
from blocking import Loop, blocking_client
from server import Scripted, Server

from hypervex import Client

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without keys that all tests share; each works on a collection of its own."""
    running = Server(tmp_path_factory.mktemp("shared") / "data")
    yield running
    running.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers for one test; those that still run are killed at its end."""
    started: List[Server] = []

    def start(*arguments: str, data: str = "data", **environment: str) -> Server:
        started.append(Server(tmp_path / data, *arguments, **environment))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    """Starts servers that answer by a script."""
    started: List[Scripted] = []

    def start(*connections: List[bytes], **named: Any) -> Scripted:
        started.append(Scripted(*connections, **named))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Makes clients, of each kind in turn."""
    loop = Loop() if request.param == "async" else None
    clients: List[Any] = []

    def make(*arguments: Any, **named: Any) -> Any:
        clients.append(Client(*arguments, **named) if loop is None else blocking_client(loop, *arguments, **named))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
    if loop is not None:
        loop.close()


@pytest.fixture
def client(connect: Callable[..., Any], server: Server) -> Any:
    """A client of the shared server."""
    return connect(server.url)


@pytest.fixture
def name() -> str:
    """A collection's name that no other test has."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def collection(client: Any, name: str) -> Any:
    """An empty collection of the shared server."""
    client.create_collection(name)
    return client.collection(name)
