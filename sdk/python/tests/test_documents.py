"""The code of the pages runs, and prints what they say."""

import contextlib
import io
import os
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOT = PROJECT.parent.parent
PAGES = [PROJECT / "README.md", ROOT / "docs" / "python.md", ROOT / "README.md"]


def blocks_of(page):
    """Blocks of Python, each with the text that follows as its output, if one does."""
    pattern = r"```python\n(.*?)```(?:\n+It prints:\n+```text\n(.*?)```)?"
    return re.findall(pattern, page.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=["package", "page", "project"])
def test_the_code_of_a_page_runs_and_prints_what_it_says(page, own_server, tmp_path):
    blocks = blocks_of(page)
    assert len(blocks) == page.read_text("utf-8").count("```python") and blocks
    url = own_server().url
    here = os.getcwd()
    names = {"__name__": "__main__"}
    os.chdir(tmp_path)
    try:
        for code, expected in blocks:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(code.replace("http://127.0.0.1:8080", url), page.name, "exec"), names)
            if expected:
                assert printed.getvalue() == expected
    finally:
        os.chdir(here)
        for value in names.values():
            if hasattr(value, "close") and hasattr(value, "collection") and not isinstance(value, type):
                value.close()


def test_the_packages_quick_start_is_that_of_the_page():
    code = blocks_of(PROJECT / "README.md")[0][0]
    assert code in (ROOT / "docs" / "python.md").read_text("utf-8")
