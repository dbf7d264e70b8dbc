"""A convolution by hand: kernel size, stride and padding on 7×7 whole numbers, and typed kernels on a digit."""

import numpy as np
import streamlit as st

from cnnviz.analysis import kernels, sliding_convolution
from cnnviz.analysis.arithmetic import same_padding
from cnnviz.analysis.sliding_convolution import KernelPosition, SlidingConvolution
from cnnviz.render import matrices, palettes, tiles
from cnnviz.render.palettes import Limits, Palette
from cnnviz.ui import digit_choice, panels, session, state
from cnnviz.ui.components.picker.picker import Cells, pick
from cnnviz.ui.components.slide.slide import slide
from cnnviz.ui.state import Key, LaboratoryPage


class Words:
    """What this page says."""

    title = "Laboratory"
    intro = (
        "Compute a convolution by hand, on a few whole numbers and then on a digit, with any kernel you like. Rows "
        "and columns are counted from 0."
    )
    by_hand = "By hand: a few whole numbers"
    size, stride, padding = "Kernel size k", "Stride s", "Padding p"
    other = "Other numbers"
    image, kernel = "Image", "Kernel"
    typed_help = "A row a line, numbers apart by spaces. A number is 2, -1, 0.5 or 1/9."
    other_size = "The kernel size is {k}, so {k} rows of {k} numbers are expected. Received {received} rows."
    reset = "As it was"
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
    kernel_caption = "The kernel, {k}×{k}."
    kernel_alt = "The kernel, {k} by {k} numbers: {numbers}."
    output = "What comes out, {size}×{size}. Click a number, or move with the arrow keys, to see how it comes about."
    output_alt = "The output, {size} by {size} numbers: {numbers}."
    place = "Row {row}, column {column}: patch × kernel = products, and their sum is {total}"
    patch, products = "patch", "products"
    place_caption = (
        "The kernel's first cell lies on row {top}, column {left} of {on}. Each number of the patch times the "
        "number of the kernel at the same place; the kernel is not turned."
    )
    on_padded, on_image = "the padded image", "the image"
    place_alt = "The patch {patch}; the kernel {kernel}; the products {products}; their sum {total}."
    sum = "Sum, row by row: {rows} = **{total}**"
    on_digit = "On a digit: a kernel of your choice"
    chosen = "Kernel"
    typed = "Typed"
    digit_caption = "The digit, 28×28, from 0 to 1."
    digit_alt = "The digit, 28 by 28 pixels."
    applied_kernel = "{name}, {k}×{k}: red is positive, blue negative."
    result = "What comes out, from {low:.2f} to {high:.2f}{signed}."
    signed = "; red is positive, blue negative"
    result_alt = "The digit after the kernel, 28 by 28 numbers from {low:.2f} to {high:.2f}."
    sliding = (
        "The kernel slides over the digit, stride 1, with zeros around it so that {side}×{side} numbers come out. "
        "Stop it, or click a number, to see how that number comes about."
    )


MAX_SIZE, MAX_STRIDE, MAX_PADDING = 9, 4, 3
EDGE = "Edge, ink above"
SETTINGS = (LaboratoryPage.size, LaboratoryPage.stride, LaboratoryPage.padding)


def show() -> None:
    """The page from top to bottom."""
    panels.head(Words.title, Words.intro)
    by_hand()
    on_digit()


def edge_kernel(k: int) -> np.ndarray:
    """Ones above, minus ones below, zeros between, int (k, k); a single one for k = 1."""
    kernel = np.zeros((k, k), int)
    kernel[-1], kernel[0] = -1, 1
    return kernel


def as_text(values: np.ndarray) -> str:
    """Numbers as one types them, a row a line."""
    return "\n".join(" ".join(short(value) for value in row) for row in values)


def in_words(values: np.ndarray) -> str:
    """Numbers in one line, rows apart by semicolons."""
    return "; ".join(" ".join(short(value) for value in row) for row in values)


def short(value: float) -> str:
    """A number with at most three places."""
    return f"{round(float(value), 3) + 0.0:g}"  # + 0.0: never -0


@session.part
def by_hand() -> None:
    """The small example; only this part runs again after a choice in it."""
    st.subheader(Words.by_hand, anchor=False, divider="gray")
    k, stride, padding = ask_settings()
    try:
        image, kernel = ask_numbers(k, stride, padding)
        result = sliding_convolution.slide(image, kernel, stride, padding)
    except ValueError as error:
        st.error(str(error), icon=":material/error:")
        return
    show_formula(result, len(image), k, stride, padding)
    left, middle, right = st.columns([1.3, 0.7, 1.2], gap="large")
    with right:
        place = ask_place(result)
    with left:
        show_padded(result, place, k, padding)
    with middle:
        show_kernel(kernel, Words.kernel_caption.format(k=k), "laboratory-kernel")
    on = Words.on_padded if padding else Words.on_image
    show_place(place, kernel, panels.colours(result.padded), on, "laboratory-place")


