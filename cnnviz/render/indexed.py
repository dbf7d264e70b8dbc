"""Pictures as colour numbers and a table of colours: a third of the memory of RGB, and far quicker to encode."""

from __future__ import annotations

import functools
import io
import math
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.render.palettes import Theme
from cnnviz.render.typeface import font

MAX_COLOURS = 256
"""Of a PNG with a palette."""


@dataclass(frozen=True, eq=False)
class IndexedPicture:
    """A picture whose pixels are numbers of colours.

    Attributes:
        numbers: uint8 or uint16 (height, width), indices into `table`.
        table: uint8 (n, 3), the colours.
    """

    numbers: np.ndarray
    table: np.ndarray

    def image(self) -> Image.Image:
        """The picture in RGB, to be drawn upon."""
        return Image.fromarray(self.table[self.numbers])

    def png(self) -> bytes:
        """The content of a PNG file: with a palette where there are at most 256 colours, otherwise in RGB.

        A file with a palette is written here; Pillow's own way takes half as long again for pictures this small.
        """
        if len(self.table) > MAX_COLOURS:
            return png(self.image())
        height, width = self.numbers.shape
        rows = np.zeros((height, 1 + width), np.uint8)  # in front of each row stands its filter: 0, none
        rows[:, 1:] = self.numbers
        compressor = zlib.compressobj(level=1, memLevel=9)
        header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits, palette, the only compression; plain
        return b"".join(
            [
                b"\x89PNG\r\n\x1a\n",
                _chunk(b"IHDR", header),
                _chunk(b"PLTE", self.table.tobytes()),
                _chunk(b"IDAT", compressor.compress(rows.tobytes()) + compressor.flush()),
                _chunk(b"IEND", b""),
            ]
        )


def _chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG file, as in section 5.3 of its specification."""
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return b"".join([struct.pack(">I", len(content)), kind, content, struct.pack(">I", checksum)])


def png(picture: Image.Image) -> bytes:
    """The picture as the content of a PNG file."""
    content = io.BytesIO()
    picture.save(content, "PNG", compress_level=1)  # the fastest: a person waits for it, and the picture is small
    return content.getvalue()


@functools.cache
def text_table(theme: Theme, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The colours between paper and words, as Pillow mixes them where the edge of a letter covers a pixel in part.

    Args:
        theme: colours of paper and words.
        n_steps: into how many steps the way from one to the other is divided; 255 would be all that there are.

    Returns:
        the colours, uint8 (n, 3), paper first; and which of them each coverage from 0 to 255 gets, uint8 (256,).
    """
    coverage = np.round(np.round(np.arange(256) / 255 * n_steps) / n_steps * 255).astype(np.uint8)
    mask = Image.fromarray(coverage[None])
    strip = Image.new("RGB", mask.size, theme.paper)
    strip.paste(theme.text, None, mask)
    mixed = [tuple(colour) for colour in np.asarray(strip)[0].tolist()]
    numbers = {colour: number for number, colour in enumerate(dict.fromkeys(mixed))}
    return np.array(list(numbers), np.uint8), np.array([numbers[colour] for colour in mixed], np.uint8)


@functools.lru_cache(maxsize=512)
def text_coverage(text: str, size_px: int, height_px: int, pad_px: int) -> np.ndarray:
    """How much of each pixel a line of words covers: uint8 (height_px, width), the words in the middle of the height.

    Words are drawn once and kept: drawing them takes longer than all else in a small picture.

    Args:
        text: the words.
        size_px: of the font.
        height_px: of the line.
        pad_px: pixels left and right of the words.
    """
    typeface = font(size_px)
    strip = Image.new("L", (pad_px + math.ceil(typeface.getlength(text)) + pad_px, height_px))
    ImageDraw.Draw(strip).text((pad_px, height_px / 2), text, 255, typeface, anchor="lm")
    return np.asarray(strip)
