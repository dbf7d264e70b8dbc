"""A component whose JavaScript lies beside its Python."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import streamlit as st

from cnnviz.server import immutable

FOLDER = Path(__file__).parent
MODULES = ("maps", "figures", "scatter", "room")
"""Folders of scripts that import each other."""
IMPORTING = """export default (given) => {{
  const failed = (error) => {{
    console.error(error);
    const words = document.createElement("p");
    words.textContent = {failed}.replace("{{reason}}", error.message);
    given.parentElement.replaceChildren(words);
  }};
  import(new URL("{address}", document.baseURI)).then((script) => script.default(given)).catch(failed);
}};
"""


class Words:
    """What stands in the place of a component that a browser cannot show."""

    failed = (
        "What belongs here cannot be shown by this browser ({reason}). Load the page again; if that does not help, "
        "use a newer browser."
    )


@functools.cache
def component(
    name: str,
    script: str,
    html: str = "",
    css: str = "",
    *,
    style: str | tuple[str, ...] = (),
    isolate_styles: bool = True,
    is_module: bool = False,
) -> Any:
    """Register a component of components v2 when it is first shown.

    Args:
        name: how Streamlit calls it.
        script: its JavaScript file, from this folder.
        html, css: what it is made of.
        style: its style sheet or several, from this folder, to which `css` is added.
        isolate_styles: put it in a shadow root of its own.
        is_module: its script and its style sheets are in MODULES: the browser fetches them once, with the scripts that
            are imported, instead of getting them with every run of the page.

    Returns:
        the function that shows it.
    """
    files = [FOLDER / file for file in ((style,) if isinstance(style, str) else style)]
    if is_module:
        js = IMPORTING.format(address=_modules() + Path(script).name, failed=json.dumps(Words.failed))
        # More than one line: Streamlit takes a single one for a path.
        imports = [f'@import "{_modules()}{file.name}";' for file in files]
        css = "\n".join(["/* Fetched once. */", *imports, css]) if imports else css
    else:
        js = (FOLDER / script).read_text("utf-8")
        css = "\n".join([*(file.read_text("utf-8") for file in files), css])
    return st.components.v2.component(name, html=html, css=css, js=js, isolate_styles=isolate_styles)


@functools.cache
def _modules() -> str:
    """The address of all scripts that import each other, relative to the page's."""
    return immutable.offer_scripts(*(FOLDER / folder for folder in MODULES))
