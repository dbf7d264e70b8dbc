"""Chosen and typed kernels: results that can be checked by hand."""

import numpy as np
import pytest

from cnnviz.analysis import kernels
from cnnviz.analysis.kernels import KERNELS


def test_there_are_eight_edges_blur_sharpen_sobel_and_identity():
    assert list(KERNELS)[8:13] == ["Blur", "Sharpen", "Sobel, left to right", "Sobel, top to bottom", "Identity"]
    edges = [kernel for name, kernel in KERNELS.items() if name.startswith("Edge")]
    assert len({kernel.tobytes() for kernel in edges}) == 8
    assert [kernel.sum() for kernel in edges] == [0] * 8
    assert KERNELS["Edge, ink above"].tolist() == [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]
    assert KERNELS["Edge, ink above right"].tolist() == [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]
    assert KERNELS["Edge, ink left"].tolist() == [[1, 0, -1], [1, 0, -1], [1, 0, -1]]


@pytest.mark.parametrize(
    ("name", "half"),
    [("above", np.s_[:4]), ("below", np.s_[5:]), ("left", np.s_[:, :4]), ("right", np.s_[:, 5:])],
)
def test_an_edge_is_largest_where_its_ink_is(name, half):
    image = np.zeros((9, 9))
    image[half] = 1
    at_the_middle = {key: kernels.apply(KERNELS[f"Edge, ink {key}"], image)[4, 4] for key in kernels.DIRECTIONS}
    assert max(at_the_middle, key=at_the_middle.get) == name
    assert at_the_middle[name] == 3


def test_identity_keeps_and_blur_averages(rng):
    image = rng.random((28, 28), np.float32)
    assert (kernels.apply(KERNELS["Identity"], image) == image).all()
    blurred = kernels.apply(KERNELS["Blur"], image)
    assert blurred[5, 7] == pytest.approx(image[4:7, 6:9].mean())
    assert blurred[0, 0] == pytest.approx(image[:2, :2].sum() / 9)
    assert kernels.apply(KERNELS["Sharpen"], np.ones((5, 5)))[2, 2] == 1


def test_sobel_is_the_slope():
    slope = np.tile(np.arange(5.0), (5, 1))
    assert (kernels.apply(KERNELS["Sobel, left to right"], slope, 1, "valid") == 8).all()
    assert (kernels.apply(KERNELS["Sobel, top to bottom"], slope, 1, "valid") == 0).all()


@pytest.mark.parametrize(("k", "stride", "padding"), [(3, 2, "same"), (4, 1, "same"), (7, 3, "valid"), (2, 1, "valid")])
def test_apply_counts_as_a_double_loop_does(k, stride, padding, rng):
    image, kernel = rng.random((10, 12)), rng.normal(size=(k, k))
    result = kernels.apply(kernel, image, stride, padding)
    if padding == "same":
        assert result.shape == (-(-10 // stride), -(-12 // stride))
        frame = [max((side - 1) * stride + k - n, 0) for side, n in zip(result.shape, image.shape, strict=True)]
        image = np.pad(image, [(n // 2, n - n // 2) for n in frame])
    rows, columns = (range(0, n - k + 1, stride) for n in image.shape)
    by_hand = [[(image[r : r + k, c : c + k] * kernel).sum() for c in columns] for r in rows]
    assert result == pytest.approx(np.array(by_hand), abs=1e-6)
    assert result.dtype == np.float32


def test_apply_refuses_a_kernel_larger_than_the_image():
    with pytest.raises(ValueError, match="A kernel of 7 pixels does not fit onto 5"):
        kernels.apply(np.ones((7, 7)), np.ones((5, 5)), 1, "valid")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", [[1]]),
        ("1 2\n3 4", [[1, 2], [3, 4]]),
        ("1, 2; -3, .5", [[1, 2], [-3, 0.5]]),
        ("\n 1/9 −1/4 \n\n +1e-2 2. \n", [[1 / 9, -0.25], [0.01, 2]]),
    ],
)
def test_typed_kernels_are_read(text, expected):
    result = kernels.parse(text)
    assert result.tolist() == expected
    assert result.dtype == np.float64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1 to 7 rows of numbers. Received 0"),
        ("1 2 3\n4 5 6", "here 2. Row 1 has 3"),
        ("1 2\n3", "Row 2 has 1"),
        ("1\n" * 8, "1 to 7 rows of numbers. Received 8"),
        ("one", "Expected a number such as 2, -1, 0.5 or 1/9. Received 'one'"),
        ("nan", "Expected a number"),
        ("inf", "Expected a number"),
        ("1_000", "Expected a number"),
        ("٣", "Expected a number"),
        ("1/0", "divided by 0"),
        ("1e99", "from -1000 to 1000"),
        ("9" * 5000, "from -1000 to 1000"),
    ],
)
def test_text_that_is_no_kernel_is_refused_in_a_sentence(text, message):
    with pytest.raises(ValueError, match=message):
        kernels.parse(text)
