"""A convolution by hand: kernel size, stride and padding on 7×7 whole numbers."""

import numpy as np
import streamlit as st

from cnnviz.analysis import kernels, sliding_convolution
from cnnviz.analysis.sliding_convolution import KernelPosition, SlidingConvolution
from cnnviz.pages.kernels import place as places
from cnnviz.pages.kernels import typed
from cnnviz.pages.kernels.typed import in_words
from cnnviz.ui import glossary, panels, session, state
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import Box, exact, written
from cnnviz.ui.state import KernelsPage


class Words:
    """What this part says."""

    intro = (
        "Compute a convolution by hand, on a few whole numbers: click a number that comes out to see where it comes "
        "from. Rows and columns are counted from 0."
    )
    size, stride, padding = "Kernel size k", "Stride s", "Padding p"
    other = "More: other numbers"
    image, kernel = "Image", "Kernel"
    other_size = "The kernel size is {k}, so {k} rows of {k} numbers are expected. Received {received} rows."
    reset = "Reset"
    formula = "Places along one side: ⌊(n + 2p − k) / s⌋ + 1, here **{formula}**, so {size}×{size} numbers come out."
    fits = "The stride fits: the last place ends at the last pixel."
    misfit = (
        "The stride does not fit: {n} + 2 × {padding} − {k} = {room} is no multiple of {stride}. The last {rows} and "
        "the last {columns} are never reached; they are pale."
    )
    rows, columns = ("row", "{n} rows"), ("column", "{n} columns")
    padded = "The image with its frame of zeros, {side}×{side}. The blue line is the edge of the image."
    bare = "The image, {side}×{side}, without padding."
    padded_alt = "The padded image, {side} by {side} numbers, with a frame around the patch: {numbers}."
    place = "row {row}, column {column}"
    output = "What comes out, {size}×{size}. Click a number, or move with the arrow keys, to see how it comes about."
    output_alt = "The output, {size} by {size} numbers: {numbers}."


MAX_SIZE, MAX_STRIDE, MAX_PADDING = 9, 4, 3
SETTINGS = (KernelsPage.size, KernelsPage.stride, KernelsPage.padding)
PADDED_PX, OUTPUT_PX, TYPED_PX = 340, 230, 210
"""How wide image and output are at most, so that all fits on a screen, and how high a box of numbers is."""


@session.part
def show() -> None:
    """The small example; only this part runs again after a choice in it."""
    panels.intro(Words.intro)
    left, right = st.columns([1, 1.2], gap="large")
    with left:
        k, stride, padding = ask_settings()
        drawn, more = st.container(), st.container()
    with more:
        try:
            image, kernel = ask_numbers(k, stride, padding)
            result = sliding_convolution.slide(image, kernel, stride, padding)
        except ValueError as error:
            drawn.error(str(error), icon=":material/error:")
            return
    with right:
        place = ask_place(result)
        on = places.Words.on_padded if padding else places.Words.on_image
        places.show(place, kernel, panels.colours(result.padded), on, "laboratory-place")
    with drawn:
        show_formula(result, len(image), k, stride, padding)
        show_padded(result, place, k, padding)


def edge_kernel(k: int) -> np.ndarray:
    """Ones above, minus ones below, zeros between, int (k, k); a single one for k = 1."""
    kernel = np.zeros((k, k), int)
    kernel[-1], kernel[0] = -1, 1
    return kernel


def ask_settings() -> tuple[int, int, int]:
    """Kernel size, stride, padding."""
    ranges = ((1, MAX_SIZE), (1, MAX_STRIDE), (0, MAX_PADDING))
    labels = (Words.size, Words.stride, Words.padding)
    terms = ("Kernel", "Stride", "Padding")
    values = []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, term, key, (low, high) in zip(labels, terms, SETTINGS, ranges, strict=True):
            key.begin(key.default)
            help = glossary.help_of(term)
            value = st.number_input(label, low, high, key=key.name, width=130, help=help, persist_state="session")
            values.append(int(value))
        st.button(Words.reset, icon=":material/restart_alt:", on_click=reset)
    return values[0], values[1], values[2]


