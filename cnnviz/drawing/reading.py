"""The one reader of pictures: the same ink for the command line and for the pages."""

from __future__ import annotations

import numpy as np
from PIL import Image

from cnnviz.drawing import photo, plain


def read_ink(image: Image.Image, name: str) -> np.ndarray:
    """The ink in a picture of one digit: a drawing, a scan or a photograph, dark on light or light on dark.

    On even paper ink is what differs from the paper, see `plain`; else, or where that finds nothing, uneven light is
    taken out first, see `photo`.

    Args:
        image: any size and mode, as of `pictures.open_image`.
        name: what to call it in an error.

    Returns:
        float32 (height, width), the longer side at most 1024, in [0, 1], 1 = full ink.

    Raises:
        NoInkError: when no ink can be told from paper.
        ImageError: when there are far too many things, or more ink than paper, in a photograph.
    """
    ink = plain.ink_on_even_paper(image)
    return photo.ink_in(image, name) if ink is None else ink
