"""deploy/compose.yaml and deploy/cnnviz.service: what they name is there."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cnnviz import settings
from common import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
UNIT = (DEPLOY / "cnnviz.service").read_text("utf-8")
SETTINGS = {f"CNNVIZ_{field.name.upper()}" for field in dataclasses.fields(settings.Settings)} - {"CNNVIZ_REFUSED"}
IN_HAPROXY = re.findall(r"server \w+ ([\w-]+):8501", (DEPLOY / "haproxy.cfg").read_text("utf-8"))


def test_there_are_three_replicas_that_haproxy_knows():
    replicas = [name for name in SERVICES if name.startswith("replica-")]
    assert len(replicas) == 3
    assert replicas * 2 == IN_HAPROXY
    assert set(SERVICES) == {*replicas, "proxy", "database", "scheduler", "worker"}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2


def test_every_setting_is_one_and_is_taken_as_it_is():
    for name in (name for name in SERVICES if name.startswith("replica-")):
        environment = SERVICES[name]["environment"]
        assert {key for key in environment if key.startswith("CNNVIZ_")} <= SETTINGS
        assert settings.read(environment).refused == ()
        drain_s = settings.read(environment).drain_s
        assert 0 < drain_s < int(SERVICES[name]["stop_grace_period"].removesuffix("s"))


def test_every_file_volume_network_and_service_is_there():
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert (DEPLOY / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"], volume
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("depends_on", ())) <= set(SERVICES)
        if service["image"] == "cnnviz" and "command" in service:
            assert shutil.which(service["command"][0], path=os.path.dirname(sys.executable)), name


def test_addresses_name_services():
    environment = SERVICES["replica-1"]["environment"]
    scheduler, database = environment["CNNVIZ_SCHEDULER"], environment["CNNVIZ_DATABASE"]
    assert scheduler in SERVICES["worker"]["command"]
    assert scheduler == "tcp://scheduler:8786"
    assert re.fullmatch(r"postgresql\+psycopg://cnnviz@database/cnnviz", database)
    assert SERVICES["database"]["environment"]["POSTGRES_USER"] == "cnnviz"
    assert SERVICES["database"]["environment"]["POSTGRES_DB"] == "cnnviz"


def test_only_the_proxy_is_open():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert [name for name, service in SERVICES.items() if service["networks"] != ["inside"]] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_commands_of_dask_have_the_options_that_are_named():
    for name in ("scheduler", "worker"):
        command = SERVICES[name]["command"]
        shown = subprocess.run(
            [Path(sys.executable).parent / command[0], command[1], "--help"], capture_output=True, text=True, check=True
        )
        assert {option for option in command if option.startswith("--")} <= set(re.findall(r"--[\w-]+", shown.stdout))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_systemd_takes_the_unit(tmp_path):
    """With this environment in place of the one that a server would have."""
    here = UNIT.replace("/srv/cnnviz/.venv/bin/streamlit", str(Path(sys.executable).parent / "streamlit"))
    assert here != UNIT
    (tmp_path / "cnnviz.service").write_text(here.replace("/srv/cnnviz", str(ROOT)))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "cnnviz.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in verified.stderr.splitlines() if "cnnviz.service" in line]
    assert (verified.returncode, said) == (0, [])


def test_the_unit_names_settings_that_there_are():
    assert set(re.findall(r"CNNVIZ_[A-Z_]+", UNIT)) <= SETTINGS
    assert re.search(r"^KillMode=mixed$", UNIT, re.MULTILINE)
