"""Pictures of a figure as numbers, how they are coloured and laid out, and how they travel to the browser."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cnnviz.render import palettes, tiles
from cnnviz.render.palettes import Limits, Palette

GREYS = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
Box = tuple[int, int, int, int] | tuple[int, int, int, int, Literal["edge"]]
"""Top, left, bottom, right of a frame, in pixels of its picture, the last two exclusive; "edge": in another colour."""


class Words:
    """What stands at every figure."""

    pixel = "{name}, row {row}, column {column}: {value}"
    single = "{name}: {value}"
    place = "{name}, row {row}, column {column}"
    how = "Point at a pixel, or use the arrow keys, to see its value."
    enlarge, close, previous, next = "Enlarge", "Close", "Previous picture", "Next picture"
    download = "PNG"
    download_of = "Download {name}.png"
    picture, neuron = "picture", "neuron {number}"


@dataclass(frozen=True, eq=False)
class Sheet:
    """Small pictures side by side, each a button; or as one picture.

    Attributes:
        pictures: (height, width) each: uint8, numbers of colours; or float, values, which the browser then tells
            exactly. One that is there twice travels once.
        table: the colours, uint8 (n, 3); of values the 256 of a palette and behind them that of NaN.
        columns: how many stand side by side at most; on a narrow screen there are fewer.
        limits: the values of the first and the last colour, for all or for each; None where they have none.
        labels: what stands under each; without, their numbers where they have an `item`, else nothing.
        crossed: the numbers of those that are crossed out.
        marked: those with a frame.
        boxes: frames in pictures, by their numbers.
        cell_px: how wide a picture is in the file that can be downloaded.
        widest_px: how wide a picture is shown at most; of pictures as one, how wide they are together.
        item: what a picture is called, with its number, e.g. "map 12"; with it a click opens one.
        called: what each is called where its values are told; by default by its item.
        names: what a click on each does, for who cannot see it; by default what it is called.
        pressed: those whose buttons are pressed; None where none can be.
        bar: put a colour bar beside them in the file; `limits` are the same for all.
        grows: small on a screen of 1440 pixels, to stand beside something, and larger on a larger one.
        is_fixed: keep the number of columns also on a narrow screen.
        is_one: show them as one picture, with a colour bar if `bar`.
        gap_px: between the pictures of one.
        is_written: write each value in its square.
        bright: rows and columns of a picture that are written; those behind them are pale. None for all.
    """

    pictures: Sequence[np.ndarray]
    table: np.ndarray
    columns: int
    limits: Limits | Sequence[Limits] | None = None
    labels: Sequence[str] = ()
    crossed: Collection[int] = ()
    marked: Collection[int] = ()
    boxes: Mapping[int, Sequence[Box]] | None = None
    cell_px: int = 56
    widest_px: int = 96
    item: str = ""
    called: Sequence[str] = ()
    names: Sequence[str] = ()
    pressed: Collection[int] | None = None
    bar: bool = False
    grows: bool = False
    is_fixed: bool = False
    is_one: bool = False
    gap_px: int = 2
    is_written: bool = False
    bright: tuple[int, int] | None = None


def numbered(maps: np.ndarray, palette: Palette, limits: Limits, columns: int, **options: Any) -> Sheet:
    """Maps as numbers of colours on one scale, float (n, height, width); those that are all zero are crossed out."""
    numbers = palettes.palette_numbers(maps, limits)
    table = palettes.palette_table(palette)
    if numbers.max(initial=0) == palettes.NAN_NUMBER:  # a byte has no room for it beside all 256 colours
        numbers[numbers == palettes.NAN_NUMBER - 1] -= 1
        numbers[numbers == palettes.NAN_NUMBER] -= 1
        table = np.delete(table, palettes.NAN_NUMBER - 1, axis=0)
    crossed = np.flatnonzero(tiles.is_dead(maps)).tolist()
    table = table[: palettes.NAN_NUMBER]
    return Sheet(list(numbers.astype(np.uint8)), table, columns, limits, crossed=crossed, **options)


def exact(maps: np.ndarray, palette: Palette, limits: Limits | Sequence[Limits], columns: int, **options: Any) -> Sheet:
    """Maps, float (n, height, width), whose values can be told exactly."""
    return Sheet(list(maps.astype(np.float32)), palettes.palette_table(palette), columns, limits, **options)


def neurons(values: np.ndarray, palette: Palette, limits: Limits, width_px: int) -> Sheet:
    """Values of a layer of neurons, float (n,), as one picture of squares in their order, about so wide."""
    columns = 10 if len(values) == 10 else 32 if len(values) <= 256 else 64
    cell_px = max(2, width_px // columns - 2)
    called = [Words.neuron.format(number=i) for i in range(len(values))]
    options = {"called": called, "cell_px": cell_px, "widest_px": width_px, "bar": True, "is_one": True}
    return exact(values[:, None, None], palette, limits, columns, **options)


def written(
    values: np.ndarray, palette: Palette, limits: Limits, cell_px: int, *, widest_px: int = 0, **options: Any
) -> Sheet:
    """A matrix, (height, width), each number of it written in its square, which is so wide."""
    width_px = cell_px * values.shape[1]
    options |= {"cell_px": cell_px * max(values.shape), "widest_px": min(width_px, widest_px or width_px)}
    return exact(values[None], palette, limits, 1, is_one=True, is_written=True, **options)


def images(inks: np.ndarray, palette: Palette, columns: int, **options: Any) -> Sheet:
    """Images, float (n, height, width) in [0, 1], in 256 steps."""
    table = palettes.palette_table(palette)[: palettes.NAN_NUMBER]
    return Sheet(list(greys(inks)), table, columns, (0.0, 1.0), **options)


def greys(image: np.ndarray) -> np.ndarray:
    """Numbers of GREYS for an image, float in [0, 1]: uint8 of the same shape."""
    return np.round(image * 255).astype(np.uint8)


def packed(head: Mapping[str, Any], sheets: Sequence[Sheet]) -> bytes:
    """What the browser gets: the length of a JSON text in four bytes, the text, each sheet's colours and pictures."""
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    arrays = [array for sheet in sheets for array in _arrays(sheet)]
    return b"".join([len(text).to_bytes(4, "little"), text, *(array.tobytes() for array in arrays)])


