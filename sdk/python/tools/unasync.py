"""Makes hypervex._sync out of hypervex._async: what is written once for asyncio, without its words.

    python3 tools/unasync.py            writes the files
    python3 tools/unasync.py --check    fails when they are not what they would be

``io.py`` stands on each side by itself: there are sockets and threads, here event loops.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "hypervex"

BY_HAND = {"__init__.py", "io.py"}

WORDS = [
    (r"\basync (def|for|with) ", r"\1 "),
    (r"\bawait ", ""),
    (r"\b__aenter__\b", "__enter__"),
    (r"\b__aexit__\b", "__exit__"),
    (r"\bhypervex\._async\b", "hypervex._sync"),
    (r"\bAsync([A-Z]\w*)", r"\1"),
    (r"\basync_(\w+)", r"\1"),
    (r"any task of one event loop", "any thread"),
]

NOTE = "# Made by tools/unasync.py from _async/{name}; change that one.\n\n"


def to_sync(name: str, source: str) -> str:
    """The file without asyncio."""
    for pattern, replacement in WORDS:
        source = re.sub(pattern, replacement, source)
    return NOTE.format(name=name) + source


def main(check: bool) -> int:
    """Writes or checks all files."""
    stale = []
    for path in sorted((PACKAGE / "_async").glob("*.py")):
        if path.name in BY_HAND:
            continue
        target = PACKAGE / "_sync" / path.name
        made = to_sync(path.name, path.read_text("utf-8"))
        if not target.exists() or target.read_text("utf-8") != made:
            stale.append(target.name)
            if not check:
                target.write_text(made, "utf-8")
    if check and stale:
        print(f"Not up to date: {', '.join(stale)}; run python3 tools/unasync.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
