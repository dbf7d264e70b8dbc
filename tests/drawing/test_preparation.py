"""From ink to 28×28: small worked examples, what must not matter (place, size, colours), pictures that are refused."""

import io
import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, PngImagePlugin

from cnnviz.drawing import pictures
from cnnviz.drawing.preparation import STEPS, centre, crop, fit_box, prepare, prepare_variants
from cnnviz.drawing.reading import read_ink

often = settings(max_examples=60, deadline=None, database=None, derandomize=True)

BAR = np.zeros((6, 6), np.float32)
BAR[1:5, 2:4] = 1
GREY = np.where(BAR == 1, 0, 255).astype(np.uint8)
BLACK_ON_WHITE = Image.fromarray(GREY)


def test_crop_keeps_the_smallest_box_with_ink():
    ink = np.array(
        [
            [0.1, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
            [0.0, 0.5, 0.1, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.2, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.1, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.1],
        ],
        np.float32,
    )
    answer = np.array([[0.0, 0.0, 1.0], [0.5, 0.1, 0.0], [0.0, 0.0, 0.2]], np.float32)
    assert np.array_equal(crop(ink), answer)


@pytest.mark.parametrize("ink", [np.zeros((6, 6)), np.full((6, 6), 0.19)], ids=["blank", "faint"])
def test_no_ink_is_an_answer(ink):
    assert crop(ink) is None
    assert prepare(ink) is None


SHAPES = {(10, 5): (20, 10), (5, 10): (10, 20), (60, 41): (20, 14), (200, 2): (20, 1), (1, 1): (20, 20)}


@pytest.mark.parametrize(("shape", "answer"), SHAPES.items(), ids=str)
def test_fit_box_makes_the_longer_side_20_px(shape, answer):
    boxed = fit_box(np.ones(shape))
    assert boxed.shape == answer
    assert boxed.dtype == np.float32
    assert boxed.min() == pytest.approx(1)


def test_fit_box_has_grey_edges():
    boxed = fit_box(np.array([[1, 1, 1, 0, 0, 0]] * 6, np.float32), box_px=4)
    assert np.allclose(boxed, [[1, 1, 0, 0]] * 4, atol=0.15)
    assert 0 < boxed[0, 2] < boxed[0, 1] < 1 == boxed[0, 0]


def test_centre_goes_by_mass_not_by_the_box():
    ink = np.array([[1, 0, 0, 0.25], [1, 0, 0, 0.25]], np.float32)  # mass at 1.1 of 4, the box's middle at 2
    answer = np.zeros((6, 6), np.float32)
    answer[2:4, 2:6] = ink
    assert np.array_equal(centre(ink, 6), answer)


def test_centre_keeps_all_ink_on_the_image():
    ink = np.array([[1, 0, 0, 0, 0.1]] * 2, np.float32)  # mass at 0.86 of 5 would put the last column outside
    answer = np.zeros((6, 6), np.float32)
    answer[2:4, 1:6] = ink
    assert np.array_equal(centre(ink, 6), answer)


@pytest.mark.parametrize("heavier", [None, 0, 2], ids=["even", "left", "right"])
def test_ink_whose_middle_is_between_two_pixels_is_placed_by_the_even_one_whatever_the_last_bits_are(heavier):
    ink = np.full((2, 3), 0.9, np.float32)  # mass at 1.5 of 3: 1.5 pixels to the middle of 6
    if heavier is not None:
        ink[:, heavier] = np.nextafter(ink[:, heavier], np.float32(1))
    answer = np.zeros((6, 6), np.float32)
    answer[2:4, 2:5] = ink
    assert np.array_equal(centre(ink, 6), answer)


def test_prepare_keeps_every_step():
    steps = prepare(BAR.astype(np.float64))
    assert np.array_equal(steps.drawn, BAR)
    assert np.array_equal(steps.cropped, np.ones((4, 2)))
    assert np.array_equal(steps.boxed, np.ones((20, 10)))
    answer = np.zeros((28, 28))
    answer[4:24, 9:19] = 1
    assert np.array_equal(steps.centred, answer)
    assert {array.dtype for array in vars(steps).values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("shape", [(2, 2, 1), (4,), (0, 4)], ids=str)
def test_what_is_not_a_picture_of_ink_is_refused(shape):
    with pytest.raises(ValueError, match=rf"Expected ink of shape .* Received {re.escape(str(shape))}"):
        prepare(np.ones(shape))


@pytest.mark.parametrize("value", [1.01, -0.01, np.nan, np.inf])
def test_what_leaves_0_to_1_is_refused(value):
    with pytest.raises(ValueError, match=r"Expected ink in \[0, 1\]. Received values outside"):
        prepare(np.array([[0.0, value]]))


TWO = [(0.1, 0.25), (0.35, 0.0), (0.6, 0.2), (0.5, 0.5), (0.05, 1.0), (0.72, 0.97)]


def stroke(points: list[tuple[float, float]], pen_px: float) -> np.ndarray:
    """Ink on a canvas of 280×280 along a line with round ends, with soft edges like a canvas has."""
    canvas = Image.new("L", (1120, 1120))
    draw, pen = ImageDraw.Draw(canvas), 4 * pen_px
    large = [(4 * x, 4 * y) for x, y in points]
    draw.line(large, 255, round(pen))
    for x, y in large:
        draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), 255)
    return np.asarray(canvas.reduce(4), np.float32) / 255


