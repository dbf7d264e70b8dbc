"""A page of several parts: its title, and the parts' names as tabs, of which one is open."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnnviz.ui import places
from cnnviz.ui.state import Key, Session


def ask(title: str, key: Key[str], names: Mapping[str, str]) -> str:
    """Show the title and the tabs.

    Only the open part runs, unlike those of `st.tabs`.

    Args:
        title: of the page.
        key: remembers which part is open.
        names: of the parts, by what the key remembers.

    Returns:
        the open part; the first one where the key remembers something else.
    """
    Session.parts.set(tuple(names))
    wanted = _named(Session.part_wanted.get(), list(names))
    Session.part_wanted.set(None)
    if wanted is not None and wanted in names:
        key.set(wanted)
    if not key.exists() or key.get() not in names:
        key.set(next(iter(names)))
    before = key.get()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.subheader(title, anchor=False, width="content")
        chosen = st.segmented_control(
            title,
            list(names),
            required=True,
            format_func=names.__getitem__,
            key=key.name,
            label_visibility="collapsed",
            persist_state="session",
        )
    return chosen or before


def _named(wanted: str | None, names: list[str]) -> str | None:
    return {places.FIRST: names[0], places.LAST: names[-1]}.get(wanted or "", wanted)


def go(part: str) -> None:
    """Open another part of the page that is open; ends this run of the script."""
    Session.part_wanted.set(part)
    st.rerun()
