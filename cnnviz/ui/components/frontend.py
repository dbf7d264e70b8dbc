"""A component whose JavaScript lies beside its Python."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st


@functools.cache
def component(name: str, script: str, html: str = "", css: str = "", *, isolate_styles: bool = True) -> Any:
    """Register a component of components v2 when it is first shown.

    Args:
        name: how Streamlit calls it.
        script: its JavaScript file, from this folder.
        html, css: what it is made of.
        isolate_styles: put it in a shadow root of its own.

    Returns:
        the function that shows it.
    """
    js = (Path(__file__).parent / script).read_text("utf-8")
    return st.components.v2.component(name, html=html, css=css, js=js, isolate_styles=isolate_styles)
