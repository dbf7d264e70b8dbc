"""One reader: clean pictures give their own ink to the bit, shaded photographs what is left without the light."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from cnnviz.drawing import photo, plain
from cnnviz.drawing.pictures import ImageError, NoInkError
from cnnviz.drawing.preparation import prepare
from cnnviz.drawing.reading import read_ink
from cnnviz.synthesis import digits, strokes


def saved(picture, kind="PNG", **options):
    """As it comes back from a file."""
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return Image.open(io.BytesIO(content.getvalue()))


def inverted(picture):
    return Image.fromarray(255 - np.asarray(picture))


@pytest.fixture(scope="module")
def drawings():
    """Forty digits on a canvas of 280 pixels, white on black."""
    rng = np.random.default_rng(0)
    found = []
    for label in range(40):
        ink = strokes.render(digits.sample_strokes(label % 10, rng), 0.12)
        height, width = ink.shape
        scale = 200 / max(height, width)
        large = Image.fromarray((ink * 255).astype(np.uint8)).resize((round(width * scale), round(height * scale)))
        canvas = Image.new("L", (280, 280))
        canvas.paste(large, (30, 50))
        found.append(canvas)
    return found


def touching(canvas):
    """Cut off at its ink, so that it touches every edge."""
    return canvas.crop(canvas.point(lambda value: 255 * (value > 128)).getbbox())


def half(canvas):
    """Only the right half of the digit, cut through."""
    left, top, right, bottom = canvas.getbbox()
    return canvas.crop(((left + right) // 2, top - 20, right + 20, bottom + 20))


KINDS = {
    "white on black": lambda canvas: canvas,
    "black on white": inverted,
    "touching the border": touching,
    "touching, black on white": lambda canvas: inverted(touching(canvas)),
    "cut through": half,
    "transparent": lambda canvas: Image.merge("LA", (Image.new("L", canvas.size, 0), canvas)),
    "16 bit": lambda canvas: Image.fromarray(np.asarray(canvas).astype(np.uint16) * 257),
    "palette": lambda canvas: canvas.convert("P"),
    "RGBA": lambda canvas: canvas.convert("RGBA"),
    "blurred": lambda canvas: canvas.filter(ImageFilter.GaussianBlur(3)),
    "grey ink on grey paper": lambda canvas: canvas.point(lambda value: 60 + value // 3),
}


def ink_by_hand(picture):
    """How far each pixel is from the paper, from the definition."""
    if picture.mode == "LA":
        return np.asarray(picture.getchannel("A"), np.float32) / 255
    values = np.asarray(picture if picture.mode == "I;16" else picture.convert("L"), np.float32)
    values /= 65535 if picture.mode == "I;16" else 255
    paper = np.median(np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]]))
    difference = paper - values if paper > 0.5 else values - paper
    return (difference / max(paper, 1 - paper)).clip(0, 1)


@pytest.mark.parametrize("change", KINDS.values(), ids=KINDS)
def test_a_clean_picture_gives_its_own_ink_to_the_bit(drawings, change):
    for drawing in drawings:
        picture = saved(change(drawing))
        assert np.array_equal(read_ink(picture, "p"), ink_by_hand(picture))


@pytest.mark.parametrize("quality", [90, 50])
def test_compression_does_not_make_a_photograph_of_a_drawing(drawings, quality):
    for drawing in drawings:
        for picture in (drawing, inverted(drawing), touching(drawing)):
            jpeg = saved(picture, "JPEG", quality=quality)
            assert np.array_equal(read_ink(jpeg, "p"), ink_by_hand(jpeg))


def test_small_images_are_read_as_they_are(bundled):
    """In 28×28 pixels, and less when cut at the ink, much of the digit is grey edge."""
    for image in bundled.images[:300, :, :, 0]:
        pixels = np.uint8(image * 255)
        for picture in (pixels, pixels[4:24, 4:24], 255 - pixels):
            assert np.array_equal(read_ink(Image.fromarray(picture), "p"), ink_by_hand(Image.fromarray(picture)))


def shaded(canvas, low, high, noise=0.0, ink=0.25):
    """A photograph of a digit on paper that is lit from one corner."""
    stroke = np.asarray(canvas.resize((560, 560)), np.float64) / 255
    rows, columns = np.mgrid[0:560, 0:560] / 560
    paper = low + (high - low) * (rows + columns) / 2
    shade = paper * (1 - stroke * (1 - ink)) + np.random.default_rng(0).normal(0, noise, stroke.shape)
    return Image.fromarray((shade.clip(0, 1) * 255).astype(np.uint8))


def distance(ink, other):
    """Mean difference of the two as the network sees them, but for the rounding of the centre to whole pixels."""
    first, second = prepare(ink).centred, prepare(other).centred
    moves = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return min(np.abs(np.roll(first, move, (0, 1)) - second).mean() for move in moves)


LIGHTS = {"strong": (0.45, 0.95), "weak": (0.6, 0.85), "faint": (0.7, 0.85)}


@pytest.mark.parametrize("noise", [0, 0.02], ids=["smooth", "grain"])
@pytest.mark.parametrize(("low", "high"), LIGHTS.values(), ids=LIGHTS)
def test_uneven_light_is_taken_out(drawings, low, high, noise):
    for drawing in drawings[:3]:
        for picture in (shaded(drawing, low, high, noise), inverted(shaded(drawing, low, high, noise))):
            assert plain.ink_on_even_paper(picture) is None
            assert np.array_equal(read_ink(picture, "p"), photo.ink_in(picture, "p"))
            assert distance(read_ink(picture, "p"), ink_by_hand(drawing)) < 0.04


def test_light_in_the_middle_alone_is_uneven_too(drawings):
    """A flash: along the border the paper has one brightness, in the middle another."""
    stroke = np.asarray(drawings[3], np.float64) / 255
    rows, columns = np.mgrid[0:280, 0:280] / 280 - 0.5
    paper = 0.5 + 0.45 * (1 - 4 * np.maximum(rows**2, columns**2))
    picture = Image.fromarray((paper * (1 - stroke * 0.8) * 255).astype(np.uint8))
    assert plain.ink_on_even_paper(picture) is None


def test_even_light_with_grain_keeps_the_crop(drawings):
    """Between the two either way is right: they crop the same box."""
    for low, high in ((0.85, 0.85), (0.8, 0.85), (0.75, 0.85)):
        for noise in (0, 0.01, 0.02):
            picture = shaded(drawings[0], low, high, noise)
            height, width = prepare(read_ink(picture, "p")).cropped.shape
            expected = prepare(photo.ink_in(picture, "p")).cropped.shape
            scale = max(picture.size) / photo.WORK_PX if plain.ink_on_even_paper(picture) is not None else 1
            assert height / scale == pytest.approx(expected[0], abs=6)
            assert width / scale == pytest.approx(expected[1], abs=6)


def test_faint_ink_on_even_paper_is_found(drawings):
    """A pencil: too near to the paper for `plain`, not for `photo`."""
    faint = drawings[2].point(lambda value: 230 - value * 36 // 255)
    assert plain.ink_on_even_paper(faint) is None
    assert prepare(read_ink(faint, "p")).centred.max() > 0.9


def test_paper_alone_has_no_ink(rng):
    grain = Image.fromarray((200 + rng.normal(0, 4, (300, 300))).astype(np.uint8))
    for picture in (Image.new("L", (300, 300), 255), Image.new("RGBA", (50, 40)), grain, Image.new("1", (1, 1))):
        with pytest.raises(NoInkError, match=r"p\.png: no ink can be told from the paper"):
            read_ink(picture, "p.png")


def test_a_shaded_page_of_many_things_is_refused_as_such():
    values = shaded(Image.new("L", (280, 280)), 0.5, 0.95)
    for i in range(60):
        values.paste(20, (20 + i % 10 * 52, 20 + i // 10 * 90, 40 + i % 10 * 52, 70 + i // 10 * 90))
    with pytest.raises(ImageError, match=r"p: expected one digit, found 60 separate things"):
        read_ink(values, "p")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16", "LA", "CMYK"])
def test_a_large_drawing_is_made_smaller_and_reads_the_same(drawings, mode):
    large = drawings[5].resize((2300, 2300), Image.Resampling.BICUBIC)
    deep = Image.fromarray(np.asarray(large).astype(np.uint16) * 257)
    ink = read_ink(deep if mode == "I;16" else large.convert(mode), "p")
    assert max(ink.shape) <= plain.MAX_PX
    assert np.abs(prepare(ink).centred - prepare(ink_by_hand(large)).centred).max() < (0.2 if mode == "1" else 0.05)


def test_a_turned_drawing_is_set_upright(drawings):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    turned = saved(drawings[7].rotate(90, expand=True), "PNG", exif=exif)
    assert np.array_equal(read_ink(turned, "p"), ink_by_hand(drawings[7]))
