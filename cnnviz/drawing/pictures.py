"""Pictures of a digit, opened safely: what a file claims of itself is checked before it is decoded."""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from cnnviz.files import FileError, MissingFile, opened, shown

MAX_PIXELS = 24_000_000
MAX_DECODED_PIXELS = 12_000_000
"""A JPEG is decoded at a smaller size; any other picture needs four bytes a pixel at least once."""
MAX_FILE_BYTES = 200_000_000
"""A picture of 12 megapixels that is not compressed, in 16 bits a channel, has half of that."""
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")


class ImageError(ValueError):
    """A picture that cannot be read; the message is a sentence for the person who sent it."""


class NoInkError(ImageError):
    """A picture in which no ink can be told from paper."""


@functools.cache
def _silence_pillow() -> None:
    """Once, on first use: Pillow prints a warning of large pictures, which `open_image` refuses in words.

    Not `warnings.catch_warnings`: two threads that leave it in another order than they came put back a wrong list.
    """
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def open_image(
    file: Path | bytes, name: str, formats: tuple[str, ...] = FORMATS, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Decode a picture after checking what its header claims.

    Args:
        file: its path or its bytes.
        name: what to call it in an error.
        formats: which kinds of file are read.
        max_pixels: width times height at most.

    Raises:
        ImageError: not a picture, of another format, too large, truncated, or not to be found.
    """
    _silence_pillow()
    try:
        with _opened(file) as content, Image.open(content, formats=formats) as image:
            most = max_pixels if image.format in ("JPEG", "MPO") else min(max_pixels, MAX_DECODED_PIXELS)
            if image.width * image.height > most:
                raise ImageError(f"{name}: expected at most {most:,} pixels, found {image.width}×{image.height}.")
            image.draft("L", (1024, 1024))
            image.load()
            if image.mode == "F" and not np.isfinite(np.asarray(image)).all():
                raise ImageError(f"{name}: expected the brightness of pixels, found values that are no numbers.")
            return image
    except ImageError:
        raise
    except MissingFile:
        raise ImageError(f"{name}: there is no such file.") from None
    except FileError as error:
        raise ImageError(str(error).replace(shown(str(file)), name, 1)) from None
    except UnidentifiedImageError:
        raise ImageError(f"{name}: not a picture. Expected one of {', '.join(formats)}.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(f"{name}: claims more than {max_pixels:,} pixels.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ImageError(f"{name}: the picture cannot be read ({error}).") from None


def _opened(file: Path | bytes) -> contextlib.AbstractContextManager[io.BytesIO | io.BufferedReader]:
    return io.BytesIO(file) if isinstance(file, bytes) else opened(file, MAX_FILE_BYTES)
