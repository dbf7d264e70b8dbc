"""The record of answers in bins: what does not fit together is refused; and as a card keeps it."""

import dataclasses
import json

import pytest

from cnnviz.network import cards, store
from cnnviz.network.reliability import Reliability
from cnnviz.validation import from_content

GOOD = {"edges": (0.0, 0.5, 1.0), "counts": (2, 3), "right": (1, 3), "confidence_sums": (0.8, 2.7)}


def test_bins_tell_what_they_hold():
    first, second = Reliability(**GOOD).bins
    assert (first.low, first.high, first.count, first.right) == (0.0, 0.5, 2, 1)
    assert second.confidence == pytest.approx(0.9)
    assert second.accuracy == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("edges", (0.0, 0.5, 0.5), "edges of bins to rise"),
        ("edges", (0.0, 0.5, 1.5), "share in"),
        ("edges", (0.0, 1.0), "for 1 bins"),
        ("edges", (0.0,), "edges"),
        ("counts", (2, 3, 0), "for 2 bins"),
        ("counts", (2, -1), "a count of 0"),
        ("right", (3, 3), "at most as many right"),
        ("confidence_sums", (0.8, 3.2), "a sum that fits"),
        ("confidence_sums", (0.8, 1.2), "a sum that fits"),
        ("confidence_sums", (float("nan"), 2.7), "a sum of confidences"),
    ],
)
def test_what_does_not_fit_together_is_refused(field, value, words):
    with pytest.raises(ValueError, match=words):
        Reliability(**GOOD | {field: value})


def test_it_comes_back_from_json():
    counted = Reliability(**GOOD)
    assert from_content(Reliability, json.loads(json.dumps(dataclasses.asdict(counted)))) == counted


def card_with(change):
    """The card of hvass whose reliability of recordings is changed."""
    card = store.open_model(store.ROOT / "hvass").card
    (other,) = card.other_test_sets
    changed = dataclasses.replace(other, reliability=change(other.reliability))
    return dataclasses.replace(card, other_test_sets=(changed,))


def moved(counted, **columns):
    return dataclasses.replace(counted, **columns)


def test_a_card_keeps_it_and_one_without_is_written_as_before(tmp_path):
    path = tmp_path / "card.json"
    for change in (lambda counted: counted, lambda _: None):
        card = card_with(change)
        path.write_text(cards.card_json(card))
        assert cards.parse(path) == card
    assert "reliability" not in path.read_text()


@pytest.mark.parametrize(
    "change",
    [
        lambda c: moved(c, right=(*c.right[:-1], c.right[-1] - 1)),
        lambda c: moved(
            c,
            counts=(*c.counts[:-1], c.counts[-1] + 1),
            confidence_sums=(*c.confidence_sums[:-1], c.confidence_sums[-1] + 1),
        ),
        lambda c: moved(c, edges=(0.01, *c.edges[1:])),
        lambda c: moved(c, edges=(*c.edges[:-1], 0.9999)),
    ],
    ids=["one fewer right", "one answer more", "not from 0", "not to 1"],
)
def test_figures_that_do_not_agree_with_the_others_are_refused(tmp_path, change):
    path = tmp_path / "card.json"
    path.write_text(cards.card_json(card_with(change)))
    with pytest.raises(cards.BrokenModel, match="how sure it was"):
        cards.parse(path)


def test_no_row_of_its_numbers_takes_more_than_a_line():
    text = (store.ROOT / "hvass" / "card.json").read_text()
    for name in ("edges", "counts", "right", "confidence_sums"):
        (line,) = [line for line in text.splitlines() if f'"{name}": [' in line]
        assert line.rstrip(",").endswith("]")
