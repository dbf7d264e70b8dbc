"""Dataclasses that pydantic checks, and its errors in one sentence."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import Field

from cnnviz.validation import expected, from_content, quoted, validated


@validated
@dataclass(frozen=True)
class Pen:
    """A pen for tests."""

    width_px: Annotated[int, Field(ge=1, le=50), expected("a pen of 1 to 50 pixels")]
    colours: tuple[str, ...] = ()
    name: str = "pen"


@validated
@dataclass(frozen=True)
class Box:
    """A box of pens."""

    pens: Annotated[tuple[Pen, ...], Field(min_length=1)]
    price: float = 0.0

    def __post_init__(self):
        if self.price < len(self.pens):
            raise ValueError(f"Expected a price of at least 1 a pen. Received {self.price}.")


def test_it_is_the_dataclass_that_it_was():
    pen = Pen(3, ("red",))
    assert (Pen.__name__, Pen.__doc__) == ("Pen", "A pen for tests.")
    assert dataclasses.asdict(pen) == {"width_px": 3, "colours": ("red",), "name": "pen"}
    assert repr(pen) == "Pen(width_px=3, colours=('red',), name='pen')"
    assert {pen, Pen(3, ("red",)), dataclasses.replace(pen, name="x")} == {pen, Pen(3, ("red",), "x")}
    with pytest.raises(dataclasses.FrozenInstanceError):
        pen.name = "x"


REFUSED = {
    "range": (lambda: Pen(51), "Expected a pen of 1 to 50 pixels. Received 51."),
    "kind, by place": (lambda: Pen("3"), "Expected a pen of 1 to 50 pixels. Received '3'."),
    "kind, without words": (lambda: Pen(3, name=5), "Expected name to be a valid string. Received 5."),
    "list for a tuple": (lambda: Pen(3, ["red"]), "Expected colours to be a valid tuple. Received ['red']."),
    "in a replacement": (
        lambda: dataclasses.replace(Pen(3), width_px=0),
        "Expected a pen of 1 to 50 pixels. Received 0.",
    ),
    "of a __post_init__": (lambda: Box((Pen(1),)), "Expected a price of at least 1 a pen. Received 0.0."),
    "too few": (lambda: Box(()), "Expected pens with 1 entries. Received 0."),
    "infinity": (lambda: Box((Pen(1),), float("inf")), "Expected price to be a finite number. Received inf."),
}


@pytest.mark.parametrize(("make", "words"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_one_sentence(make, words):
    with pytest.raises(ValueError, match="Expected") as error:
        make()
    assert str(error.value) == words


def test_a_call_with_other_fields_is_a_type_error():
    with pytest.raises(TypeError, match="width_px"):
        Pen()
    with pytest.raises(TypeError, match="weight"):
        Pen(3, weight=2)


def test_json_becomes_dataclasses():
    assert from_content(Box, {"pens": [{"width_px": 3, "colours": ["red"]}], "price": 2}) == Box(
        (Pen(3, ("red",)),), 2.0
    )


CONTENTS = {
    "missing": ({}, "Expected a field pens. Received none."),
    "unknown": ({"pens": [{"width_px": 3}], "price": 1, "lid": 1}, "Expected no field lid. Received 1."),
    "unknown below": ({"pens": [{"width_px": 3, "ink": 1}], "price": 1}, "Expected no field pens.0.ink. Received 1."),
    "kind below": ({"pens": [{"width_px": True}], "price": 1}, "Expected a pen of 1 to 50 pixels. Received True."),
    "no object": (3, "Expected an object. Received 3."),
    "no finite number": (
        {"pens": [{"width_px": 3}], "price": float("nan")},
        "Expected price to be a finite number. Received nan.",
    ),
}


@pytest.mark.parametrize(("content", "words"), CONTENTS.values(), ids=CONTENTS)
def test_json_that_is_refused_is_one_sentence_too(content, words):
    with pytest.raises(ValueError, match="Expected") as error:
        from_content(Box, content)
    assert str(error.value) == words


def test_long_values_are_cut_and_large_numbers_grouped():
    assert quoted("x" * 100) == f"'{'x' * 58}…"
    assert quoted("a\nb\0") == r"'a\nb\x00'"
    assert (quoted(4097), quoted(12_345), quoted(True), quoted(1e-4)) == ("4097", "12,345", "True", "0.0001")
