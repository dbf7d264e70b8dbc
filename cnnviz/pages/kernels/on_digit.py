"""A kernel of one's own on the session's digit: what comes out, and every number of it."""

import numpy as np
import streamlit as st

from cnnviz.analysis import kernels
from cnnviz.analysis.arithmetic import same_padding
from cnnviz.analysis.sliding_convolution import KernelPosition
from cnnviz.pages.kernels import place as places
from cnnviz.pages.kernels import typed
from cnnviz.pages.kernels.typed import in_words
from cnnviz.render import palettes
from cnnviz.ui import digit_choice, panels, session
from cnnviz.ui import places as link
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import written
from cnnviz.ui.components.slide.slide import Calculation, Look, slide
from cnnviz.ui.state import KernelsPage


class Words:
    """What this part says."""

    intro = "Lay a kernel of your choice on the digit and see what comes out: play, or click a number."
    chosen, typed = "Kernel", "Typed"
    kernel = "{name}, {k}×{k}: red is positive, blue negative."
    kernel_alt = "The kernel, {k} by {k} numbers: {numbers}."
    result = "What comes out, from {low:.2f} to {high:.2f}{signed}. Zeros around the digit keep its size, stride 1."
    signed = "; red is positive, blue negative"
    title = "Row {row}, column {column}: {value}"
    under = ("", "the digit", "what comes out")
    sum = "The products add up to {total}"
    more = "More: the sum, row by row"
    learnt = "Kernels that the network has learnt"


EDGE = "Edge, ink above"


@session.part
def show() -> None:
    """A kernel applied to a digit; only this part runs again after a choice in it."""
    panels.intro(Words.intro)
    image = digit_choice.current().image
    left, right = st.columns([1, 2.2], gap="large")
    with left:
        try:
            name, kernel = ask_kernel()
        except ValueError as error:
            st.error(str(error), icon=":material/error:")
            return
        show_kernel(name, kernel)
        if st.button(Words.learnt, key=KernelsPage.learnt.name):
            link.go("layers", "filters")
    result = kernels.apply(kernel, image)
    with right:
        place = show_sliding(image, kernel, result)
        with st.expander(Words.more):
            show_place(image, kernel, place)


def ask_kernel() -> tuple[str, np.ndarray]:
    """A kernel by name, or typed.

    Raises:
        ValueError: with one sentence that says what is wrong with what was typed.
    """
    names = [*kernels.KERNELS, Words.typed]
    name = st.selectbox(Words.chosen, names, key=KernelsPage.kernel.name, width=260, persist_state="session")
    if name != Words.typed:
        return name, kernels.KERNELS[name]
    key = KernelsPage.typed_kernel
    key.begin(typed.as_text(kernels.KERNELS[EDGE]))
    text = st.text_area(
        Words.typed, key=key.name, height=130, width=260, help=typed.Words.help, persist_state="session"
    )
    return name, kernels.parse(text)


def show_kernel(name: str, kernel: np.ndarray) -> None:
    """The kernel with its numbers in red and blue."""
    limits, k = palettes.symmetric_limits(kernel), len(kernel)
    sheet = written(places.shown(kernel), "seismic", limits, 56, widest_px=260, called=[Words.chosen.lower()])
    alt = Words.kernel_alt.format(k=k, numbers=in_words(kernel))
    caption = Words.kernel.format(name=name, k=k)
    maps.show(sheet, caption=caption, alt=alt, name="laboratory-applied")


def show_sliding(image: np.ndarray, kernel: np.ndarray, result: np.ndarray) -> tuple[int, int]:
    """The kernel slides over the digit; gives the place where it stops."""
    k, side = len(kernel), len(result)
    row, column = divmod(int(np.abs(result).argmax()), side)
    looks = result_looks(kernel)
    ends = {"low": result.min(), "high": result.max()}
    out = panels.colours(result)
    return slide(
        image,
        result,
        (row, column),
        KernelsPage.slide,
        kernel_px=k,
        stride=1,
        pad_px=same_padding(len(image), k, 1)[0],
        colours=(looks["patch"], out),
        title=Words.title,
        under=Words.under,
        caption=Words.result.format(signed=Words.signed if out[0] == "seismic" else "", **ends),
        name="laboratory-sliding",
        calculation=Calculation("convolution", Words.sum, looks, weights=kernel),
        start=int((np.abs(result) > 0).argmax()),
    )


def result_looks(kernel: np.ndarray) -> dict[str, Look]:
    """Colours of patch, kernel and products, the same at every place: the digit's numbers are from 0 to 1."""
    limits = palettes.symmetric_limits(kernel)
    return {
        "patch": (panels.map_palette(), (0.0, 1.0)),
        "weights": ("seismic", limits),
        "products": ("seismic", limits),
    }


def show_place(image: np.ndarray, kernel: np.ndarray, place: tuple[int, int]) -> None:
    """The number that is chosen, worked out."""
    (row, column), k, before = place, len(kernel), same_padding(len(image), len(kernel), 1)
    window = np.pad(image.astype(np.float64), before)[row : row + k, column : column + k]
    products = window * kernel
    top, left = row - before[0], column - before[0]
    position = KernelPosition(row, column, top, left, window, products, float(products.sum()))
    colours = result_looks(kernel)["patch"]
    places.show(position, kernel, colours, places.Words.on_image, "laboratory-digit-place")
