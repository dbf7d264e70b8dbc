"""The lock file fits the requirements: the same packages, versions within the ranges, hashes, no machine's traces."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from common import ROOT

LOCK = ROOT / "requirements.lock"
LOCKED_FILES = ("requirements.txt", "requirements-cluster.txt", "requirements-postgresql.txt")
PYTHONS = ("3.11", "3.12", "3.13")
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "implementation_name": "cpython"}


def requirements(file):
    """A requirements file's own lines, without comments and the files that it includes."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def entries():
    """The lock's entries: what is required, and its hashes."""
    lines = [line for line in LOCK.read_text("utf-8").splitlines() if not line.strip().startswith("#")]
    for entry in "\n".join(lines).replace("\\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+--hash=", entry.strip())
        yield Requirement(requirement), hashes


def versions(python):
    """The version that the lock gives each package for one version of Python on Linux."""
    machine = LINUX | {"python_version": python, "python_full_version": f"{python}.9"}
    chosen = {}
    for requirement, _ in entries():
        if requirement.marker is None or requirement.marker.evaluate(machine):
            (exactly,) = requirement.specifier
            assert exactly.operator == "==", requirement
            name = canonicalize_name(requirement.name)
            assert name not in chosen, f"{name} twice for Python {python}"
            chosen[name] = exactly.version
    return chosen


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("file", LOCKED_FILES)
def test_every_requirement_is_locked_at_a_version_within_its_range(file, python):
    locked = versions(python)
    for requirement in requirements(file):
        version = locked.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in {LOCK.name}"
        assert requirement.specifier.contains(version), f"{LOCK.name} has {requirement.name} {version}: {requirement}"


def test_every_entry_of_the_lock_has_hashes():
    assert len(list(entries())) > 50
    for requirement, hashes in entries():
        assert hashes, requirement
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", value) for value in hashes), requirement


def test_the_lock_says_how_it_is_made_as_contributing_does_and_names_no_address():
    text = LOCK.read_text("utf-8")
    command = re.search(r"^#\s+(uv pip compile .*)$", text, re.MULTILINE)
    assert command
    assert command[1] in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert set(re.findall(r"\S+\.txt", command[1])) <= set(LOCKED_FILES)
    assert not re.search(r"https?:|file:|index-url|find-links|(^|[\s=])/", text, re.MULTILINE)
