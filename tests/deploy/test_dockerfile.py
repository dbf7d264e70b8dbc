"""deploy/Dockerfile, step by step in a clean folder, without Docker.

In place of the image's Python stands a virtual environment that is linked to the present one.  The step that installs
packages is a test of its own, by `uv pip install --dry-run` in an empty environment: every version is in the index.
`useradd` and `chown`, which need root, are noted and not done.
"""

import fnmatch
import json
import re
import shlex
import shutil
import site
import subprocess
import sys
import time
import urllib.request
import venv
from pathlib import Path

import pytest

import browser
from common import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
READY_S, ENDED_S = 120, 60
NOTED = ("useradd", "chown")


def instructions():
    """Each line's instruction and the rest of it, comments left out."""
    lines = DOCKERFILE.read_text("utf-8").replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip() and not line.startswith("#")]


def let_through():
    """Files and folders that .dockerignore lets through."""
    rules = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    return [rule[1:] for rule in rules if rule.startswith("!")]


def context(folder):
    """What Docker would be sent of the tracked files."""
    let_in = let_through()
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        if any(name == rule or name.startswith(f"{rule}/") for rule in let_in):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


class Image:
    """What the steps make: a root folder, a working folder, an environment, a command."""

    def __init__(self, context, root, python):
        self.context, self.root, self.python = context, root, python
        self.folder, self.user, self.settings = root, "root", {}
        self.command, self.check = [], []
        self.noted = root / "noted"
        for name in NOTED:
            (python / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {self.noted}\n')
            (python / name).chmod(0o755)

    def at(self, path):
        """A path of the image, here."""
        return self.root / path.lstrip("/") if path.startswith("/") else self.folder / path

    def environment(self, **others):
        clean = {"PATH": f"{self.python}:/usr/bin:/bin", "HOME": str(self.root), "LANG": "C.UTF-8"}
        here = {name: str(self.at(value)) if value.startswith("/") else value for name, value in self.settings.items()}
        return clean | here | others

    def carry_out(self, instruction, rest):
        getattr(self, instruction.lower())(rest)

    def from_(self, image):
        assert re.fullmatch(r"python:3\.1[123]-slim-\w+", image)

    def workdir(self, path):
        self.folder = self.at(path)
        self.folder.mkdir(parents=True)

    def copy(self, rest):
        """As Docker does: a folder's content, and files under their names where the target ends with a slash."""
        *patterns, target = rest.split()
        sources = [path for pattern in patterns for path in sorted(self.context.glob(pattern))]
        assert sources, f"COPY {rest} finds nothing"
        for source in sources:
            place = self.at(target)
            if source.is_dir():
                shutil.copytree(source, place, dirs_exist_ok=True)
            else:
                place = place / source.name if target.endswith("/") else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, place)

    def run(self, command):
        if command.startswith("pip install"):
            assert (self.folder / "requirements.lock").is_file()
            return
        words = [str(self.at(word)) if word.startswith("/") else word for word in shlex.split(command)]
        line = " ".join(word if word == "&&" else shlex.quote(word) for word in words)
        subprocess.run(["sh", "-ec", line], cwd=self.folder, env=self.environment(), check=True)

    def env(self, rest):
        self.settings |= dict(word.split("=", 1) for word in shlex.split(rest))

    def user_(self, name):
        self.user = name

    def expose(self, port):
        assert port == "8501"

    def healthcheck(self, rest):
        self.check = json.loads(rest.partition(" CMD ")[2])

    def cmd(self, rest):
        self.command = json.loads(rest)


def linked(folder):
    """The commands of a virtual environment that finds the packages of the present one."""
    venv.create(folder, with_pip=False)
    (found,) = folder.glob("lib/python*/site-packages")
    (found / "present.pth").write_text("\n".join(site.getsitepackages()))
    script = f'#!/bin/sh\nexec {folder}/bin/python -m streamlit "$@"\n'
    (folder / "bin" / "streamlit").write_text(script)
    (folder / "bin" / "streamlit").chmod(0o755)
    return folder / "bin"


