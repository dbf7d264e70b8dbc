"""Photographs: uneven light, noise, either polarity, specks and edges; what cannot be read is refused."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnnviz.analysis import evaluation
from cnnviz.drawing import photo, pictures
from cnnviz.drawing.pictures import ImageError
from cnnviz.drawing.preparation import prepare
from cnnviz.network import store
from common import ROOT


def light(height, width, low, high):
    """Brightness that falls from one corner to the other."""
    rows, columns = np.mgrid[0:height, 0:width]
    return low + (high - low) * (rows / height + columns / width) / 2


def photograph(digit, rng, *, size=(640, 480), ink=0.25, noise=0.02, bright_ink=False):
    """A digit (28, 28) on unevenly lit paper."""
    height, width = size
    paper = light(height, width, 0.45, 0.95)
    large = np.asarray(Image.fromarray(digit).resize((300, 300), Image.Resampling.BICUBIC)).clip(0, 1)
    stroke = np.zeros(size)
    stroke[150:450, 90:390] = large
    shade = paper * (1 - stroke * (1 - ink))
    if bright_ink:
        shade = 1 - shade
    return Image.fromarray(((shade + rng.normal(0, noise, size)).clip(0, 1) * 255).astype(np.uint8))


@pytest.mark.parametrize("bright_ink", [False, True])
def test_photographs_of_digits_are_read_nearly_as_well_as_the_digits(bundled, rng, bright_ink):
    chosen = bundled.images[:100, :, :, 0]
    network = store.load(store.find("hvass"))
    prepared = [prepare(photo.ink_in(photograph(digit, rng, bright_ink=bright_ink), "p")).centred for digit in chosen]
    probs = evaluation.probabilities(network, np.stack(prepared)[..., None])
    right = (probs.argmax(axis=1) == bundled.labels[:100]).sum()
    plain = (evaluation.probabilities(network, bundled.images[:100]).argmax(axis=1) == bundled.labels[:100]).sum()
    assert right >= plain - 5


def test_light_that_falls_off_is_not_ink(bundled, rng):
    ink = photo.ink_in(photograph(bundled.images[0, :, :, 0], rng), "p")
    inked = np.argwhere(ink > 0.5) / np.array(ink.shape)
    assert (inked.min(axis=0) > 0.2).all()
    assert (inked.max(axis=0) < 0.85).all()


def test_specks_and_the_edge_of_the_page_are_left_out(bundled, rng):
    picture = photograph(bundled.images[3, :, :, 0], rng)
    clean = np.argwhere(photo.ink_in(picture, "p") > 0.5)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 12, 640), fill=10)
    pen.ellipse((430, 40, 437, 47), fill=10)
    dirty = np.argwhere(photo.ink_in(picture, "p") > 0.5)
    assert np.abs(clean.min(axis=0) - dirty.min(axis=0)).max() <= 4
    assert np.abs(clean.max(axis=0) - dirty.max(axis=0)).max() <= 4


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK", "P", "1", "I;16", "LA"])
def test_every_mode_is_read(bundled, rng, mode):
    picture = photograph(bundled.images[0, :, :, 0], rng, noise=0)
    deep = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    assert prepare(photo.ink_in(deep if mode == "I;16" else picture.convert(mode), "p")) is not None


@pytest.mark.parametrize("size", [(3, 200), (100, 60), (2000, 1500)])
def test_any_size_gives_ink(size):
    picture = Image.new("L", size, 255)
    ImageDraw.Draw(picture).line((size[0] // 3, size[1] // 5, size[0] // 3, size[1] * 4 // 5), 0, size[0] // 30 + 1)
    ink = photo.ink_in(picture, "p")
    assert max(ink.shape) <= photo.WORK_PX
    assert ink.max() > 0.5


def test_one_pixel_is_no_digit():
    with pytest.raises(ImageError, match="no ink"):
        photo.ink_in(Image.new("L", (1, 1), 255), "p")


def test_what_holds_no_digit_is_refused_in_a_sentence(rng):
    with pytest.raises(ImageError, match=r"paper\.png: no ink can be told from the paper"):
        photo.ink_in(Image.new("L", (300, 300), 220), "paper.png")
    grain = Image.fromarray((200 + rng.normal(0, 4, (300, 300))).astype(np.uint8))
    with pytest.raises(ImageError, match="no ink"):
        photo.ink_in(grain, "p")
    page = Image.new("L", (400, 400), 255)
    pen = ImageDraw.Draw(page)
    for i in range(60):
        pen.rectangle((20 + i % 10 * 36, 20 + i // 10 * 60, 40 + i % 10 * 36, 50 + i // 10 * 60), fill=0)
    with pytest.raises(ImageError, match="separate things"):
        photo.ink_in(page, "p")


def test_a_turned_photograph_is_set_upright(bundled, rng, tmp_path):
    """A telephone writes the picture as the sensor lies and says in EXIF which way is up."""
    upright = photograph(bundled.images[7, :, :, 0], rng, noise=0)
    turned = upright.rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    turned.save(tmp_path / "t.jpg", exif=exif, quality=95)
    upright.save(tmp_path / "u.jpg", quality=95)
    found = [
        prepare(photo.ink_in(pictures.open_image(tmp_path / name, name), name)).centred for name in ("t.jpg", "u.jpg")
    ]
    assert np.abs(found[0] - found[1]).mean() < 0.01


def png(width, height, body=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.fixture
def sent(tmp_path):
    """Pictures that are none, and pictures of unusual kinds, by what is said of them."""
    small = Image.new("L", (100, 100), 255)
    small.paste(0, (40, 20, 50, 80))
    small.save(tmp_path / "whole.png")
    shade = np.asarray(small) * light(100, 100, 0.45, 0.95)
    Image.fromarray(shade.astype(np.uint8)).save(tmp_path / "shaded.png")
    (tmp_path / "claims.png").write_bytes(png(9000, 9000))
    (tmp_path / "bomb.png").write_bytes(png(9000, 9000, zlib.compress(bytes(9000 * 9001 * 3), 1)))
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:100])
    (tmp_path / "text.png").write_bytes(b"not a picture at all")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "noise.png").write_bytes(np.random.default_rng(0).bytes(30_000_000))
    small.save(tmp_path / "moving.gif", save_all=True, append_images=[small] * 5)
    Image.fromarray(np.asarray(small).astype(np.uint16) * 257).save(tmp_path / "deep.png")
    small.convert("CMYK").save(tmp_path / "cmyk.jpg")
    Image.new("RGB", (3600, 3300), "white").save(tmp_path / "large.png")
    small.resize((3300, 3600)).convert("RGB").save(tmp_path / "scan.png")
    Image.fromarray(shade.astype(np.uint8)).resize((3300, 3600)).convert("RGB").save(tmp_path / "shade.png")
    Image.new("RGB", (6000, 4000), "white").save(tmp_path / "larger.jpg", progressive=True)
    return tmp_path


READ = """
import resource, sys
from pathlib import Path
from cnnviz.drawing import pictures, reading
folder = Path(sys.argv[1])
for first in ("whole.png", "shaded.png"):
    reading.read_ink(pictures.open_image(folder / first, "first"), "first")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in sys.argv[2:]:
    try:
        reading.read_ink(pictures.open_image(folder / name, name), name)
        print("read", name)
    except pictures.ImageError as error:
        print("told", error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux alone")
def test_bad_pictures_get_a_sentence_and_little_memory(sent):
    bad = ["claims.png", "bomb.png", "cut.png", "text.png", "empty.png", "noise.png"]
    plain = ["large.png", "larger.jpg"]
    good = ["moving.gif", "deep.png", "cmyk.jpg", "scan.png", "shade.png"]
    command = [sys.executable, "-c", READ, str(sent), *bad, *plain, *good]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    *lines, megabytes = ran.stdout.splitlines()
    assert [line.split(":")[0] for line in lines[:8]] == [f"told {name}" for name in bad + plain]
    assert all("no ink can be told" in line for line in lines[6:8])
    assert lines[8:] == [f"read {name}" for name in good]
    assert float(megabytes) < 100


def test_a_telephones_photograph_of_twelve_megapixels_is_read():
    """Many cameras write JPEG with a second, small picture behind it; Pillow calls that MPO."""
    paper = Image.new("RGB", (4032, 3024), (215, 210, 200))
    ImageDraw.Draw(paper).line([(1500, 700), (2500, 700), (2100, 1500), (1900, 2400)], (40, 40, 60), 160, "curve")
    content = io.BytesIO()
    paper.save(content, "MPO", save_all=True, append_images=[paper.resize((160, 120))])
    image = pictures.open_image(content.getvalue(), "telephone.jpg")
    assert image.width < 4032  # it was decoded at half its size or less
    ink = photo.ink_in(image, "telephone.jpg")
    assert 0.01 < ink.mean() < 0.2
