"""Digits of a class on disk: kept whole for a day, read only when nothing is wrong with them."""

import dataclasses
import gzip
import io
import os
import struct
import zipfile

import numpy as np
import pytest

from cnnviz.data import collection_files, collections, dataset, mnist
from cnnviz.data.collections import DAY_S, MAX_COLLECTIONS, MAX_DIGITS, NotKept
from cnnviz.data.dataset import BUNDLED, Source
from cnnviz.npz import npz_bytes
from damaged import bomb_of

NOW_S = 1_795_701_900.0
"""26 November 2026, 14:05 in UTC."""
PERSONS = np.array([907, 14, 907, 30, 14, 555])


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (6, 28, 28), np.uint8)


@pytest.fixture
def labels():
    return np.array([7, 7, 1, 0, 9, 7])


@pytest.fixture
def kept(tmp_path, images, labels):
    return collections.keep(tmp_path, images, labels, PERSONS, NOW_S)


def only(root, now_s=NOW_S):
    """The only collection there."""
    (found,) = collections.listed(root, now_s).collections
    return found


def test_what_is_kept_is_read_again_and_persons_are_counted_anew(tmp_path, kept, images, labels):
    collections._known.clear()
    read = only(tmp_path)
    assert (read.images == images).all()
    assert (read.labels == labels).all()
    assert read.persons.tolist() == [0, 1, 0, 2, 1, 3]
    assert (read.key, read.path, read.kept_s, read.n_persons) == (kept.key, kept.path, NOW_S, 4)
    assert read.name == f"20261126-140500-6-{kept.key[:8]}"
    assert collections.told_by_name(read.path) == (NOW_S, 6)
    for name in ("holiday", "20261340-140500-6-00000000"):
        assert collections.told_by_name(tmp_path / f"{name}.npz") is None
    assert [path.name for path in (tmp_path / ".class-digits").iterdir()] == [f"{read.name}.npz"]


def test_every_second_person_teaches(kept):
    assert kept.teaches.tolist() == [True, False, True, True, False, False]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"labels": np.array([7, 7, 1, 0, 9, 10])}, "Expected labels in 0..9. Received 0..10."),
        ({"labels": np.array([7, 7, 1, 0, 9, -1])}, "Received -1..9"),
        ({"labels": np.zeros(6)}, "labels as whole numbers"),
        ({"labels": np.zeros(0, int)}, "1 to 2,000 digits. Received 0."),
        ({"images": np.zeros((6, 28, 28))}, "Received float64"),
        ({"images": np.zeros((5, 28, 28), np.uint8)}, r"Expected uint8 \(6, 28, 28\)"),
        ({"persons": np.zeros(5, int)}, r"persons as whole numbers \(6,\)"),
        ({"persons": np.array(["Anna"] * 6)}, "persons as whole numbers"),
    ],
)
def test_what_is_no_collection_is_not_kept(tmp_path, images, labels, change, reason):
    with pytest.raises(NotKept, match=reason):
        collections.keep(tmp_path, **{"images": images, "labels": labels, "persons": PERSONS} | change, now_s=NOW_S)
    assert not list(tmp_path.iterdir())


def test_there_are_no_more_than_so_many(tmp_path):
    many = np.zeros(MAX_DIGITS + 1, int)
    with pytest.raises(NotKept, match="Received 2,001"):
        collections.keep(tmp_path, np.zeros((MAX_DIGITS + 1, 28, 28), np.uint8), many, many, NOW_S)
    for i in range(MAX_COLLECTIONS):
        collections.keep(tmp_path, np.full((1, 28, 28), i, np.uint8), many[:1], many[:1], NOW_S + i)
    with pytest.raises(NotKept, match="20 collections of digits already"):
        collections.keep(tmp_path, np.full((1, 28, 28), 99, np.uint8), many[:1], many[:1], NOW_S)
    found = collections.listed(tmp_path, NOW_S + 30).collections
    assert [each.images[0, 0, 0] for each in found] == list(range(MAX_COLLECTIONS))[::-1]
    assert collections.listed(tmp_path, NOW_S + DAY_S + 9.5).collections == found[:10]
    collections.keep(tmp_path, np.full((1, 28, 28), 99, np.uint8), many[:1], many[:1], NOW_S + DAY_S + 9.5)


