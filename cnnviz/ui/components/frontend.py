"""A component whose JavaScript lies beside its Python."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st


@functools.cache
def component(
    name: str, script: str, html: str = "", css: str = "", *, style: str = "", isolate_styles: bool = True
) -> Any:
    """Register a component of components v2 when it is first shown.

    Args:
        name: how Streamlit calls it.
        script: its JavaScript file, from this folder.
        html, css: what it is made of.
        style: its style sheet, from this folder, to which `css` is added.
        isolate_styles: put it in a shadow root of its own.

    Returns:
        the function that shows it.
    """
    folder = Path(__file__).parent
    js = (folder / script).read_text("utf-8")
    css = (folder / style).read_text("utf-8") + css if style else css
    return st.components.v2.component(name, html=html, css=css, js=js, isolate_styles=isolate_styles)
