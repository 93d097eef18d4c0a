"""Measures batch_add_vectors against single posts, both durable, against a server of its own in a temporary directory.

    python3 tools/measure_batches.py [--records 10000] [--dimension 1024] [--numpy]

Beside the time on the clock stands that of the processors, the client's and the server's, which a busy machine does not stretch.
Single posts are measured over a tenth of the records and scaled, unless --all is given.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "src"), str(PROJECT / "tests")]

import server  # noqa: E402 - found by the line before

from hypervex import Client  # noqa: E402


class Clock:
    """Seconds since it was made: on the clock, of the client's processor, of the server's."""

    def __init__(self, server_pid: int) -> None:
        self._pid = server_pid
        self._start = self._now()

    def read(self, scale: float = 1.0) -> list[float]:
        """The three, times a factor."""
        return [(now - then) * scale for now, then in zip(self._now(), self._start)]

    def _now(self) -> list[float]:
        ticks = Path(f"/proc/{self._pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        return [time.perf_counter(), time.process_time(), sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--dimension", type=int, default=1_024)
    parser.add_argument("--numpy", action="store_true")
    parser.add_argument("--format", choices=["array", "base64"], default="array")
    parser.add_argument("--program", type=Path, default=server.PROGRAM)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    if options.numpy:
        import numpy

        vectors = numpy.random.default_rng(1).standard_normal((options.records, options.dimension)).astype("float32")
    else:
        choice = random.Random(1)
        pool = [[choice.gauss(0, 1) for _ in range(options.dimension)] for _ in range(min(options.records, 500))]
        vectors = [pool[i % len(pool)] for i in range(options.records)]
    with tempfile.TemporaryDirectory() as directory:
        server.PROGRAM = options.program
        running = server.Server(Path(directory) / "data")
        try:
            with Client(running.url, vector_format=options.format) as client:
                client.batch_add_vectors(vectors[:200])
                for vector in vectors[:100]:
                    client.add_vector(vector)
                singles = options.records if options.all else options.records // 10
                clock = Clock(running.pid)
                for vector in vectors[:singles]:
                    client.add_vector(vector)
                single = clock.read(options.records / singles)
                clock = Clock(running.pid)
                client.batch_add_vectors(vectors)
                batch = clock.read()
        finally:
            running.stop()
    kind = "numpy" if options.numpy else "lists"
    what = f"{options.records} x {options.dimension}, {kind}, {options.format}"
    print(f"{what}: {single[0] / batch[0]:.1f} x on the clock, {sum(single[1:]) / sum(batch[1:]):.1f} x on the processors")
    for name, (wall, client_cpu, server_cpu) in (("single posts", single), ("batches", batch)):
        print(f"  {name}: {wall:.2f} s; processor: client {client_cpu:.2f} s, server {server_cpu:.2f} s")


if __name__ == "__main__":
    main()
