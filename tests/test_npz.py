"""Files of arrays that are damaged or lie: an error of one kind, and never more memory than the file has bytes."""

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.files import FileError
from cnnviz.npz import ArrayOf, Npz, arrays_of, largest_file, npz_bytes

ARRAYS = {
    "conv1/kernel": np.arange(54, dtype=np.float32).reshape(3, 3, 1, 6),
    "conv1/bias": np.full(6, 0.5, np.float32),
    "counts": np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3)),
}
EXPECTED = {name: ArrayOf(array.dtype.name, array.shape) for name, array in ARRAYS.items()}


def saved(arrays=ARRAYS, save=np.savez):
    content = io.BytesIO()
    save(content, **arrays)
    return content.getvalue()


def zipped(entries, method=zipfile.ZIP_STORED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, entry in entries.items():
            archive.writestr(name, entry)
    return content.getvalue()


def test_what_numpy_writes_is_read():
    arrays = arrays_of(saved(), EXPECTED)
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert np.array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
        assert arrays[name].flags.writeable
    assert len(saved()) <= largest_file(EXPECTED)


def test_arrays_are_read_one_by_one():
    npz = Npz(io.BytesIO(saved()), 3)
    assert npz.files == tuple(ARRAYS)
    assert np.array_equal(npz["counts"], ARRAYS["counts"])
    assert np.array_equal(npz.array("conv1/bias", max_bytes=1000), ARRAYS["conv1/bias"])
    with pytest.raises(FileError, match="conv1/bias: expected at most 100 bytes, found 152"):
        npz.array("conv1/bias", max_bytes=100)
    with pytest.raises(FileError, match="weights: expected an array, found none of that name"):
        npz["weights"]


def without(name):
    return saved({other: array for other, array in ARRAYS.items() if other != name})


def with_array(**arrays):
    return saved(ARRAYS | {name.replace("__", "/"): array for name, array in arrays.items()})


def header(text):
    text = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


HUGE = "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999,), }"
PICKLE = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
REFUSED = {
    "nothing": (b"", "cut off"),
    "text": (b"text" * 100, "do not end as one"),
    "half": (saved()[:-100], "do not end as one"),
    "one less": (without("counts"), "Expected the arrays conv1/kernel, conv1/bias, counts. Received conv1/kernel"),
    "one more": (with_array(more=np.zeros(1)), "at most 3 arrays. Received 4"),
    "other shape": (with_array(conv1__bias=np.zeros(7, np.float32)), r"float32 of shape \(6,\). Received .* \(7,\)"),
    "other dtype": (with_array(conv1__bias=np.zeros(6)), "Received float64"),
    "compressed": (saved(save=np.savez_compressed), "stored as it is"),
    "bzip2": (zipped({f"{name}.npy": b"" for name in ARRAYS}, zipfile.ZIP_BZIP2), "stored as it is"),
    "huge": (zipped({f"{name}.npy": header(HUGE) for name in ARRAYS}), "Received float32 of shape .9999999999999"),
    "a pickle": (zipped({f"{name}.npy": header(PICKLE) + b"." for name in ARRAYS}), "Received object"),
    "no header": (
        zipped({f"{name}.npy": b"\x93NUMPY\x01\x00\x05\x00(((((" for name in ARRAYS}),
        "found something else",
    ),
    "no arrays": (zipped(dict.fromkeys(ARRAYS, b"")), "a directory of arrays"),
    "values missing": (zipped({f"{n}.npy": saved({n: a})[40:-200] for n, a in ARRAYS.items()}), "something else"),
}


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_in_one_line(content, words):
    with pytest.raises(FileError, match=words) as refused:
        arrays_of(content, EXPECTED)
    assert "\n" not in str(refused.value)


def test_two_arrays_of_one_name_are_refused():
    content = bytearray(saved({"a": np.zeros(1), "b": np.zeros(1)}))
    assert content.count(b"b.npy") == 2
    with pytest.raises(FileError, match="two of one name"):
        Npz(io.BytesIO(content.replace(b"b.npy", b"a.npy")), 2)


def test_a_changed_value_is_noticed():
    content = bytearray(saved())
    content[content.index(np.float32(0.5).tobytes() * 6)] ^= 1
    with pytest.raises(FileError, match="conv1/bias: expected the checksum"):
        arrays_of(bytes(content), EXPECTED)


def peak_mb(function):
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def refuse(content):
    with pytest.raises(FileError):
        arrays_of(content, EXPECTED)


def test_a_bomb_is_not_unpacked():
    bomb = zipped({f"{name}.npy": bytes(60_000_000) for name in ARRAYS}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 1_000_000
    assert peak_mb(lambda: refuse(bomb)) < 5


def test_a_directory_of_a_million_entries_is_not_read():
    entry = (
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *(20, 20, 0, 0, 0, 0), *(0, 0, 0), *(5, 0, 0, 0, 0), 0, 0) + b"a.npy"
    )
    directory = entry * 300_000
    for n in (300_000 & 0xFFFF, 3):  # what the end says, and a lie
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, n, n, len(directory), 0, 0)
        assert peak_mb(lambda content=directory + end: refuse(content)) < 5


def test_a_directory_in_64_bits_is_read():
    """As in files of 2 GB and more: sizes and places are in an extra field, and the end has a longer one before it."""
    array = header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }") + np.float32([1, 2]).tobytes()
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 45, 0, 0, 0, 0, 0, len(array), len(array), 5, 0) + b"a.npy"
    extra = struct.pack("<2H3Q", 1, 24, len(array), len(array), 0)
    crc = zipfile.crc32(array)
    full = 0xFFFFFFFF
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 45, 45, 0, 0, 0, 0, crc, full, full, 5, len(extra), 0, 0, 0, 0, full
    )
    before = local + array
    directory = entry + b"a.npy" + extra
    at = len(before) + len(directory)
    end_64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(directory), len(before))
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, full, full, 0)
    content = before + directory + end_64 + locator + end
    assert np.load(io.BytesIO(content))["a"].tolist() == [1, 2]
    assert arrays_of(content, {"a": ArrayOf("float32", (2,))})["a"].tolist() == [1, 2]


GOOD = saved()


@settings(max_examples=300, deadline=None)
@given(st.one_of(
    st.binary(max_size=400),
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=30)),
))  # fmt: skip
def test_no_bytes_raise_anything_else(change):
    """Random bytes, changed bytes, and a piece cut out with something in its place."""
    match change:
        case bytes():
            content = change
        case list():
            changed = bytearray(GOOD)
            for at, value in change:
                changed[at] = value
            content = bytes(changed)
        case (start, end, middle):
            content = GOOD[: min(start, end)] + middle + GOOD[max(start, end) :]
    arrays, refusal = {}, ""
    try:
        arrays = arrays_of(content, EXPECTED)
    except FileError as error:
        refusal = str(error)
    assert bool(arrays) != bool(refusal)
    assert "\n" not in refusal
    assert all(np.array_equal(array, ARRAYS[name]) for name, array in arrays.items())


def test_the_same_arrays_give_the_same_file():
    arrays = {"a": np.arange(3.0), "b/c": np.zeros((2, 2), np.float32)}
    assert npz_bytes(arrays) == npz_bytes(arrays)
