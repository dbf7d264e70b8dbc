"""How things stand on a page: the head, a picture with its caption, a table, each to be taken home."""

from __future__ import annotations

import base64
import csv
import functools
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz.network.config import NetworkConfig, layers
from cnnviz.percentages import NO_BREAK, probability
from cnnviz.render import charts, figures, matrices, palettes, tiles
from cnnviz.render.indexed import IndexedPicture
from cnnviz.render.palettes import DARK, LIGHT, Limits, Palette, Theme
from cnnviz.ui import offers, state, texts
from cnnviz.ui.state import Key, Session

ICON = ":material/download:"
WIDEST_PX = 1460
"""A wider picture Streamlit scales down and encodes anew each time it is shown."""
LARGER = 1.8
"""How much larger Present shows what is measured in pixels."""
MOST_ROWS_ON_A_SCREEN = 12


def head(title: str, sentence: str) -> None:
    """The title of a page, and what one sees there in one sentence."""
    st.subheader(title, anchor=False)
    intro(sentence)


def intro(sentence: str) -> None:
    """What one sees on a page, or on a part of it, in one sentence."""
    st.markdown(sentence)


def is_dark() -> bool:
    """True when the reader's theme is dark."""
    return st.context.theme.type == "dark"


def theme() -> Theme:
    """The colours of the reader's theme."""
    return DARK if is_dark() else LIGHT


def map_palette() -> Palette:
    """One polarity everywhere, in light and in dark: ink is white on black, as on the canvas and in MNIST's files."""
    return "gray"


def colours(values: np.ndarray) -> tuple[Palette, Limits]:
    """Palette and limits of a layer: numbers with a sign around white, red above 0, others from paper to ink."""
    if values.min() < 0:
        return "seismic", palettes.symmetric_limits(values)
    return map_palette(), palettes.limits_with_zero(values)


Content = Image.Image | IndexedPicture | bytes
"""A picture, or a PNG file's bytes."""


def picture(
    image: Content | Callable[[Theme], Content],
    caption: str,
    alt: str,
    name: str,
    *,
    width: Any = "stretch",
    inline: bool = False,
) -> None:
    """A picture with its caption and a download; it is offered to the report.

    Args:
        image: the picture; or what draws it in the colours of a theme.
        caption: what one sees, in a sentence.
        alt: the same for who cannot see it.
        name: file name of the download, without ending; unique on its page.
        width: as in st.image.
        inline: send the picture with the page's message, so that the browser need not ask for it: sooner there,
            but sent again in every run; for what changes with every stroke.
    """
    shown = image(theme()) if callable(image) else image
    if isinstance(shown, IndexedPicture) and not inline:
        shown = shown.image()  # Streamlit may scale down a file that it keeps: that breaks numbers of colours
    content = _png(shown)
    offers.picture(lambda: _png(image(LIGHT)) if callable(image) else content, caption, alt)
    st.image(_inline(content) if inline else content, width=width, alt=alt, output_format="PNG")  # JPEG blurs squares
    _below(lambda: content, caption, name)


def _png(image: Content) -> bytes:
    if isinstance(image, IndexedPicture):
        return image.png()
    return image if isinstance(image, bytes) else tiles.png(image)


def scale() -> float:
    """By how much to enlarge what does not grow with the page's font: charts, and rows of pictures of some width."""
    return LARGER if Session.present.get() else 1.0


def chart(
    drawn: Any,
    alt: str,
    *,
    key: Key[Any] | None = None,
    figure: Callable[[], Any] | None = None,
    caption: str = "",
    **options: Any,
) -> None:
    """A chart of `render.charts`, larger in Present.

    Args:
        drawn: the chart.
        alt: for who cannot see it.
        key: unique on the page.
        figure: draws the same by one of the `figures`, for the report; None where it is not offered to it.
        caption: what one sees, in a sentence.
        options: passed to Streamlit.
    """
    if figure is not None:
        draw = figure
        offers.picture(lambda: figures.png(draw()), caption or alt, alt)
    name, by = key.name if key else None, scale()
    if by != 1 or isinstance(drawn, dict):
        st.vega_lite_chart(charts.enlarged(drawn, by) if by != 1 else drawn, alt=alt, key=name, **options)
    else:
        st.altair_chart(drawn, alt=alt, key=name, **options)


def equation(
    pictures: Sequence[Image.Image], labels: Sequence[str], caption: str, alt: str, name: str, *, width: Any = "stretch"
) -> None:
    """Three pictures as a × b = c: side by side, and one below the other on a telephone.

    Args:
        pictures: of one height.
        labels: a word under each.
        caption, alt, name, width: as for a picture; the alt is for all of them.
    """
    signs, around = ("×", "="), theme()
    parts = matrices.equation_parts(pictures, signs, labels, around)
    with st.container(width=round(scale() * width) if isinstance(width, int) else width):
        places = st.columns([part.width for part in parts], gap=None)
    for place, part, description in zip(places, parts, (alt, *labels[1:]), strict=True):
        place.image(_inline(tiles.png(part)), width="stretch", alt=description, output_format="PNG")
    _below(lambda: tiles.png(matrices.equation(pictures, signs, labels, around)), caption, name)
    offers.picture(lambda: tiles.png(matrices.equation(pictures, signs, labels, LIGHT)), caption, alt)