def test_one_file_more_than_there_may_be_is_not_read(tmp_path, kept):
    for i in range(MAX_COLLECTIONS):
        copy = kept.path.with_name(f"20261126-1500{i:02d}-6-{kept.key[:8]}.npz")
        copy.write_bytes(kept.path.read_bytes())
        os.utime(copy, (NOW_S, NOW_S))
    os.utime(kept.path, (NOW_S, NOW_S))
    collections._known.clear()
    found = collections.listed(tmp_path, NOW_S)
    assert len(found.collections) == MAX_COLLECTIONS
    assert "expected at most 20 files" in found.problems[0]
    for each in found.collections[:3]:
        collections.delete(each.path)
    for name in ("zebra.npz", "zoo.txt"):
        (kept.path.parent / name).write_bytes(b"")
        os.utime(kept.path.parent / name, (NOW_S, NOW_S))
    found = collections.listed(tmp_path, NOW_S)
    assert found.collections[-1].path == kept.path, "there is room for it now, whatever else lies there"
    assert len(found.problems) == 2


@pytest.mark.parametrize("now_s", [NOW_S + DAY_S, NOW_S + 9 * DAY_S, NOW_S - DAY_S])
def test_after_a_day_it_is_deleted(tmp_path, kept, now_s):
    assert only(tmp_path, NOW_S + DAY_S - 1).key == kept.key
    assert collections.listed(tmp_path, now_s) == collections.Found()
    assert not kept.path.exists()
    assert kept.path not in collections._known


def test_nobody_opens_what_is_a_day_old_or_deleted_or_another(tmp_path, images, labels):
    old = collections.keep(tmp_path, images, labels, PERSONS, NOW_S - 5 * DAY_S)
    new = collections.keep(tmp_path, images, labels, PERSONS, collections.time.time())
    assert collections.opened(new.path, new.key).key == new.key
    for path, key in ((old.path, old.key), (new.path, "0" * 64)):
        with pytest.raises(mnist.DataError, match="not there any more"):
            collections.opened(path, key)
    collections.delete(new.path)
    collections.delete(new.path)
    with pytest.raises(mnist.DataError, match="not there any more"):
        collections.opened(new.path, new.key)


def arrays_of(kept):
    arrays = {"images": kept.images, "labels": kept.labels, "persons": kept.persons}
    return arrays | {"kept": np.array([NOW_S])}


def other(name, change):
    """The file with another array, whose checksum is right."""
    return lambda kept, content: npz_bytes(arrays_of(kept) | {name: change(arrays_of(kept).get(name))})


def compressed(kept, content):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays_of(kept))
    return file.getvalue()


