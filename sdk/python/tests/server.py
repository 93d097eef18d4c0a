"""The real server as a process of its own, and a gate before it that can lose connections."""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any, Dict, List, Optional

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = ROOT / "src" / "Cli" / "bin" / "Release" / "net10.0" / "Hypervex.Cli.dll"

PATIENCE_SECONDS = 120


class Server:
    """``hypervex serve`` on a free port of loopback."""

    def __init__(self, data: Path, *arguments: str, **environment: str) -> None:
        assert PROGRAM.exists(), f"{PROGRAM} is missing: dotnet build src/Cli -c Release"
        self.data = data
        self._log = open(data.parent / f"{data.name}.log", "ab")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HYPERVEX_", "VECTOR_", "STORAGE_"))}
        self._process = subprocess.Popen(
            ["dotnet", str(PROGRAM), "serve", "--json", "--data", str(data), "--listen", "127.0.0.1:0", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, env={**kept, **environment},
        )
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_SECONDS)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            self.kill()
            raise AssertionError(f"serve ended without a line: {Path(self._log.name).read_text()}")
        self.pid = self._process.pid
        self.url: str = json.loads(line)["address"]
        self.port = int(self.url.rsplit(":", 1)[1])

    def kill(self) -> None:
        """Ends it at once, as a crash does."""
        self._process.kill()
        self._close()

    def stop(self) -> None:
        """Asks it to end, and waits."""
        self._process.terminate()
        self._close()

    def freeze(self) -> None:
        """Lets it stand still: connections open, nothing answers. Returns when all of its threads do."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def thaw(self) -> None:
        """Lets it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def _close(self) -> None:
        try:
            self._process.wait(PATIENCE_SECONDS)
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._log.close()


class Gate:
    """A port that stays while servers behind it come and go. Counts connections; can cut all of them, or the next answers."""

    def __init__(self, target: Optional[int]) -> None:
        self.target = target
        self.connections = 0
        self.answers_to_lose = 0
        self.lose_every = 0
        self._answers = 0
        self._pairs: List[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Ends all connections."""
        with self._lock:
            for end in self._pairs:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self._pairs = []

    def close(self) -> None:
        """Ends the gate."""
        _end(self._listener)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.target is None:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            with self._lock:
                self._pairs += [client, server]
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                if answers and self._loses():
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def _loses(self) -> bool:
        with self._lock:
            self._answers += 1
            if self.lose_every and self._answers % self.lose_every == 0:
                return True
            if self.answers_to_lose == 0:
                return False
            self.answers_to_lose -= 1
            return True


class Scripted:
    """A server that says what a test tells it to: one list of answers for each connection, in order, which then ends.

    Without a script it has a port, which nobody else can take, and refuses connections.
    """

    def __init__(self, *connections: List[bytes], tls: Optional[ssl.SSLContext] = None) -> None:
        self._tls = tls
        self._connections = list(connections)
        self.requests: List[bytes] = []
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self.release = threading.Event()
        if connections:
            self._listener.listen()
            threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Ends the server, and what waits in it."""
        self.release.set()
        _end(self._listener)

    def _run(self) -> None:
        for number in itertools.count():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            answers = self._connections[number] if number < len(self._connections) else []
            threading.Thread(target=self._serve, args=(connection, answers), daemon=True).start()

    def _serve(self, connection: socket.socket, answers: List[bytes]) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            for answer in answers:
                self.requests.append(_read_request(connection))
                if answer is WAIT:
                    self.release.wait(PATIENCE_SECONDS)
                    break
                connection.sendall(answer)
        except OSError:
            pass
        finally:
            connection.close()


WAIT = b"wait"
"""An answer that does not come until the test ends."""


def answer(status: int, body: Any = None, *headers: str) -> bytes:
    """An answer with a JSON body."""
    kind = "application/problem+json" if status >= 400 else "application/json"
    text = b"" if body is None else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Some", f"Content-Type: {kind}", f"Content-Length: {len(text)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + text


def problem(status: int, code: str, *headers: str, **more: Any) -> bytes:
    """A problem answer."""
    body: Dict[str, Any] = {"type": f"urn:hypervex:error:{code}", "title": code, "status": status, "detail": f"about {code}", "code": code, **more}
    return answer(status, body, *headers)


def _end(listener: socket.socket) -> None:
    try:
        listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
    except OSError:
        pass
    listener.close()


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("closed")
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("closed")
        body += piece
    return head + b"\r\n\r\n" + body