def words() -> dict[str, str]:
    """What stands at every figure, for the browser."""
    names = ("pixel", "single", "place", "how", "enlarge", "close", "previous", "next", "download")
    return {name: getattr(Words, name) for name in names}


def told(sheet: Sheet) -> dict[str, Any]:
    """A sheet as JSON, without its colours and pictures."""
    n = len(sheet.pictures)
    item: dict[str, Any] = {
        "kind": "one" if sheet.is_one else "sheet",
        "shapes": [each.shape for each in sheet.pictures],
        "again": _again(sheet.pictures),
        "colours": len(sheet.table),
        "columns": sheet.columns,
        "item": sheet.item or Words.picture,
        "crossed": sorted(sheet.crossed),
        "marked": sorted(sheet.marked),
        "file": sheet.cell_px,
        "widest": sheet.widest_px,
        "opens": bool(sheet.item),
    }
    for name in ("labels", "called", "names"):  # else as the browser numbers them
        if len(getattr(sheet, name)):
            item[name] = list(getattr(sheet, name))
    if sheet.limits is not None:
        item["limits"] = sheet.limits
    if _are_values(sheet):
        item["scale"] = _scale(sheet)
    if sheet.pressed is not None:
        item["pressed"] = sorted(sheet.pressed)
    if sheet.boxes:
        item["boxes"] = [list(sheet.boxes.get(i, ())) for i in range(n)]
    if sheet.bright:
        item["bright"] = sheet.bright
    if sheet.is_one:
        item |= {"gap": sheet.gap_px, "cell": sheet.cell_px}
    flags = {"bar": sheet.bar, "grows": sheet.grows, "fixed": sheet.is_fixed, "written": sheet.is_written}
    return item | {name: True for name, is_on in flags.items() if is_on}


def _are_values(sheet: Sheet) -> bool:
    return bool(len(sheet.pictures)) and sheet.pictures[0].dtype.kind == "f"


def _again(pictures: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Which pictures are an earlier one once more: (number, the earlier one's number)."""
    first: dict[tuple[Any, bytes], int] = {}
    known = [first.setdefault((each.shape, each.tobytes()), i) for i, each in enumerate(pictures)]
    return [(i, earlier) for i, earlier in enumerate(known) if earlier != i]


def _scale(sheet: Sheet) -> float:
    """A power of 2 beyond the largest magnitude; divided by it, values of any size fit into 16 bits.

    Whole numbers stay whole. Values that are written have 32 bits, and 1 as their scale.
    """
    largest = max(float(np.abs(each[np.isfinite(each)]).max(initial=0)) for each in sheet.pictures)
    return 1.0 if sheet.is_written else 2.0 ** math.frexp(largest)[1]


def _arrays(sheet: Sheet) -> list[np.ndarray]:
    """Colours and pictures as they travel, without those that are an earlier one once more."""
    again = {i for i, _ in _again(sheet.pictures)}
    different = [each for i, each in enumerate(sheet.pictures) if i not in again]
    if _are_values(sheet):
        scale, kind = _scale(sheet), "<f4" if sheet.is_written else "<f2"
        different = [(each.astype(np.float64) / scale).astype(kind) for each in different]
        if not sheet.is_written:  # bytes that are alike beside each other: they compress better
            different = [each.ravel().view(np.uint8).reshape(-1, 2).T for each in different]
    return [sheet.table, *different]
