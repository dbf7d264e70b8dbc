"""docs/tutorials.md: every row names a place that there is and a test that there is."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from cnnviz.ui import places
from cnnviz.ui.address_names import keys_of
from common import ROOT

TEXT = (ROOT / "docs" / "tutorials.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| row |", "|---"))
]


def test_there_are_many_rows_and_each_has_its_four_cells():
    assert len(ROWS) > 40
    assert {len(row) for row in ROWS} == {4}


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_the_place_and_the_test_of_a_row_are_there(row):
    _, _, place, test = row
    address = urlsplit(place.strip("`"))
    (name,) = [name for name in places.PLACES if places.address(name) == address.path]
    known = {*keys_of(name), "net", "digit", "steps", "part"}
    assert set(parse_qs(address.query, keep_blank_values=True)) <= known
    file, _, function = test.strip("`").partition("::")
    source = (ROOT / "tests" / file).read_text("utf-8")
    assert re.search(rf"^def {function}\(", source, re.MULTILINE), f"{file} has no {function}"
