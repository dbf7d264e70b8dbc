"""Where digits come from: the order of search, what is refused and in which words, and the digits themselves."""

import gzip
import hashlib
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from cnnviz.data import dataset, mnist
from common import MNIST, needs_mnist

FILES = mnist.FILES


def content(file: mnist.IdxFile, fill: int = 0) -> bytes:
    return file.header + bytes([fill]) * (file.n_bytes - len(file.header))


def zipped(raw: bytes) -> bytes:
    return gzip.compress(raw, 1)


def spoiled(file: mnist.IdxFile) -> bytes:
    """A .gz with the right beginning and the right end; what lies between stops making sense."""
    stream = zlib.compressobj(1, zlib.DEFLATED, 31)
    start = stream.compress(content(file)[:100_000]) + stream.flush(zlib.Z_SYNC_FLUSH)
    return start + b"\xff" * 40 + struct.pack("<I", file.n_bytes)


def images_of(n: int, size_px: int) -> bytes:
    return content(mnist.IdxFile("", n, (size_px, size_px), ""))


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="session")
def zeros(tmp_path_factory) -> Path:
    """The four files in full size, every byte of every item 0."""
    folder = tmp_path_factory.mktemp("zeros")
    for file in FILES.values():
        (folder / f"{file.name}.gz").write_bytes(zipped(content(file)))
    return folder


