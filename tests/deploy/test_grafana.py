"""deploy/grafana.json: each metric that it shows is one that /metrics tells, and none of those is left out."""

import json
import re

from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from asgi import get
from cnnviz.server import metrics
from common import ROOT

DASHBOARD = json.loads((ROOT / "deploy" / "grafana.json").read_text("utf-8"))
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def told():
    """Labels of each metric in /metrics, by its name."""
    metrics.note_stroke(200, 0.01)
    answer = get(Starlette(routes=metrics.routes(lambda: {"training": 1})), "/metrics")
    families = list(text_string_to_metric_families(answer.content.decode()))
    return {each.name: set(each.labels) for family in families for each in family.samples}


def test_every_metric_in_it_is_told_and_every_metric_told_is_in_it():
    there = told()
    shown = {name for query in QUERIES for name in re.findall(r"cnnviz_\w+", query)}
    assert shown == {name for name in there if name.startswith("cnnviz_")}


def test_what_it_groups_by_is_a_label_of_the_metric():
    there = told()
    for query in QUERIES:
        (name, *_) = re.findall(r"cnnviz_\w+", query)
        for names in re.findall(r"by \(([^)]*)\)", query):
            assert set(names.split(", ")) - {"instance"} <= there[name], query