def ask_settings() -> tuple[int, int, int]:
    """Kernel size, stride, padding."""
    ranges = ((1, MAX_SIZE), (1, MAX_STRIDE), (0, MAX_PADDING))
    labels = (Words.size, Words.stride, Words.padding)
    values = []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, key, (low, high) in zip(labels, SETTINGS, ranges, strict=True):
            key.begin(key.default)
            values.append(int(st.number_input(label, low, high, key=key.name, width=130, persist_state="session")))
        st.button(Words.reset, icon=":material/restart_alt:", on_click=reset)
    return values[0], values[1], values[2]


def reset() -> None:
    """The example as it was at first."""
    for setting in SETTINGS:
        setting.set(setting.default)
    for text in (LaboratoryPage.image_text, *(state.kernel_text_of(k) for k in range(1, kernels.MAX_KERNEL_PX + 1))):
        text.forget()


def ask_numbers(k: int, stride: int, padding: int) -> tuple[np.ndarray, np.ndarray]:
    """Image and kernel, as they stand or typed over; first of all they must fit.

    Raises:
        ValueError: with one sentence that says what is wrong.
    """
    with st.expander(Words.other):
        left, right = st.columns(2, gap="large")
        image_text = ask_text(left, Words.image, sliding_convolution.EXAMPLE_IMAGE, LaboratoryPage.image_text)
        kernel = edge_kernel(k)
        if k <= kernels.MAX_KERNEL_PX:
            kernel_text = ask_text(right, Words.kernel, kernel, state.kernel_text_of(k))
    image = read(Words.image, image_text)
    sliding_convolution.output_size(len(image), k, stride, padding)
    if k <= kernels.MAX_KERNEL_PX:
        kernel = read(Words.kernel, kernel_text)
    if len(kernel) != k:
        raise ValueError(Words.other_size.format(k=k, received=len(kernel)))
    return image, kernel


def read(label: str, text: str) -> np.ndarray:
    """The numbers of one of the two boxes, which an error names.

    Raises:
        ValueError: with one sentence that says what is wrong.
    """
    try:
        return kernels.parse(text)
    except ValueError as error:
        raise ValueError(f"{label}: {error}") from None


def ask_text(place: st.delta_generator.DeltaGenerator, label: str, values: np.ndarray, key: Key[str]) -> str:
    """Numbers to type over."""
    key.begin(as_text(values))
    return str(place.text_area(label, key=key.name, height=210, help=Words.typed_help, persist_state="session"))


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
    picture = matrices.annotated_heatmap(result.output, *panels.colours(result.output), cell, panels.theme())
    first = (min(1, size - 1), min(3, size - 1))
    alt = Words.output_alt.format(size=size, numbers=in_words(result.output))
    cells = Cells(size * size, size, (cell, cell))
    row, column = pick(
        picture,
        cells,
        first,
        state.output_of(size),
        alt=alt,
        caption=Words.output.format(size=size),
        name="laboratory-output",
        width_px=min(picture.width, 460),
    )
    return result.positions[row * size + column]


def cell_px(n: int) -> int:
    """Side of a cell where n stand side by side."""
    return 56 if n <= 9 else 44


def show_padded(result: SlidingConvolution, place: KernelPosition, k: int, padding: int) -> None:
    """The padded image with its numbers, a frame around the patch, pale where no place reaches."""
    side, theme = len(result.padded), panels.theme()
    cell, reached = cell_px(side), len(result.padded) - result.unreached
    picture = matrices.annotated_heatmap(result.padded, *panels.colours(result.padded), cell, theme)
    if result.unreached:
        picture = matrices.faded_outside(picture, (0, 0, reached, reached), cell, theme)
    if padding:
        picture = matrices.with_box(picture, (padding, padding, side - padding, side - padding), cell, theme.accent)
    picture = matrices.with_box(picture, (place.top, place.left, place.top + k, place.left + k), cell)
    caption = (Words.padded if padding else Words.bare).format(side=side)
    alt = Words.padded_alt.format(side=side, numbers=in_words(result.padded))
    panels.picture(picture, caption, alt, "laboratory-image", width=min(picture.width, 520), inline=True)


def show_kernel(kernel: np.ndarray, caption: str, name: str) -> None:
    """A kernel with its numbers in red and blue."""
    picture = matrices.annotated_heatmap(
        shown(kernel), "seismic", palettes.symmetric_limits(kernel), 56, panels.theme()
    )
    alt = Words.kernel_alt.format(k=len(kernel), numbers=in_words(kernel))
    panels.picture(picture, caption, alt, name, width=min(picture.width, 280), inline=True)


