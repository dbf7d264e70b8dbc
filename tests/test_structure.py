"""Imports run only downwards, and TensorFlow is not where the pages are."""

import ast
import functools
import os
import subprocess
import sys

import pytest

from common import ROOT

FILES = [ROOT / "app.py", *sorted((ROOT / "cnnviz").rglob("*.py"))]
HEAVY = {"tensorflow", "keras"}


@functools.cache
def imports(path):
    """Modules that a file names in import statements."""
    named = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return named


def test_the_layers_of_pyproject_toml_are_kept():
    """The contract that `lint-imports` checks: layers, no cycles, Streamlit and TensorFlow each in their place."""
    kept = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert kept.returncode == 0, kept.stdout + kept.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_imports_tensorflow_or_pyplot_at_its_top(path):
    named = imports(path)
    assert not {name.split(".")[0] for name in named} & HEAVY
    assert not any("pyplot" in name for name in named)


def test_only_one_room_imports_by_name():
    """Two threads that import parts of one package at once can fail; `lazy` lets one in at a time."""
    importers = [path.name for path in FILES if "importlib" in imports(path)]
    assert importers == ["lazy.py"]


def test_only_the_canvas_imports_the_drawing_component():
    importers = [path.name for path in FILES if "streamlit_drawable_canvas" in imports(path)]
    assert importers == ["canvas.py"]


def test_every_page_in_one_process_leaves_tensorflow_out():
    """All pages are run with AppTest in a process of its own; then its modules are counted."""
    code = """
import sys
from streamlit.testing.v1 import AppTest
from cnnviz.network import store
store.DEFAULTS = ("hvass",)  # the quickest that has something on every page
at = AppTest.from_file("app.py", default_timeout=90).run()
from cnnviz.ui import places
assert len(places.PLACES) == 9
for page in [*places.PLACES, "draw"]:
    at.switch_page(f"cnnviz/pages/{page}/page.py").run()
    assert not at.exception, at.exception
from cnnviz.compute import backend
from cnnviz.network import export
from cnnviz.pages.layers import take_along
network = store.load(store.find("hvass"))
for write in (export.keras_file, export.onnx_file):
    assert take_along.made(network, "hvass", 10_000, write)
backend.shutdown()
print(sorted({"tensorflow", "keras", "matplotlib.pyplot"} & set(sys.modules)))
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=True, env=bundled_environment()
    )
    assert ran.stdout.strip().splitlines()[-1] == "[]"


def bundled_environment():
    return os.environ | {"CNNVIZ_DATA": "bundled"}


def test_the_package_itself_imports_nothing_heavy():
    code = "import sys, cnnviz; print(sorted({'numpy', 'streamlit', 'tensorflow'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_tests_of_a_file_run_in_one_process(tmp_path):
    """By the settings of this project: else a server or a network that they share is made in both."""
    code = """
import os, time, pytest
@pytest.mark.parametrize("n", range(4))
def test_one(n):
    time.sleep(0.1)
    with open(__file__ + ".ran", "a") as ran:
        ran.write(os.environ["PYTEST_XDIST_WORKER"] + " ")
"""
    for name in ("test_a.py", "test_b.py", "test_c.py"):
        (tmp_path / name).write_text(code)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    subprocess.run(
        [*command, "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=True,
    )
    ran = [path.read_text().split() for path in sorted(tmp_path.glob("*.ran"))]
    assert [len(each) for each in ran] == [4, 4, 4]
    assert [len(set(each)) for each in ran] == [1, 1, 1]
    assert len({each[0] for each in ran}) == 2
