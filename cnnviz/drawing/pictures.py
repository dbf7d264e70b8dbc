"""Pictures of a digit, opened safely and read as ink."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 24_000_000
MAX_DECODED_PIXELS = 12_000_000
"""A JPEG is decoded at a smaller size; any other picture needs four bytes a pixel at least once."""
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")

# Pillow only warns up to a limit of its own; `open_image` refuses before that, in words.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


class ImageError(ValueError):
    """A picture that cannot be read; the message is a sentence for the person who sent it."""


def open_image(
    source: Path | bytes, name: str, formats: tuple[str, ...] = FORMATS, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Decode a picture after checking what its header claims.

    Args:
        source: a file or its bytes.
        name: what to call it in an error.
        formats: which kinds of file are read.
        max_pixels: width times height at most.

    Raises:
        ImageError: not a picture, of another format, too large, truncated, or not to be found.
    """
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=formats) as image:
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
    except FileNotFoundError:
        raise ImageError(f"{name}: there is no such file.") from None
    except UnidentifiedImageError:
        raise ImageError(f"{name}: not a picture. Expected one of {', '.join(formats)}.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(f"{name}: claims more than {max_pixels:,} pixels.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ImageError(f"{name}: the picture cannot be read ({error}).") from None


def ink_of(image: Image.Image) -> np.ndarray:
    """The ink in a picture of any size and mode, whichever of ink and paper is the brighter.

    Paper is what lies along the border.  On a transparent border the ink is what is opaque, unless
    the opaque part holds a picture of its own.

    Returns:
        float32, shape (height, width), in [0, 1]; all zero for a picture of one colour.
    """
    alpha = _alpha(image)
    grey = _grey(image)
    if alpha is not None and np.median(_border(alpha)) < 0.5:
        opaque = grey[alpha > 0.5]
        if not opaque.size:
            return np.zeros_like(grey)
        if np.ptp(np.percentile(opaque, (0.1, 99.9))) < 0.5:
            return alpha
        paper = float(np.median(opaque))
        grey = grey * alpha + paper * (1 - alpha)
    else:
        paper = float(np.median(_border(grey)))
    difference = (paper - grey) if paper > 0.5 else (grey - paper)
    return (difference / max(paper, 1 - paper)).clip(0, 1)


def _grey(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, np.float32)
        greatest = values.max(initial=0)
        top = 65535.0 if greatest > 255 else 255.0 if greatest > 1 else 1.0
        return (values / top).clip(0, 1)
    return np.asarray(image.convert("RGBA").convert("L"), np.float32) / 255


def _alpha(image: Image.Image) -> np.ndarray | None:
    if "A" not in image.getbands() and "transparency" not in image.info:
        return None
    return np.asarray(image.convert("RGBA").getchannel("A"), np.float32) / 255


def _border(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
