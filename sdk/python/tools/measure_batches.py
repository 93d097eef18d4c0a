"""Measures batch_add_vectors against single posts, both durable, against a server of its own in a temporary directory.

    python3 tools/measure_batches.py [--records 10000] [--dimension 1024] [--numpy]

Single posts are measured over a tenth of the records and scaled, unless --all is given.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "src"), str(PROJECT / "tests")]

import server  # noqa: E402 - found by the line before

from hypervex import Client  # noqa: E402
from hypervex._vectors import spell  # noqa: E402


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
                start = time.perf_counter()
                for vector in vectors[:1_000]:
                    spell(vector, packed=options.format == "base64")
                spelling = (time.perf_counter() - start) / 1_000 * options.records
                singles = options.records if options.all else options.records // 10
                for vector in vectors[:100]:
                    client.add_vector(vector)
                start = time.perf_counter()
                for vector in vectors[:singles]:
                    client.add_vector(vector)
                single = (time.perf_counter() - start) / singles * options.records
                start = time.perf_counter()
                client.batch_add_vectors(vectors)
                batch = time.perf_counter() - start
        finally:
            running.stop()
    kind = "numpy" if options.numpy else "lists"
    what = f"{options.records} x {options.dimension}, {kind}, {options.format}"
    print(f"{what}: single posts {single:.2f} s, batches {batch:.2f} s, {single / batch:.1f} x; of it spelling {spelling:.2f} s")


if __name__ == "__main__":
    main()
