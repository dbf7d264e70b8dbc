"""The digits of a class, where they are chosen: what is kept and until when, files of them, and how to delete them."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st

from cnnviz.data import collection_files, collections, dataset
from cnnviz.data.collections import Collection
from cnnviz.data.dataset import Source
from cnnviz.data.mnist import DataError
from cnnviz.ui import access, choice, digits, panels, texts
from cnnviz.ui.state import DataPage


class Words:
    """What is said of them."""

    title = "{title}, drawn by {persons}"
    persons = {True: "one person", False: "{n} persons"}
    kept = (
        "They are the test digits of every page. Kept are the pictures, what each was to be, and a number that says "
        "which are of one person; no names. They are deleted on {day} {month}, {time}."
    )
    only_teacher = "Before that, only the teacher can delete them."
    delete, sure = "Delete these digits", "Delete them for good"
    not_teacher = "Nothing was deleted. Only the teacher may delete the digits of a class."
    not_deleted = "Nothing was deleted: the file cannot be removed."
    idx, npz = "IDX files", "npz"
    idx_help = "As MNIST's test files: t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz, in a ZIP file."
    npz_help = "For NumPy: x_test, uint8 (n, 28, 28), 255 is ink; y_test, the labels; person, which are of one person."


def show() -> None:
    """One paragraph and the buttons; nothing where the digits are no class's."""
    source = choice.current().source
    if source.kind != "class":
        return
    try:
        kept = dataset.collection(source)
    except DataError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()
    end = digits.time_of(kept.kept_s + collections.DAY_S)
    persons = Words.persons[kept.n_persons == 1].format(n=kept.n_persons)
    with st.container(border=True):
        st.markdown(f"**{Words.title.format(title=digits.title(source), persons=persons)}**")
        st.caption(Words.kept.format(day=end.day, month=texts.MONTHS[end.month - 1], time=f"{end:%H:%M}"))
        with st.container(horizontal=True, vertical_alignment="center"):
            for label, help, write, name, mime in (
                (Words.idx, Words.idx_help, collection_files.idx_zip, f"class-{kept.name}-idx.zip", "application/zip"),
                (Words.npz, Words.npz_help, collection_files.npz, f"class-{kept.name}.npz", "application/octet-stream"),
            ):
                panels.download_file(label, functools.partial(_file, source, write), name, mime, help=help)
            _offer_delete(source)


def _file(source: Source, write: Callable[[Collection], bytes]) -> bytes:
    """A file as it is downloaded; empty where the digits were deleted meanwhile."""
    try:
        return write(dataset.collection(source))
    except DataError:
        return b""


def _offer_delete(source: Source) -> None:
    if not access.is_teacher():
        st.caption(Words.only_teacher, width="content")
        return
    with st.popover(Words.delete, icon=":material/delete:", key=DataPage.delete_class.name):
        st.button(Words.sure, key=DataPage.delete_class_sure.name, on_click=delete, args=(source,))


def delete(source: Source) -> None:
    """Callback: the teacher deletes the digits; the head then goes on with others, and says so."""
    if not access.is_teacher():
        st.toast(Words.not_teacher, icon=":material/block:")
    elif source.path:
        try:
            collections.delete(source.path)
        except OSError:
            st.toast(Words.not_deleted, icon=":material/error:")