def two(left: float, top: float, scale: float) -> np.ndarray:
    return stroke([(left + 70 * scale * x, top + 70 * scale * y) for x, y in TWO], 7 * scale)


REFERENCE = prepare(two(20, 20, 2)).centred


@often
@given(left=st.integers(10, 170), top=st.integers(10, 130))
def test_the_place_on_the_canvas_does_not_matter(left, top):
    assert np.abs(prepare(two(left, top, 2)).centred - REFERENCE).max() < 0.01


@often
@given(left=st.floats(12, 50), top=st.floats(12, 50), scale=st.floats(1, 3))
def test_the_size_does_not_matter_but_for_the_rounding_to_whole_pixels(left, top, scale):
    centred = prepare(two(left, top, scale)).centred
    moved = [np.roll(centred, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    nearest = min((np.abs(image - REFERENCE) for image in moved), key=np.sum)
    assert nearest.mean() < 0.02
    assert nearest.max() < 0.4


places = st.tuples(st.integers(20, 260), st.integers(20, 260))
strokes = st.builds(stroke, st.lists(places, min_size=2, max_size=6), st.floats(10, 30))


@often
@given(strokes)
def test_ink_of_any_form_becomes_a_centred_digit(ink):
    steps = prepare(ink)
    centred = steps.centred
    assert (centred.shape, centred.dtype) == ((28, 28), np.float32)
    assert centred.min() == 0
    assert 0.5 < centred.max() <= 1
    assert max(steps.boxed.shape) == 20
    assert centred.sum() == pytest.approx(steps.boxed.sum(), rel=1e-4)
    for axis in (0, 1):
        inked = np.flatnonzero(centred.any(axis=1 - axis))
        middle = (centred.sum(axis=1 - axis) * (np.arange(28) + 0.5)).sum() / centred.sum()
        assert abs(middle - 14) < 0.51 or inked[0] == 0 or inked[-1] == 27


@often
@given(strokes)
def test_black_on_white_is_white_on_black(ink):
    white_on_black = np.rint(ink * 255).astype(np.uint8)
    read = [read_ink(Image.fromarray(picture), "p") for picture in (white_on_black, 255 - white_on_black)]
    assert np.allclose(read[0], ink, atol=1e-5)
    assert np.allclose(read[1], ink, atol=1e-5)


def with_alpha(grey: np.ndarray, alpha: np.ndarray) -> Image.Image:
    return Image.merge("RGBA", [Image.fromarray(grey)] * 3 + [Image.fromarray(alpha)])


def palette(*, transparency: int | bytes) -> Image.Image:
    picture = Image.fromarray((GREY // 255).astype(np.uint8)).convert("P")
    picture.putpalette([0, 0, 0, 255, 255, 255])
    picture.info["transparency"] = transparency
    return picture


PICTURES = {
    "1": BLACK_ON_WHITE.convert("1"),
    "L": BLACK_ON_WHITE,
    "L white on black": Image.fromarray(255 - GREY),
    "LA": BLACK_ON_WHITE.convert("LA"),
    "P": BLACK_ON_WHITE.convert("P"),
    "P transparent paper": palette(transparency=1),
    "P alpha": palette(transparency=bytes([255, 0])),
    "RGB": BLACK_ON_WHITE.convert("RGB"),
    "RGBA opaque": BLACK_ON_WHITE.convert("RGBA"),
    "RGBA black on transparent": with_alpha(GREY * 0, 255 - GREY),
    "RGBA white on transparent": with_alpha(GREY * 0 + 255, 255 - GREY),
    "I;16": Image.fromarray(GREY.astype(np.uint16) * 257),
    "I;16 white on black": Image.fromarray((255 - GREY).astype(np.uint16) * 257),
    "CMYK": BLACK_ON_WHITE.convert("CMYK"),
}


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_ink_is_found_in_every_mode(picture):
    ink = read_ink(picture, "p")
    assert ink.dtype == np.float32
    assert np.allclose(ink, BAR, atol=0.01)


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)], ids=["L", "I;16"])
def test_grey_ink_stays_grey(dtype, top):
    ink = read_ink(Image.fromarray((top - BAR * top / 2).astype(dtype)), "p")
    assert np.allclose(ink, BAR / 2, atol=0.01)


@pytest.mark.parametrize("colour", [0, 100, 255])
@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_a_picture_of_one_colour_has_no_ink(mode, colour):
    for picture in (Image.new("L", (6, 6), colour).convert(mode), Image.new("RGBA", (6, 6), (colour,) * 3 + (0,))):
        with pytest.raises(pictures.NoInkError, match="p: no ink can be told from the paper"):
            read_ink(picture, "p")


@pytest.mark.parametrize("pen_px", [12, 2], ids=["thick", "thin"])
def test_a_sheet_with_a_transparent_margin_is_paper_not_ink(pen_px):
    grey, alpha = np.full((80, 80), 255, np.uint8), np.zeros((80, 80), np.uint8)
    alpha[10:70, 10:70] = 255
    grey[20:60, 40 : 40 + pen_px] = 0
    assert np.array_equal(read_ink(with_alpha(grey, alpha), "p") > 0.5, grey == 0)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def saved(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.arange(4096, dtype=np.uint32).astype(np.uint8).reshape(64, 64)).save(stream, kind)
    return stream.getvalue()


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def refusal(source, name="digit.png", **limits) -> str:
    with pytest.raises(pictures.ImageError) as error:
        pictures.open_image(source, name, **limits)
    sentence = str(error.value)
    assert sentence.startswith(f"{name}: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


NOT_WHOLE = {
    "zero bytes": (b"", "not a picture"),
    "text": (b"seven\n", "not a picture"),
    "truncated PNG": (half(saved("PNG")), "cannot be read"),
    "truncated header": (saved("PNG")[:20], "cannot be read"),
    "truncated JPEG": (half(saved("JPEG")), "cannot be read"),
    "ICO": (saved("ICO"), "not a picture. Expected one of PNG, JPEG"),
}


@pytest.mark.parametrize("as_file", [True, False], ids=["file", "bytes"])
@pytest.mark.parametrize(("content", "reason"), NOT_WHOLE.values(), ids=NOT_WHOLE)
def test_what_is_not_a_whole_picture_is_refused(tmp_path, content, reason, as_file):
    path = tmp_path / "digit.png"
    path.write_bytes(content)
    assert reason in refusal(path if as_file else content)
    assert path.read_bytes() == content


def test_what_is_not_a_file_is_refused(tmp_path):
    assert "no such file" in refusal(tmp_path / "digit.png")
    assert "expected a regular file, found a folder" in refusal(tmp_path)


@pytest.mark.parametrize("side_px", [9_000, 10_000, 20_000])
def test_a_small_file_that_claims_to_be_huge_is_refused_before_decoding(monkeypatch, side_px):
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", lambda _: pytest.fail("decoded"))
    assert "000,000 pixels" in refusal(png(side_px, side_px))


def test_the_limits_can_be_named():
    assert pictures.open_image(saved("PNG"), "digit.png", max_pixels=64 * 64).size == (64, 64)
    assert "64×64" in refusal(saved("PNG"), max_pixels=64 * 64 - 1)
    assert "Expected one of GIF." in refusal(saved("PNG"), formats=["GIF"])


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_every_format_is_read(tmp_path, kind):
    path = tmp_path / "digit"
    path.write_bytes(saved(kind))
    picture = pictures.open_image(path, path.name)
    assert picture.size == (64, 64)
    assert picture.convert("L").getpixel((60, 60)) > picture.convert("L").getpixel((3, 60))


@often
@given(kind=st.sampled_from(("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM")), share=st.floats(0, 1, exclude_max=True))
@example("PNG", 0.0)
def test_a_picture_cut_off_anywhere_is_read_or_refused_in_one_line(kind, share):
    whole = saved(kind)
    part = whole[: int(len(whole) * share)]
    try:
        refused, size = "digit.png: ", pictures.open_image(part, "digit.png").size
    except pictures.ImageError as error:
        refused, size = str(error), (64, 64)
    assert refused.startswith("digit.png: ")
    assert "\n" not in refused
    assert size == (64, 64)


def test_each_step_can_be_left_out():
    ink = np.zeros((280, 280), np.float32)
    ink[20:120, 30:50] = 1
    ink[20:40, 30:80] = 1
    whole = prepare(ink)
    inverted = prepare(ink, {"ink"})
    assert inverted.cropped.mean() > 0.9
    uncropped = prepare(ink, {"crop"})
    assert uncropped.cropped.shape == (280, 280)
    assert uncropped.boxed.shape == (20, 20)
    stretched = prepare(ink, {"box"})
    assert stretched.boxed.shape == (28, 28)
    assert (stretched.centred[:, 0] > 0.5).all()
    by_box = prepare(ink, {"centre"})
    inked = np.argwhere(by_box.centred > 0.2)
    assert inked.min(axis=0).tolist() == [4, 9]
    assert inked.max(axis=0).tolist() == [23, 18]
    assert np.argwhere(whole.centred > 0.2).min(axis=0).tolist() != [4, 9]
    assert prepare(np.zeros((5, 5), np.float32), {"ink"}) is None


def test_variants_are_what_each_would_be_alone():
    rng = np.random.default_rng(5)
    ink = np.zeros((60, 80), np.float32)
    ink[20:50, 30:45] = rng.random((30, 15))
    left_out = [set(), *({step} for step in STEPS), {"crop", "box"}]
    together = prepare_variants(ink, left_out)
    for without, found in zip(left_out, together, strict=True):
        alone = prepare(ink, without)
        for name in ("drawn", "cropped", "boxed", "centred"):
            assert np.array_equal(getattr(found, name), getattr(alone, name))
    assert len({found.centred.tobytes() for found in together}) >= 5
    assert prepare_variants(np.zeros((5, 5)), left_out) == [None] * len(left_out)


@pytest.mark.parametrize(("levels", "kind"), [(255, np.uint8), (1000, np.float32)], ids=["canvas", "any"])
def test_a_packed_preparation_is_the_same_to_the_bit(levels, kind):
    ink = np.zeros((280, 280), np.float32)
    ink[100:180, 90:140] = (np.random.default_rng(6).integers(0, levels + 1, (80, 50)) / levels).astype(np.float32)
    whole = prepare(ink)
    small = whole.packed()
    assert (small.drawn.dtype, small.cropped.dtype) == (kind, kind)
    assert small.cropped.base is None or small.cropped.base.nbytes <= small.cropped.nbytes
    again = small.unpacked()
    for name in ("drawn", "cropped", "boxed", "centred"):
        array = getattr(again, name)
        assert array.dtype == np.float32
        assert np.array_equal(array, getattr(whole, name))