def built(tmp_path, with_data):
    sent = context(tmp_path / "context")
    if with_data:
        (sent / "data" / "MNIST").mkdir(parents=True)
        (sent / "data" / "MNIST" / "t10k-labels-idx1-ubyte.gz").touch()
    (tmp_path / "image").mkdir()
    image = Image(sent, tmp_path / "image", linked(tmp_path / "python"))
    names = {"FROM": "from_", "USER": "user_"}
    for instruction, rest in instructions():
        image.carry_out(names.get(instruction, instruction), rest)
    return image


def wait_until_ready(address, process):
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(process.poll())


def files(folder):
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {path for path in found if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return built(tmp_path_factory.mktemp("docker"), with_data=False)


def test_the_image_serves_as_a_user_of_its_own_and_fetches_nothing(image):
    port = str(browser.free_port())
    before = files(image.folder)
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = image.environment(CNNVIZ_MNIST_URL="http://127.0.0.1:9/", no_proxy="127.0.0.1", **nowhere)
    command = [word.replace("8501", port) for word in image.command]
    command[0] = str(image.python / command[0])
    with open(image.root / "log", "wb") as log:
        process = subprocess.Popen(command, cwd=image.folder, env=environment, stdout=log, stderr=log)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        checked = [word.replace("8501", port) for word in image.check]
        subprocess.run([image.python / checked[0], *checked[1:]], env=environment, check=True, timeout=30)
    finally:
        process.terminate()
        process.wait(ENDED_S)
    assert "Traceback" not in (image.root / "log").read_text("utf-8")
    assert files(image.folder) == before  # what it writes is in the folder that belongs to its user
    assert (image.root / "srv" / "runs" / ".cnnviz.sqlite3").is_file()
    assert image.user != "root"
    assert f"chown {image.user} {image.root}/srv/runs" in image.noted.read_text("utf-8")


def test_nothing_is_in_it_that_is_not_needed_and_no_machines_data(image):
    names = {path.parts[0] for path in files(image.folder)}
    assert names == {".streamlit", "LICENSE", "app.py", "cnnviz", "data", "lessons", "models", "requirements.lock"}
    assert files(image.folder / "data") == {Path("LICENSE")}
    assert not any(fnmatch.fnmatch(str(path), "*.env") or ".git" in path.parts for path in files(image.folder))


def test_mnist_comes_along_where_the_builder_has_it(tmp_path):
    image = built(tmp_path, with_data=True)
    assert (image.folder / "data" / "MNIST" / "t10k-labels-idx1-ubyte.gz").is_file()


def test_what_users_have_trained_and_the_database_beside_it_stay_out():
    shipped = re.findall(r"^!(models/.+?)/?$", (ROOT / ".gitignore").read_text("utf-8"), re.MULTILINE)
    assert [path for path in let_through() if path.startswith("models")] == shipped


def test_every_package_is_in_the_index_at_its_version(tmp_path):
    (command,) = [rest for instruction, rest in instructions() if instruction == "RUN" and rest.startswith("pip")]
    asked = shlex.split(command.removeprefix("pip install"))
    asked.remove("--no-cache-dir")
    assert asked == ["--require-hashes", "-r", "requirements.lock"]
    venv.create(tmp_path / "empty", with_pip=False)
    uv = [sys.executable, "-m", "uv", "pip", "install", "--python", tmp_path / "empty" / "bin" / "python", "--dry-run"]
    found = subprocess.run([*uv, *asked], cwd=ROOT, capture_output=True, text=True, check=False)
    if re.search(r"error sending request|Failed to fetch|dns error|Could not connect", found.stderr):
        pytest.skip("There is no package index here")
    assert found.returncode == 0, found.stderr
    n_locked = len(re.findall(r"^[\w.-]+==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    assert len(re.findall(r"^ \+ ", found.stderr, re.MULTILINE)) > 0.8 * n_locked  # some are for other systems
