"""The Keras program of a plan, to read and to take home as a file or as a notebook."""

import functools

import streamlit as st

from cnnviz.experiments import keras_source
from cnnviz.network.presets import Plan
from cnnviz.ui import panels


class Words:
    """What stands at the program."""

    caption = (
        "The whole program for these settings: it reads MNIST, trains, tests, and draws nine digits, nine misread "
        "ones, the confusion matrix and, of each convolution layer, the filters and what they find. It runs as it is "
        "in an empty folder where Keras, TensorFlow and Matplotlib are installed, and leaves its figures there as PNG "
        "files. The notebook is the same in small pieces with words between them; it shows its figures in place."
    )
    program, notebook = "Program (.py)", "Notebook (.ipynb)"


FILE = "digits"
"""Name of both files, without ending."""


def show(plan: Plan, title: str) -> None:
    """The program, closed at first, with its two downloads.

    Args:
        plan: what the program trains.
        title: what the reader opens.
    """
    with st.expander(title):
        st.caption(Words.caption)
        with st.container(horizontal=True):
            program = functools.partial(keras_source.keras_program, plan)
            panels.download_file(Words.program, program, f"{FILE}.py", "text/x-python")
            notebook = functools.partial(keras_source.keras_notebook, plan)
            panels.download_file(Words.notebook, notebook, f"{FILE}.ipynb", "application/x-ipynb+json")
        st.code(keras_source.keras_program(plan), "python")
