"""Counts and shares as cards have them, checked when one is made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cnnviz.validation import expected

MAX_COUNT = 10**9

Count = Annotated[int, Field(ge=0, le=MAX_COUNT), expected(f"a count of 0 to {MAX_COUNT:,}")]
Total = Annotated[int, Field(ge=1, le=MAX_COUNT), expected(f"a number of digits of 1 to {MAX_COUNT:,}")]
Share = Annotated[float, Field(ge=0, le=1), expected("a share in [0, 1]")]