def reset() -> None:
    """The example as it was at first."""
    for setting in SETTINGS:
        setting.set(setting.default)
    for text in (KernelsPage.image_text, *(state.kernel_text_of(k) for k in range(1, kernels.MAX_KERNEL_PX + 1))):
        text.forget()


def ask_numbers(k: int, stride: int, padding: int) -> tuple[np.ndarray, np.ndarray]:
    """Image and kernel, as they stand or typed over; first of all they must fit.

    Raises:
        ValueError: with one sentence that says what is wrong.
    """
    with st.expander(Words.other):
        left, right = st.columns(2)
        example = sliding_convolution.EXAMPLE_IMAGE
        image_text = typed.ask_text(left, Words.image, example, KernelsPage.image_text, TYPED_PX)
        kernel = edge_kernel(k)
        if k <= kernels.MAX_KERNEL_PX:
            kernel_text = typed.ask_text(right, Words.kernel, kernel, state.kernel_text_of(k), TYPED_PX)
    image = typed.read(Words.image, image_text)
    sliding_convolution.output_size(len(image), k, stride, padding)
    if k <= kernels.MAX_KERNEL_PX:
        kernel = typed.read(Words.kernel, kernel_text)
    if len(kernel) != k:
        raise ValueError(Words.other_size.format(k=k, received=len(kernel)))
    return image, kernel


def show_formula(result: SlidingConvolution, n: int, k: int, stride: int, padding: int) -> None:
    """The size of the output, worked out, and what is not reached."""
    formula = Words.formula.format(formula=sliding_convolution.formula(n, k, stride, padding), size=len(result.output))
    if not result.unreached:
        st.markdown(f"{formula} {Words.fits}")
        return
    rows, columns = (
        forms[0] if result.unreached == 1 else forms[1].format(n=result.unreached)
        for forms in (Words.rows, Words.columns)
    )
    values = {"n": n, "padding": padding, "k": k, "room": n + 2 * padding - k, "stride": stride}
    st.markdown(formula)
    st.warning(Words.misfit.format(rows=rows, columns=columns, **values), icon=":material/crop:")


def ask_place(result: SlidingConvolution) -> KernelPosition:
    """A number of the output: clicked, or reached by arrow keys."""
    size = len(result.output)
    cell = cell_px(size)
    palette, limits = panels.colours(result.output)
    sheet = exact(
        result.output.reshape(-1, 1, 1),
        palette,
        limits,
        size,
        called=[Words.place.format(row=i // size, column=i % size) for i in range(size * size)],
        cell_px=cell,
        widest_px=min(size * cell, OUTPUT_PX),
        gap_px=0,
        is_one=True,
        is_written=True,
    )
    picked = maps.pick(
        sheet,
        state.output_of(size),
        min(1, size - 1) * size + min(3, size - 1),
        alt=Words.output_alt.format(size=size, numbers=in_words(result.output)),
        caption=Words.output.format(size=size),
        name="laboratory-output",
    )
    return result.positions[picked]


def cell_px(n: int) -> int:
    """Side of a cell where n stand side by side."""
    return 56 if n <= 9 else 44


def show_padded(result: SlidingConvolution, place: KernelPosition, k: int, padding: int) -> None:
    """The padded image with its numbers, a frame around the patch, pale where no place reaches."""
    side = len(result.padded)
    reached = side - result.unreached
    boxes: list[Box] = [(padding, padding, side - padding, side - padding, "edge")] if padding else []
    boxes.append((place.top, place.left, place.top + k, place.left + k))
    sheet = written(
        result.padded,
        *panels.colours(result.padded),
        cell_px(side),
        widest_px=PADDED_PX,
        called=[Words.image.lower()],
        boxes={0: boxes},
        bright=(reached, reached),
    )
    caption = (Words.padded if padding else Words.bare).format(side=side)
    alt = Words.padded_alt.format(side=side, numbers=in_words(result.padded))
    maps.show(sheet, caption=caption, alt=alt, name="laboratory-image")
