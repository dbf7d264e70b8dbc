"""The house: imports run only downwards, and TensorFlow is not where the pages are."""

import ast
import subprocess
import sys

import pytest

from conftest import ROOT

FLOORS = [
    {"app"},
    {"pages"},
    {"ui"},
    {"trainer", "__main__"},
    {"run", "backend"},
    {"runs"},
    {"store"},
    {"cards", "sweep"},
    {"exercises"},
    {"surgery"},
    {"conclusions", "attribution"},
    {"stress"},
    {"training", "evaluation", "comparing", "commuting"},
    {"inspection", "charts", "program", "engine"},
    {"receptive", "handmade", "figures"},
    {"arithmetic"},
    {"presets", "sums"},
    {"steps"},
    {"network", "augmentation", "download", "tiles", "cluster", "robust"},
    {"data"},
    {"mnist"},
    {"strokes", "photo"},
    {"scribbles"},
    {"hands"},
    {"distortion", "guard"},
    {"drawing"},
    {"lazy", "shares"},
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
FILES = [ROOT / "app.py", *sorted((ROOT / "cnnviz").rglob("*.py"))]
HEAVY = {"tensorflow", "keras"}


def room_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0] if len(parts) == 1 else parts[1]


def imports(path):
    """Modules that a file names in import statements."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_only_downwards(path):
    room = room_of(path)
    if room == "__init__":
        return
    named = {name.split(".")[1] for name in imports(path) if name.startswith("cnnviz.")}
    above = {other for other in named if other in LEVEL and other != room and LEVEL[other] <= LEVEL[room]}
    assert room in LEVEL
    assert not above


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_imports_tensorflow_or_pyplot_at_its_top(path):
    named = set(imports(path))
    assert not {name.split(".")[0] for name in named} & HEAVY
    assert not any("pyplot" in name for name in named)


def test_only_one_room_imports_by_name():
    """Two threads that import parts of one package at once can fail; `lazy` lets one in at a time."""
    importers = [path.name for path in FILES if "importlib" in set(imports(path))]
    assert importers == ["lazy.py"]


def test_only_the_canvas_imports_the_drawing_component():
    importers = [path.name for path in FILES if "streamlit_drawable_canvas" in set(imports(path))]
    assert importers == ["canvas.py"]


def test_every_page_in_one_process_leaves_tensorflow_out():
    """All pages are run with AppTest in a process of its own; then its modules are counted."""
    code = """
import sys
from streamlit.testing.v1 import AppTest
at = AppTest.from_file("app.py", default_timeout=90).run()
pages = '''filters feature_maps convolution look network laboratory mistakes robustness break_it data
train experiments compare draw'''
for page in pages.split():
    at.switch_page(f"cnnviz/pages/{page}.py").run()
    assert not at.exception, at.exception
from cnnviz import backend
backend.shutdown()
print(sorted({"tensorflow", "keras", "matplotlib.pyplot"} & set(sys.modules)))
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=True, env=bundled_environment()
    )
    assert ran.stdout.strip().splitlines()[-1] == "[]"


def bundled_environment():
    import os

    return os.environ | {"CNNVIZ_DATA": "bundled"}


def test_the_package_itself_imports_nothing_heavy():
    code = "import sys, cnnviz; print(sorted({'numpy', 'streamlit', 'tensorflow'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