@pytest.fixture(autouse=True)
def empty_places(tmp_path, monkeypatch):
    """No digits are found but those that a test puts down."""
    monkeypatch.setattr(dataset, "ROOT", tmp_path / "root")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def archive(tmp_path, monkeypatch) -> Path:
    """A small archive in Keras's place that passes for Keras's own: seven test digits."""
    path = mnist.keras_archive()
    assert path == tmp_path / "keras" / "datasets" / "mnist.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, x_test=np.full((7, 28, 28), 255, np.uint8), y_test=np.arange(7, dtype=np.uint8))
    monkeypatch.setattr(mnist, "SHA256_NPZ", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def test_places_are_searched_in_order(zeros, archive, tmp_path, monkeypatch):
    named, variable, root, cache = (tmp_path / place for place in ("named", "variable", "root/data/MNIST", "cache"))
    for place in (named, variable, root, cache):
        shutil.copytree(zeros, place)
    monkeypatch.setenv("CNNVIZ_DATA", str(variable))
    assert dataset.find(named, cache) == (dataset.Source("idx", named), [])
    assert dataset.find(None, cache) == (dataset.Source("idx", variable), [])
    monkeypatch.delenv("CNNVIZ_DATA")
    assert dataset.find(None, cache) == (dataset.Source("idx", root), [])
    shutil.rmtree(root)
    assert dataset.find(None, cache) == (dataset.Source("npz", archive), [])
    archive.unlink()
    assert dataset.find(None, cache) == (dataset.Source("idx", cache), [])
    assert dataset.find() == (None, [])


def test_bundled_can_be_named_in_both_ways(monkeypatch):
    assert dataset.find("bundled") == (dataset.BUNDLED, [])
    monkeypatch.setenv("CNNVIZ_DATA", "bundled")
    assert dataset.find() == (dataset.BUNDLED, [])


def test_a_named_folder_that_is_not_there_is_an_error_not_another_place(zeros, tmp_path):
    with pytest.raises(mnist.DataError, match=r"nowhere: expected a folder .*, found no folder"):
        dataset.find(tmp_path / "nowhere", cache_dir=zeros)


def test_a_refused_place_is_told_and_the_next_one_taken(zeros, tmp_path):
    root = tmp_path / "root" / "data" / "MNIST"
    shutil.copytree(zeros, root)
    labels = root / "t10k-labels-idx1-ubyte.gz"
    labels.unlink()
    before = snapshot(root)
    source, (refusal,) = dataset.find(None, zeros)
    assert source == dataset.Source("idx", zeros)
    assert refusal.startswith(f"{root}: expected ")
    assert refusal.endswith("missing t10k-labels-idx1-ubyte.")
    assert snapshot(root) == before


def test_an_archive_with_another_hash_is_refused_and_left_as_it_is(archive, tmp_path):
    archive.write_bytes(b"not MNIST")
    source, (refusal,) = dataset.find(None, tmp_path / "cache")
    assert source is None
    assert refusal.startswith(f"{archive}: expected SHA-256 {mnist.SHA256_NPZ[:12]}")
    assert f"found {hashlib.sha256(b'not MNIST').hexdigest()[:12]}" in refusal
    assert "\n" not in refusal
    assert snapshot(tmp_path) == {archive: b"not MNIST"}


def test_a_place_is_refused_once_when_there_is_no_cache(archive):
    archive.write_bytes(b"not MNIST")
    _, refused = dataset.find()
    assert len(refused) == 1


def test_an_archive_that_is_too_large_is_refused_in_plain_words(archive, tmp_path):
    with archive.open("wb") as stream:
        stream.truncate(mnist.MAX_FILE_BYTES + 1)
    _, (refusal,) = dataset.find(None, tmp_path / "cache")
    assert "expected at most 64,000,000 bytes, found 64,000,001" in refusal


def test_an_archive_is_read(archive):
    digits = dataset.load(dataset.Source("npz", archive), "test")
    assert digits.images.shape == (7, 28, 28, 1)
    assert digits.images.min() == 1
    assert digits.labels.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert digits.name == f"digits in {archive} (not MNIST) test"


def test_an_archive_without_the_part_is_refused(archive):
    with pytest.raises(mnist.DataError, match=r"mnist\.npz: expected MNIST as Keras stores it"):
        dataset.load(dataset.Source("npz", archive), "train")


@pytest.mark.parametrize("suffix", ["", ".gz"], ids=["plain", "gz"])
def test_digits_that_are_not_mnist_are_read_and_named_so(zeros, tmp_path, suffix):
    shutil.copytree(zeros, tmp_path, dirs_exist_ok=True)
    for key, fill in (("test images", 51), ("test labels", 9)):
        (tmp_path / f"{FILES[key].name}.gz").unlink()
        raw = content(FILES[key], fill)
        (tmp_path / f"{FILES[key].name}{suffix}").write_bytes(zipped(raw) if suffix else raw)
    source, _ = dataset.find(tmp_path)
    digits = dataset.load(source, "test")
    assert digits.images.shape == (10_000, 28, 28, 1)
    assert np.unique(digits.images).tolist() == [np.float32(51) / np.float32(255)]
    assert np.unique(digits.labels).tolist() == [9]
    assert digits.name == f"digits in {tmp_path} (not MNIST) test"


IMAGES, LABELS = "test images", "test labels"
GARBLED = b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 40  # the third kind of block does not exist
DAMAGES = {
    "cut off": (IMAGES, "", lambda file: content(file)[:-1], "7840016 bytes", "found 7840015"),
    "too long": (IMAGES, ".gz", lambda file: zipped(content(file) + b"\0"), "7840016 bytes", "found 7840017"),
    "empty": (IMAGES, "", lambda _: b"", "7840016 bytes", "cannot read it"),
    "empty gz": (LABELS, ".gz", lambda _: b"", "10008 bytes", "cannot read it"),
    "gz cut in the middle": (IMAGES, ".gz", lambda file: zipped(content(file))[:9000], "7840016 bytes", "cut off"),
    "gz without its middle": (
        *(IMAGES, ".gz"),
        lambda file: zipped(content(file))[:9000] + zipped(content(file))[-4:],
        *("7840016 bytes", "damaged"),
    ),
    "gz spoiled in the middle": (IMAGES, ".gz", spoiled, "7840016 bytes", "damaged"),
    "gz garbled": (LABELS, ".gz", lambda _: GARBLED, "10008 bytes", "cannot read it"),
    "not a gz": (LABELS, ".gz", lambda _: b"<html>404</html>", "10008 bytes", "cannot read it"),
    "text": (LABELS, "", lambda _: b"five zero four one", "10000 labels", "a header 66697665207a6572"),
    "labels as images": (IMAGES, "", lambda _: content(FILES[LABELS]), "10000×28×28 images", "found 10000 labels"),
    "images as labels": (LABELS, "", lambda _: images_of(10_000, 28), "10000 labels", "found 10000 images"),
    "train as test": (IMAGES, "", lambda _: images_of(60_000, 28), "10000×28×28 images", "found 60000×28×28 images"),
    "wrong size": (IMAGES, "", lambda _: images_of(10_000, 32), "10000×28×28 images", "found 10000×32×32 images"),
    "labels above 9": (LABELS, "", lambda file: content(file)[:-1] + b"\x0a", "labels 0 to 9", "found 10"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_named_with_what_was_expected_and_found(zeros, tmp_path, damage):
    key, suffix, make, expected, found = damage
    shutil.copytree(zeros, tmp_path, dirs_exist_ok=True)
    (tmp_path / f"{FILES[key].name}.gz").unlink()
    path = tmp_path / f"{FILES[key].name}{suffix}"
    path.write_bytes(make(FILES[key]))
    before = snapshot(tmp_path)
    with pytest.raises(mnist.DataError) as refusal:
        dataset.load(dataset.Source("idx", tmp_path), "test")
    sentence = str(refusal.value).replace(",", "")
    assert sentence.startswith(f"{path}: expected {expected}")
    assert found in sentence
    assert "\n" not in sentence
    assert snapshot(tmp_path) == before


def test_a_missing_file_is_named(zeros, tmp_path):
    shutil.copytree(zeros, tmp_path, dirs_exist_ok=True)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(mnist.DataError, match=r"missing train-labels-idx1-ubyte\."):
        dataset.find(tmp_path)
    with pytest.raises(mnist.DataError, match=r"train-labels-idx1-ubyte: expected the file, .* found none"):
        dataset.load(dataset.Source("idx", tmp_path), "train")


IMAGE = np.zeros((2, 28, 28, 1), np.float32)
FORMS = {
    "no channel": (IMAGE[..., 0], [1, 2], r"\(2, 28, 28\)"),
    "dtype": (IMAGE.astype(np.float64), [1, 2], "float64"),
    "too few labels": (IMAGE, [1], r"\(1,\)"),
    "label 11": (IMAGE, [1, 11], r"1\.\.11"),
}


@pytest.mark.parametrize(("images", "labels", "reason"), FORMS.values(), ids=FORMS)
def test_a_dataset_of_another_form_is_refused(images, labels, reason):
    with pytest.raises(ValueError, match=rf"Expected .* Received .*{reason}"):
        dataset.Dataset(images, np.array(labels), "digits")


def test_datasets_are_equal_when_their_digits_are():
    digits = dataset.Dataset(IMAGE, np.array([3, 4]), "digits")
    assert digits == dataset.Dataset(IMAGE.copy(), np.array([3, 4]), "the same")
    assert digits != dataset.Dataset(IMAGE, np.array([4, 3]), "digits")
    assert len({digits, dataset.Dataset(IMAGE, np.array([3, 4]), "again")}) == 1


def test_bundled_digits_are_split_without_overlap():
    parts = [dataset.load(dataset.BUNDLED, split) for split in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [1197, 100, 500]
    assert [part.name for part in parts] == [f"bundled digits {split}" for split in ("train", "validation", "test")]
    seen = [{image.tobytes() for image in part.images} for part in parts]
    assert [len(part) for part in seen] == [1197, 100, 500]
    assert not seen[0] & seen[1]
    assert not seen[1] & seen[2]
    assert not seen[0] & seen[2]
    assert all(np.bincount(part.labels).min() >= len(part) / 11 for part in parts)


def test_bundled_digits_look_like_mnist(bundled):
    ink = bundled.images[..., 0].astype(np.float64)
    mass, places = ink.sum(axis=(1, 2)), np.arange(28) + 0.5
    assert ink.shape == (500, 28, 28)
    assert ink.min() == 0
    assert 0.9 < ink.max() <= 1
    assert np.abs((ink.sum(axis=2) @ places) / mass - 14).max() < 0.6
    assert np.abs((ink.sum(axis=1) @ places) / mass - 14).max() < 0.6
    sides = [max(np.ptp(np.flatnonzero(image.any(axis=axis))) + 1 for axis in (0, 1)) for image in ink]
    assert set(sides) == {20}


def test_bundled_digits_are_the_same_every_time(bundled):
    dataset._bundled.cache_clear()
    again = dataset.load(dataset.BUNDLED, "test")
    assert np.array_equal(again.images, bundled.images)
    assert np.array_equal(again.labels, bundled.labels)
    assert again == bundled


@needs_mnist
def test_mnist_is_known_by_its_digits():
    source, refused = dataset.find(MNIST)
    test = dataset.load(source, "test")
    assert refused == []
    assert test.name == "MNIST test"
    assert len(test) == 10_000
    assert test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert (test.images.min(), test.images.max()) == (0, 1)


@needs_mnist
def test_the_last_5000_of_mnists_training_file_are_held_back():
    source = dataset.Source("idx", MNIST)
    train, validation = dataset.load(source, "train"), dataset.load(source, "validation")
    every = dataset.load_for_training(source, keep_validation=False)
    assert (len(train), len(validation), len(every)) == (55_000, 5_000, 60_000)
    assert (train.name, validation.name) == ("MNIST train", "MNIST validation")
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.array_equal(every.images[55_000:], validation.images)
    labels = gzip.decompress((MNIST / "train-labels-idx1-ubyte.gz").read_bytes())
    assert validation.labels.tolist() == list(labels[-5_000:])
    assert dataset.load_for_training(source, keep_validation=True) == train