WAYS = {
    "cut off": lambda kept, content: content[:-200],
    "empty": lambda kept, content: b"",
    "one pixel": lambda kept, content: content[:500] + bytes([content[500] ^ 1]) + content[501:],
    "other digits": other("images", lambda images: images[::-1]),
    "label 10": other("labels", lambda labels: labels + np.uint8(10)),
    "no labels": other("labels", lambda labels: labels[:0]),
    "one label": other("labels", lambda labels: np.uint8(3)),
    "other shape": other("images", lambda images: images[:, :14]),
    "floats": other("images", lambda images: images.astype(np.float32)),
    "names": other("names", lambda _: np.zeros(6, np.uint8)),
    "compressed": compressed,
    "too large": lambda kept, content: content + bytes(2_000_000),
    "bomb": lambda kept, content: bomb_of(("images", "labels", "persons", "kept")),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_file_is_told_in_a_line_and_left_out_and_goes_after_a_day(tmp_path, kept, images, labels, way):
    good = collections.keep(tmp_path, images[:1], labels[:1], PERSONS[:1], NOW_S)
    kept.path.write_bytes(WAYS[way](kept, kept.path.read_bytes()))
    os.utime(kept.path, (NOW_S, NOW_S))
    found = collections.listed(tmp_path, NOW_S + 60)
    assert [each.key for each in found.collections] == [good.key]
    (problem,) = found.problems
    assert kept.path.name in problem
    assert "\n" not in problem
    with pytest.raises(mnist.DataError, match=kept.name):
        collections.opened(kept.path, kept.key)
    assert collections.listed(tmp_path, NOW_S + DAY_S) == collections.Found()
    assert not list(kept.path.parent.iterdir())


def test_a_time_that_is_none_counts_as_over(tmp_path, kept):
    for time_s in (np.nan, np.inf, 1e300):
        kept.path.write_bytes(npz_bytes(arrays_of(kept) | {"kept": np.array([time_s])}))
        assert collections.listed(tmp_path, NOW_S) == collections.Found()
        assert not kept.path.exists()


def test_pipes_links_and_other_files_are_not_read(tmp_path, kept):
    folder = kept.path.parent
    os.mkfifo(folder / "20261126-140501-6-00000000.npz")
    (folder / "20261126-140502-6-00000000.npz").symlink_to(kept.path)
    (folder / "holiday.jpg").write_bytes(b"")
    draft = folder / f".{kept.name}.npz.abc"
    draft.write_bytes(b"half")
    os.utime(draft, (NOW_S - DAY_S, NOW_S - DAY_S))
    found = collections.listed(tmp_path, os.stat(folder / "holiday.jpg").st_mtime)
    assert len(found.problems) == 3
    assert not draft.exists(), "a killed server left it"


def test_the_test_digits_are_the_class_s_and_the_others_are_those_that_there_were(tmp_path, kept, images, labels):
    new = collections.keep(tmp_path, images, labels, PERSONS, collections.time.time())
    source = Source("class", new.path, new.key, BUNDLED)
    test = dataset.load(source, "test")
    assert (test.images[..., 0] == images.astype(np.float32) / np.float32(255)).all()
    assert test.labels.tolist() == labels.tolist()
    assert dataset.load(source, "test") is test
    for split in ("train", "validation"):
        assert dataset.load(source, split) == dataset.load(BUNDLED, split)
    adding = dataclasses.replace(source, adds_class=True)
    train = dataset.load(adding, "train")
    # 1,197 digits, and three of persons 0 and 2, 44 times each: 132 of 1,329 are a tenth
    assert dataset.repeats(1197, 3) == 44
    assert len(train) == 1197 + 3 * 44
    added = [i for i, image in enumerate(train.images) if any((image == one).all() for one in test.images)]
    assert np.bincount(train.labels[added]).tolist() == [44, 44, 0, 0, 0, 0, 0, 44]
    assert [sum(low <= i < low + 443 for i in added) for low in (0, 443, 886)] == [44, 44, 44], "evenly among others"
    assert (np.delete(train.images, added, 0) == dataset.load(BUNDLED, "train").images).all()
    assert (dataset.load(adding, "test").images == test.images[[1, 4, 5]]).all()
    assert dataset.load(adding, "validation") == dataset.load(BUNDLED, "validation")
    assert len(dataset.load_for_training(adding, keep_validation=False)) == len(train) + 100
    collections.delete(new.path)
    for split in ("train", "test"):
        with pytest.raises(mnist.DataError, match="not there any more"):
            dataset.load(adding, split)


def test_the_idx_files_are_mnist_s_test_files_of_these_digits(kept, images, labels):
    content = collection_files.idx_zip(kept)
    assert content == collection_files.idx_zip(kept)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
        pixels, numbers = (gzip.decompress(archive.read(name)) for name in archive.namelist())
    assert struct.unpack(">4I", pixels[:16]) == (2051, 6, 28, 28)
    assert struct.unpack(">2I", numbers[:8]) == (2049, 6)
    assert pixels[16:] == images.tobytes()
    assert list(numbers[8:]) == labels.tolist()


def test_the_reader_of_mnist_s_files_reads_them(kept, tmp_path, images, labels):
    with zipfile.ZipFile(io.BytesIO(collection_files.idx_zip(kept))) as archive:
        archive.extractall(tmp_path / "unpacked")
    for what, items in (("test images", images), ("test labels", labels)):
        file = dataclasses.replace(mnist.FILES[what], n=6)
        assert (mnist.read_idx(tmp_path / "unpacked", file) == items).all()


def test_the_npz_has_keras_s_names_and_who_drew_what(kept, images, labels):
    with np.load(io.BytesIO(collection_files.npz(kept)), allow_pickle=False) as archive:
        assert set(archive) == {"x_test", "y_test", "person"}
        assert (archive["x_test"] == images).all()
        assert archive["y_test"].tolist() == labels.tolist()
        assert archive["person"].tolist() == [0, 1, 0, 2, 1, 3]
