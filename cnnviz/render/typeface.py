"""The typeface of pictures."""

from __future__ import annotations

import functools
from typing import Any

from PIL import ImageFont


@functools.cache
def font(size_px: int) -> Any:
    """Pillow's built-in font; kept, since Pillow decodes and parses it again on every call."""
    return ImageFont.load_default(size_px)
