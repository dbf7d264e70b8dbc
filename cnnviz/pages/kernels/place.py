"""One number of an output, worked out: patch × kernel = products, and their sum, row by row."""

import numpy as np
import streamlit as st

from cnnviz.analysis.sliding_convolution import KernelPosition
from cnnviz.pages.kernels.typed import in_words, short
from cnnviz.render import matrices, palettes
from cnnviz.render.palettes import Limits, Palette
from cnnviz.ui import panels


class Words:
    """What stands at the number."""

    place = "Row {row}, column {column}: patch × kernel = products, and their sum is {total}"
    patch, kernel, products = "patch", "kernel", "products"
    caption = (
        "The kernel's first cell lies on row {top}, column {left} of {on}. Each number of the patch times the "
        "number of the kernel at the same place; the kernel is not turned."
    )
    on_padded, on_image = "the padded image", "the image"
    alt = "The patch {patch}; the kernel {kernel}; the products {products}; their sum {total}."
    sum = "Sum, row by row: {rows} = **{total}**"


EQUATION_PX = 560


def shown(values: np.ndarray) -> np.ndarray:
    """Whole numbers as int, so that they are written as such."""
    return values.astype(np.int64) if (values == np.round(values)).all() else values


def show(place: KernelPosition, kernel: np.ndarray, colours: tuple[Palette, Limits], on: str, name: str) -> None:
    """One number of the output, worked out; the patch in the colours of its image."""
    total = short(place.total)
    st.markdown(f"**{Words.place.format(row=place.row, column=place.column, total=total)}**")
    st.markdown(Words.sum.format(rows=" + ".join(row_sum(row) for row in place.products), total=total))
    cell = 56 if len(kernel) <= 5 else 44
    pictures = [
        matrices.annotated_heatmap(shown(values), *look, cell, panels.theme())
        for values, look in (
            (place.window, colours),
            (kernel, ("seismic", palettes.symmetric_limits(kernel))),
            (place.products, ("seismic", palettes.symmetric_limits(place.products))),
        )
    ]
    labels = (Words.patch, Words.kernel, Words.products)
    numbers = {"patch": in_words(place.window), "kernel": in_words(kernel), "products": in_words(place.products)}
    caption = Words.caption.format(top=place.top, left=place.left, on=on)
    alt = Words.alt.format(total=total, **numbers)
    panels.equation(pictures, labels, caption, alt, name, width=min(EQUATION_PX, 3 * pictures[0].width + 96))


def row_sum(products: np.ndarray) -> str:
    """The products of a row to be added up: "(2 + 3 − 1)"."""
    terms = short(products[0]).replace("-", "−")
    for value in products[1:]:
        terms += f" {'−' if value < 0 else '+'} {short(abs(value))}"
    return f"({terms})"