def shown(values: np.ndarray) -> np.ndarray:
    """Whole numbers as int, so that they are written as such."""
    return values.astype(np.int64) if (values == np.round(values)).all() else values


def show_place(place: KernelPosition, kernel: np.ndarray, colours: tuple[Palette, Limits], on: str, name: str) -> None:
    """One number of the output, worked out; the patch in the colours of its image."""
    total = short(place.total)
    st.markdown(f"**{Words.place.format(row=place.row, column=place.column, total=total)}**")
    cell = 56 if len(kernel) <= 5 else 44
    pictures = [
        matrices.annotated_heatmap(shown(values), *look, cell, panels.theme())
        for values, look in (
            (place.window, colours),
            (kernel, ("seismic", palettes.symmetric_limits(kernel))),
            (place.products, ("seismic", palettes.symmetric_limits(place.products))),
        )
    ]
    labels = (Words.patch, Words.kernel.lower(), Words.products)
    numbers = {"patch": in_words(place.window), "kernel": in_words(kernel), "products": in_words(place.products)}
    caption = Words.place_caption.format(top=place.top, left=place.left, on=on)
    alt = Words.place_alt.format(total=total, **numbers)
    panels.equation(pictures, labels, caption, alt, name, width=min(640, 3 * pictures[0].width + 96))
    st.markdown(Words.sum.format(rows=" + ".join(row_sum(row) for row in place.products), total=total))


def row_sum(products: np.ndarray) -> str:
    """The products of a row to be added up: "(2 + 3 − 1)"."""
    terms = short(products[0]).replace("-", "−")
    for value in products[1:]:
        terms += f" {'−' if value < 0 else '+'} {short(abs(value))}"
    return f"({terms})"


@session.part
def on_digit() -> None:
    """A kernel applied to a digit; only this part runs again after a choice in it."""
    st.subheader(Words.on_digit, anchor=False, divider="gray")
    digit = digit_choice.current()
    try:
        name, kernel = ask_kernel()
    except ValueError as error:
        st.error(str(error), icon=":material/error:")
        return
    result = kernels.apply(kernel, digit.image)
    show_applied(digit.image, name, kernel, result)
    show_sliding(digit.image, kernel, result)


def ask_kernel() -> tuple[str, np.ndarray]:
    """A kernel by name, or typed.

    Raises:
        ValueError: with one sentence that says what is wrong with what was typed.
    """
    names = [*kernels.KERNELS, Words.typed]
    name = st.selectbox(Words.chosen, names, key=LaboratoryPage.kernel.name, width=260, persist_state="session")
    if name != Words.typed:
        return name, kernels.KERNELS[name]
    key = LaboratoryPage.typed_kernel
    key.begin(as_text(kernels.KERNELS[EDGE]))
    text = st.text_area(
        Words.typed, key=key.name, height=130, width=260, help=Words.typed_help, persist_state="session"
    )
    return name, kernels.parse(text)


def show_applied(image: np.ndarray, name: str, kernel: np.ndarray, result: np.ndarray) -> None:
    """Digit, kernel, result, side by side."""
    left, middle, right = st.columns(3, gap="large")
    theme = panels.theme()
    with left:
        picture = tiles.make_grid(image[None], panels.map_palette(), (0, 1), cell_px=280, theme=theme)
        panels.picture(picture, Words.digit_caption, Words.digit_alt, "laboratory-digit", width=224, inline=True)
    with middle:
        show_kernel(kernel, Words.applied_kernel.format(name=name, k=len(kernel)), "laboratory-applied")
    with right:
        palette, limits = panels.colours(result)
        picture = tiles.make_grid(result[None], palette, limits, cell_px=280, theme=theme)
        ends = {"low": result.min(), "high": result.max()}
        caption = Words.result.format(signed=Words.signed if palette == "seismic" else "", **ends)
        panels.picture(picture, caption, Words.result_alt.format(**ends), "laboratory-result", width=224, inline=True)


def show_sliding(image: np.ndarray, kernel: np.ndarray, result: np.ndarray) -> None:
    """The kernel slides over the digit; where it stops its number is worked out."""
    k, side = len(kernel), len(result)
    before, colours = same_padding(len(image), k, 1), (panels.map_palette(), (0.0, 1.0))
    strongest = divmod(int(np.abs(result).argmax()), side)
    row, column = slide(
        image,
        result,
        strongest,
        LaboratoryPage.slide,
        kernel_px=k,
        stride=1,
        pad_px=before[0],
        colours=(colours, panels.colours(result)),
        caption=Words.sliding.format(side=side),
        name="laboratory-sliding",
    )
    window = np.pad(image.astype(np.float64), before)[row : row + k, column : column + k]
    products = window * kernel
    place = KernelPosition(row, column, row - before[0], column - before[0], window, products, float(products.sum()))
    show_place(place, kernel, colours, Words.on_image, "laboratory-digit-place")


show()
