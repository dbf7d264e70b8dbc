"""Invented and written characters: they fit a box, repeat with their seed, and a file that is none is named."""

import gzip
import json

import numpy as np
import pytest

from cnnviz.synthesis import invented

LINE = {"alphabet": "a", "character": "b", "strokes": [[[0, 0], [10, 40]], [[5, 5], [20, 5]]]}


def written(path, *records):
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records)
    return path


@pytest.mark.parametrize("seed", range(40))
def test_an_invented_character_fills_a_box_of_one_and_repeats_with_its_seed(seed):
    first, again = (invented.invent(np.random.default_rng(seed)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert 1 <= len(first) <= 4
    points = np.concatenate(first)
    assert np.allclose(points.min(axis=0), 0)
    assert points.max() == pytest.approx(1)


def test_most_strokes_after_the_first_begin_on_an_earlier_one(monkeypatch):
    """Before they are deformed; without joins hardly one does."""
    monkeypatch.setattr(invented.strokes, "deform", lambda drawn, rng: drawn)
    touching = {}
    for joined in (0.0, invented.JOINED):
        monkeypatch.setattr(invented, "JOINED", joined)
        rng, found = np.random.default_rng(1), []
        for _ in range(200):
            drawn = invented.invent(rng)
            for i in range(1, len(drawn)):
                earlier = np.concatenate(drawn[:i])
                found.append(np.linalg.norm(earlier - drawn[i][0], axis=1).min() < 1e-9)
        touching[joined] = np.mean(found)
    assert touching[0.0] < 0.02
    assert 0.6 < touching[invented.JOINED] < 0.72


def test_images_are_of_the_format_and_have_ink():
    rng = np.random.default_rng(0)
    images = invented.sample_images([invented.invent(rng) for _ in range(20)], rng)
    assert images.shape == (20, 28, 28)
    assert images.dtype == np.uint8
    assert (images.max(axis=(1, 2)) > 200).all()


def test_written_characters_are_read_and_fill_a_box_of_one(tmp_path):
    (found,) = invented.read_written(written(tmp_path / "some.gz", LINE))
    assert (found.alphabet, found.character) == ("a", "b")
    assert found.strokes[0].tolist() == [[0, 0], [0.25, 1]]
    assert found.strokes[1].tolist() == [[0.125, 0.125], [0.5, 0.125]]
    again = invented.write_again(found, np.random.default_rng(0))
    assert np.concatenate(again).max() == pytest.approx(1)
    assert not np.allclose(again[0], found.strokes[0])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("no JSON", "expected gzip of lines of JSON"),
        ({"alphabet": "a"}, "line 2: expected an alphabet, a character and strokes"),
        ([1, 2], "line 2: expected an alphabet, a character and strokes"),
        (LINE | {"strokes": []}, r"line 2: expected strokes as lists of \[x, y\]"),
        (LINE | {"strokes": [[[1, 2, 3]]]}, r"line 2: expected strokes as lists of \[x, y\]"),
        (LINE | {"strokes": [[[1, float("nan")]]]}, r"line 2: expected strokes as lists of \[x, y\]"),
        (LINE | {"strokes": [[[1, 2]] * 5001]}, "line 2: expected at most 5,000 points"),
        (LINE | {"strokes": "text"}, "line 2: expected"),
    ],
)
def test_a_file_that_holds_something_else_is_named(tmp_path, record, words):
    path = written(tmp_path / "some.gz", LINE, record)
    with pytest.raises(ValueError, match=words) as error:
        invented.read_written(path)
    assert str(path) in str(error.value)


def test_a_file_that_is_no_gzip_or_not_there_or_empty_is_named(tmp_path):
    (tmp_path / "plain").write_text("text")
    for name in ("plain", "absent"):
        with pytest.raises(ValueError, match=f"{name}: expected gzip"):
            invented.read_written(tmp_path / name)
    with pytest.raises(ValueError, match="expected at least one character"):
        invented.read_written(written(tmp_path / "empty.gz"))
