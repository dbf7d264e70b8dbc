"""Kernels: sums that a student can check, settings that do not fit, kernels on a digit."""

import numpy as np
import pytest

from apptest import alts, components, give, go, open_page, shown_maps, texts
from cnnviz.analysis import kernels
from cnnviz.data import dataset
from cnnviz.drawing.preparation import Preparation
from cnnviz.ui import state
from cnnviz.ui.state import KernelsPage

pytestmark = pytest.mark.usefixtures("bundled_digits")


def opened(chosen=None, part="hand"):
    at = open_page(f"kernels/{part}", chosen)
    assert not at.exception
    return at


def on_digit(chosen=None):
    return opened(chosen, "digit")


def sentences(at):
    return [element.value for element in at.markdown]


def sums(at):
    return [text for text in sentences(at) if text.startswith("Sum, row by row")]


def formula(at):
    return next(text for text in sentences(at) if text.startswith("Places along one side"))


def test_the_example_is_worked_out_and_every_picture_described():
    at = opened()
    assert not at.error
    assert "⌊(7 + 2 × 0 − 3) / 1⌋ + 1 = 5" in formula(at)
    assert "The stride fits" in formula(at)
    assert "**Row 1, column 3: patch × kernel = products, and their sum is 3**" in sentences(at)
    assert sums(at)[0] == "Sum, row by row: (3 + 3 + 2) + (0 + 0 + 0) + (−2 − 3 + 0) = **3**"
    assert all(alts(at))
    parts = [alt for alt in alts(at) if alt in ("kernel", "products")]  # of a picture that its patch describes
    assert len(parts) == 2
    made_there = len(shown_maps(at))  # the browser makes the files of these: the image, and the output to click on
    assert made_there == 2
    assert len(at.get("download_button")) == len(alts(at)) - len(parts) - made_there
    place = "The patch 3 3 2; 0 3 1; 2 3 0; the kernel 1 1 1; 0 0 0; -1 -1 -1; the products 3 3 2; 0 0 0; -2 -3 0;"
    assert any(alt.startswith(place) for alt in alts(at))


def test_a_place_that_is_picked_is_worked_out():
    at = opened({state.output_of(5): {"picked": 16}})
    assert sums(at)[0] == "Sum, row by row: (0 + 0 + 2) + (0 + 0 + 0) + (0 − 3 − 2) = **-3**"
    assert "**Row 3, column 1: patch × kernel = products, and their sum is -3**" in sentences(at)


@pytest.mark.parametrize("sent", ["9,9", "5,0", "-1,0", "1", "nonsense", "1,2,3"])
def test_a_place_that_is_not_there_is_not_picked(sent):
    at = opened({state.output_of(5): {"picked": sent}})
    assert "**Row 1, column 3: patch × kernel = products, and their sum is 3**" in sentences(at)


def test_padding_makes_it_larger():
    at = opened({KernelsPage.padding: 1})
    assert "⌊(7 + 2 × 1 − 3) / 1⌋ + 1 = 7" in formula(at)
    assert "The blue line is the edge of the image" in texts(at)


@pytest.mark.parametrize(
    ("k", "stride", "padding", "size", "last"),
    [(3, 3, 0, 2, "The last row and the last column are never reached"),
     (2, 4, 0, 2, "The last row and the last column are never reached"),
     (4, 4, 1, 2, "The last row and the last column are never reached"),
     (1, 4, 1, 3, None),
     (2, 4, 1, 2, "The last 3 rows and the last 3 columns are never reached")],
)  # fmt: skip
def test_where_the_stride_does_not_fit_the_page_says_what_is_not_reached(k, stride, padding, size, last):
    at = opened({KernelsPage.size: k, KernelsPage.stride: stride, KernelsPage.padding: padding})
    assert f"so {size}×{size} numbers come out" in formula(at)
    assert [last in warning.value for warning in at.warning] == ([True] if last else [])


def test_a_kernel_that_does_not_fit_is_a_sentence_and_the_next_setting_works():
    at = opened({KernelsPage.size: 8})
    assert [error.value for error in at.error] == [
        "A kernel of 8 pixels does not fit onto 7 (7 + 2 × 0). Use a smaller kernel or more padding."
    ]
    at.number_input(key=KernelsPage.padding.name).set_value(1).run()
    assert not at.error
    assert "⌊(7 + 2 × 1 − 8) / 1⌋ + 1 = 2" in formula(at)


def test_image_and_kernel_can_be_typed_over_and_put_back():
    at = opened({KernelsPage.size: 2})
    at.text_area(key=KernelsPage.image_text.name).set_value("1 2 3; 4 5 6; 7 8 9").run()
    at.text_area(key=state.kernel_text_of(2).name).set_value("1 0; 0 1/2").run()
    assert not at.error
    assert sums(at)[0] == "Sum, row by row: (5 + 0) + (0 + 4.5) = **9.5**"  # row 1, column 1: 5 and half of 9
    next(button for button in at.button if button.label == "Reset").click().run()
    assert "**Row 1, column 3: patch × kernel = products, and their sum is 3**" in sentences(at)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("1 2; 3 4", "The kernel size is 3, so 3 rows of 3 numbers are expected. Received 2 rows."),
     ("1 2 x; 1 1 1; 1 1 1", "Expected a number such as 2"),
     ("", "Expected 1 to 7 rows of numbers. Received 0.")],
)  # fmt: skip
def test_what_cannot_be_used_is_a_sentence(text, reason):
    at = opened()
    at.text_area(key=state.kernel_text_of(3).name).set_value(text).run()
    assert reason in at.error[0].value
    go(at, "kernels/digit")  # the rest of the page works
    assert not at.error
    assert len(components(at, "slide")) == 1


@pytest.mark.parametrize("name", list(kernels.KERNELS))
def test_every_named_kernel_is_applied_to_the_digit(name):
    at = on_digit({KernelsPage.kernel: name, state.Session.shown.number: 4})
    image = dataset.load(dataset.BUNDLED, "test").images[4, :, :, 0]
    result = kernels.apply(kernels.KERNELS[name], image)
    caption = f"What comes out, from {result.min():.2f} to {result.max():.2f}"
    assert any(element.value.startswith(caption) for element in at.caption)


def test_a_kernel_is_typed_and_its_place_worked_out():
    at = on_digit({KernelsPage.kernel: "Typed", KernelsPage.slide: {"place": "0,0"}})
    at.text_area(key=KernelsPage.typed_kernel.name).set_value("0 0 0; 0 1 0; 0 0 1").run()
    image = dataset.load(dataset.BUNDLED, "test").images[0, :, :, 0]
    total = f"{round(float(image[0, 0] + image[1, 1]), 3):g}"
    assert f"**Row 0, column 0: patch × kernel = products, and their sum is {total}**" in sentences(at)
    at.text_area(key=KernelsPage.typed_kernel.name).set_value("1 2; 3").run()
    assert "Row 2 has 1" in at.error[0].value


def test_the_kernel_lies_on_the_sessions_digit():
    at = on_digit()
    image = np.zeros((28, 28), np.float32)
    image[10:20, 12:15] = 1
    give(at, Preparation(image, image, image, image))
    at.run()
    (told,) = components(at, "slide")
    assert told["calculation"]["inputs"] == image.ravel().tolist()
    assert told["calculation"]["weights"] == [1, 1, 1, 0, 0, 0, -1, -1, -1]
    assert told["start"] == 9 * 28 + 11  # playing begins where the ink does
    caption = "What comes out, from -3.00 to 3.00; red is positive, blue negative."
    assert any(element.value.startswith(caption) for element in at.caption)