def _inline(content: bytes) -> str:
    """A PNG as an address that holds it whole."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def below_picture(
    content: Callable[[], bytes], caption: str, name: str, *, light: Callable[[], bytes] | None = None
) -> None:
    """Caption and download of a picture that is shown in a way of its own; it is offered to the report.

    Args:
        content, name: as for `download_png`.
        caption: what one sees, in a sentence.
        light: makes the PNG file in light colours, where that is another one.
    """
    offers.picture(light or content, caption, caption)
    _below(content, caption, name)


def _below(content: Callable[[], bytes], caption: str, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
        st.caption(caption, width="stretch")
        download_png(content, name)


def not_proven(what: str) -> None:
    """What the picture above must not be taken for."""
    st.markdown(texts.NOT_PROVEN.format(what=what))


def duration(seconds: float) -> str:
    """Seconds as a person says them: 45 s, 3 min, 1 h 20 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def bars(
    probs: np.ndarray, caption: str, name: str, *, alt: str = "", width: Any = "stretch", inline: bool = True
) -> None:
    """The ten probabilities of a softmax as bars, with their caption and a download.

    Args:
        probs: float (10,).
        caption, name, width, inline: as for a picture.
        alt: words that go before the probabilities, which are said one by one to who cannot see them.
    """
    description = " ".join(part for part in (alt, probabilities_in_words(probs)) if part)
    picture(functools.partial(tiles.index_bars, probs), caption, description, name, width=width, inline=inline)


def probabilities_in_words(probs: np.ndarray) -> str:
    """The ten probabilities of a softmax as a sentence."""
    return texts.PROBABILITIES.format(shares=", ".join(f"{digit}: {probability(p)}" for digit, p in enumerate(probs)))


def download_png(content: Callable[[], bytes], name: str) -> None:
    """A button that downloads a picture.

    Args:
        content: makes the PNG file when the button is pressed. Until the page runs again it is kept, with all that it
            refers to: let that be small.
        name: file name, without ending; unique on its page.
    """
    _download("png", "image/png", content, name)


def download_file(
    label: str, content: Callable[[], bytes | str], file: str, mime: str, *, help: str | None = None
) -> None:
    """A button for a file that is itself what one wants, with a label that says what it is.

    Args:
        label: what stands on the button, which turns while the file is made.
        content: makes the file when the button is pressed, in a thread without a session.
        file: its name; unique on its page.
        mime: its type.
        help: more about it.
    """
    key = state.download_of("file", file).name
    st.download_button(label, content, file, mime, key=key, help=help, on_click="ignore", icon=ICON)


def _download(kind: Literal["png", "csv"], mime: str, content: Callable[[], bytes | str], name: str) -> None:
    """A button that downloads a file, which is made when the button is pressed.

    Streamlit's browser fetches the file of every other download button as soon as it is shown, to see whether it is
    there: five requests for every stroke on Draw.
    """
    st.download_button(
        kind.upper(),
        content,
        f"{name}.{kind}",
        mime,
        key=state.download_of(kind, name).name,
        on_click="ignore",
        type="tertiary",
        icon=ICON,
    )


@functools.lru_cache(maxsize=64)
def network_chart(config: NetworkConfig, colours: Theme) -> bytes:
    """The flow chart of a network as a PNG file; drawn once for each network, which takes a seventh of a second."""
    return figures.png(figures.network_figure(layers(config), colours), WIDEST_PX)


def download_figure(draw: Callable[..., Any], args: tuple[Any, ...], name: str) -> None:
    """A button that downloads one of the `figures`, which is drawn only then."""
    download_png(lambda: figures.png(draw(*args)), name)


def table(columns: Mapping[str, Sequence[Any]], caption: str, alt: str, name: str, **options: Any) -> None:
    """A table with its caption and a download.

    Args:
        columns: header and values of each column, all of one length.
        caption, alt, name: as for a picture.
        options: passed to st.dataframe.
    """
    # In Present a short one is text, which grows with the page; st.dataframe keeps the letters that it began with.
    if Session.present.get() and not options and len(next(iter(columns.values()))) <= MOST_ROWS_ON_A_SCREEN:
        st.table(columns, hide_index=True, alt=alt)
    else:
        st.dataframe(columns, hide_index=True, alt=alt, **options)
    _below_table(columns, caption, name)


def text_table(columns: Mapping[str, Sequence[Any]], caption: str, alt: str, name: str) -> None:
    """A table of sentences: long ones wrap; otherwise as `table`."""
    st.table(columns, hide_index=True, alt=alt)
    _below_table(columns, caption, name)


def _below_table(columns: Mapping[str, Sequence[Any]], caption: str, name: str) -> None:
    offers.table(columns, caption)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
        st.caption(caption, width="stretch")
        download_csv(columns, name)


def download_csv(columns: Mapping[str, Sequence[Any]], name: str) -> None:
    """A button that downloads columns as CSV."""
    _download("csv", "text/csv", functools.partial(_csv, columns), name)


def _csv(columns: Mapping[str, Sequence[Any]]) -> str:
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return content.getvalue().replace(NO_BREAK, " ")  # for programs that take a percentage for a number
