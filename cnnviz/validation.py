"""Frozen dataclasses whose fields pydantic checks, and its errors in one sentence: "Expected … Received …".

Ranges and their words stand beside the field:

    @validated
    @dataclass(frozen=True)
    class Recipe:
        epsilon: Annotated[float, Field(gt=0, le=1), expected("epsilon above 0 and at most 1")] = 1e-8

Types are strict: neither "5" nor True nor 5.0 is the integer 5; a whole number is a float, NaN and infinity are not.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any, TypeVar

import pydantic.dataclasses
from pydantic import ConfigDict, TypeAdapter, ValidationError, WrapValidator
from pydantic_core import PydanticCustomError

T = TypeVar("T")

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
_MAX_SHOWN = 60
"""Characters of a value that a message quotes."""


def validated(cls: type[T]) -> type[T]:
    """Check the fields of a frozen dataclass whenever one is made, by a call, by `dataclasses.replace` or from JSON.

    What `dataclasses`, `pickle` and `hash` do with it stays as it was. (pydantic's own decorator alone would do, but
    mypy knows `dataclasses.replace` and `asdict` only of classes with the standard one.)

    Args:
        cls: the dataclass; the name of each field with a range of its own is annotated with it.

    Returns:
        the class; a call raises ValueError with one sentence for a value that is refused, TypeError for a field that
        is missing or unknown.
    """
    checked: Any = pydantic.dataclasses.dataclass(cls, frozen=True, config=_STRICT)
    validate, parameters = checked.__init__, inspect.signature(cls)

    @functools.wraps(validate)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        given = parameters.bind(*args, **kwargs).arguments  # by name, so that an error names the field, not its place
        try:
            validate(self, **given)
        except ValidationError as error:
            raise ValueError(sentence(error)) from None

    checked.__init__, checked.__doc__ = init, cls.__doc__  # pydantic's class is derived from the one given
    result: type[T] = checked
    return result


def expected(words: str) -> WrapValidator:
    """For `Annotated`: what to say is expected where a value is refused, whatever is wrong with it.

    For numbers and texts; what it wraps is checked as Python, where JSON's lists are no tuples.
    """

    def check(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError:
            context = {"words": words, "value": quoted(value)}
            raise PydanticCustomError("expected", "Expected {words}. Received {value}.", context) from None

    return WrapValidator(check)


def from_content(cls: type[T], content: Any) -> T:
    """Make a dataclass of what `json.loads` gave; lists become tuples, objects become the dataclasses of the fields.

    Raises:
        ValueError: one sentence, for a value that is refused and for a field that is missing or unknown.
    """
    try:
        # pydantic takes lists for tuples in JSON alone: in Python a strict tuple is a tuple
        made: T = TypeAdapter(cls).validate_json(json.dumps(content))
    except ValidationError as error:
        raise ValueError(sentence(error)) from None
    return made


def sentence(error: ValidationError) -> str:
    """The first of pydantic's errors in one line."""
    first = error.errors(include_url=False)[0]
    kind, message, context = first["type"], first["msg"], first.get("ctx", {})
    place = ".".join(part if isinstance(part, str) and part.isidentifier() else quoted(part) for part in first["loc"])
    if kind == "value_error":  # of a __post_init__
        return str(context["error"])
    if kind == "expected":
        return message
    wanted, received = message.removeprefix("Input should be "), quoted(first["input"])
    wanted = f"{place} to be {wanted}" if place else wanted
    if kind == "missing":
        wanted, received = f"a field {place}", "none"
    elif kind in ("extra_forbidden", "unexpected_keyword_argument"):
        wanted = f"no field {place}"
    elif kind in ("too_short", "too_long"):
        limit = context["min_length"] if kind == "too_short" else context["max_length"]
        wanted, received = f"{place} with {limit} entries", context["actual_length"]
    elif kind == "json_invalid":
        wanted = "text that can be written as JSON"
    return f"Expected {wanted}. Received {received}."


def quoted(value: object) -> str:
    """A value as a message quotes it: in one line, and not all of a long one; thousands apart from 10,000 on."""
    text = f"{value:,}" if type(value) is int and abs(value) >= 10_000 else repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"
