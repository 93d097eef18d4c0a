"""The examples run, and say what they should."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLE = PROJECT.parent.parent / "examples" / "python" / "notes.py"

EXPECTED = """\
6 notes
Who hides acorns?
  0.58 A jay hides thousands of acorns each autumn.
"""


def test_the_notebook_finds_what_it_wrote(own_server):
    ran = subprocess.run(
        [sys.executable, str(EXAMPLE), own_server().url], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(EXPECTED), ran.stdout
    assert "Recent notes on animals: ['jay', 'trout']\n" in ran.stdout
    assert "By topic: {'animals': 2, 'places': 2, 'plants': 2}\n" in ran.stdout
    assert "Like the jay, unlike the trout: ['oak']\n" in ran.stdout
    assert ran.stdout.endswith("4 notes are left, 6 are back\n")
