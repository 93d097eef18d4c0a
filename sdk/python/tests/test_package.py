"""The package builds, installs into an environment that has nothing else, and its quick start runs there."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from test_documents import PROJECT, blocks_of


def run(*command, cwd, **more):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=600, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_a_wheel_is_built_and_runs_the_quick_start_in_an_empty_environment(own_server, tmp_path):
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(PROJECT, source, ignore=ignored)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "dist", cwd=source)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "hypervex/py.typed" in names and "hypervex/_sync/client.py" in names
    assert [name for name in names if not name.startswith("hypervex")] == []

    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    run(python, "-m", "pip", "install", "--no-index", "--no-deps", wheel, cwd=tmp_path, env=clean)
    code, expected = blocks_of(PROJECT / "README.md")[0]
    (tmp_path / "quickstart.py").write_text(code.replace("http://127.0.0.1:8080", own_server().url), "utf-8")
    assert run(python, "-W", "error", "quickstart.py", cwd=tmp_path, env=clean) == expected
    where = run(python, "-c", "import hypervex; print(hypervex.__file__)", cwd=tmp_path, env=clean)
    assert Path(where.strip()).is_relative_to(tmp_path / "venv")
