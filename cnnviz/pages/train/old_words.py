"""The words of TensorFlow 1, which the tutorials are written in, beside those of today."""

import html
import re
from pathlib import Path

import streamlit as st

from cnnviz.ui import panels


class Words:
    """The table, and why there is a TensorFlow at all."""

    title = "More: words of older tutorials, and why TensorFlow"
    why = (
        "**Why TensorFlow and not NumPy?** NumPy can multiply and add all these numbers too. TensorFlow does two "
        "things beyond it. It finds the gradient, how the loss changes with each weight, by itself: one writes down "
        "how the loss is computed, and nothing more. And it shares the work among the cores of a processor, or gives "
        "it to a GPU or a TPU, without a change of the program."
    )
    caption = (
        "Programs for TensorFlow 1 first described a computation and then ran it. Since TensorFlow 2, of 2019, every "
        "line computes at once, and most of these words are not needed any more."
    )
    alt = "Table of {n} words of TensorFlow 1, how each is written, what is written today, and what it means."
    columns = ("Word", "In TensorFlow 1", "Today, with Keras", "What it means")


TABLE = (
    (
        "graph",
        "`tf.Graph()`",
        "a Python function, or a `keras.Model`",
        "The steps of a computation and what each takes from the others. `@tf.function` still makes one of a function, "
        "because a graph runs faster.",
    ),
    (
        "placeholder",
        "`x = tf.placeholder(tf.float32, [None, 784])`",
        "an argument of a function; `keras.Input((28, 28, 1))`",
        "An empty place in the graph, for images that are given when it runs.",
    ),
    (
        "None as a size",
        "`[None, 784]`",
        "`keras.Input((28, 28, 1))` leaves that size out",
        "As many images as are given: their number is left open, the 784 pixels of each are not.",
    ),
    (
        "Variable",
        "`tf.Variable(tf.truncated_normal([5, 5, 1, 16]))`",
        "`layer.kernel` and `layer.bias`, which each layer makes itself",
        "Numbers that are kept from one training step to the next and changed by it: weights and biases.",
    ),
    (
        "global_variables_initializer",
        "`session.run(tf.global_variables_initializer())`",
        "nothing; how they start is said by `kernel_initializer=`",
        "It gave each variable its first value. Today a layer's weights have one as soon as they are there.",
    ),
    (
        "Session",
        "`session = tf.Session()`",
        "nothing",
        "What ran the graph, and held the values of its variables meanwhile.",
    ),
    (
        "run",
        "`session.run(optimizer, feed_dict)`",
        "`model.train_on_batch(images, labels)`, or `model(images)`",
        "Computes what is asked for, with every step of the graph that it needs, and no other.",
    ),
    (
        "feed_dict",
        "`feed_dict={x: images, y_true: labels}`",
        "the arguments: `model(images)`",
        "Says which arrays go into which placeholders in this run.",
    ),
    (
        "eval",
        "`accuracy.eval(feed_dict)`",
        "`float(accuracy)`, or `tensor.numpy()`",
        "The same as `session.run` of one value. Today a value is there when its line has run.",
    ),
    (
        "InteractiveSession",
        "`session = tf.InteractiveSession()`",
        "nothing",
        "A session that `eval` and `run` take by themselves, so that it need not be named each time.",
    ),
    (
        "close",
        "`session.close()`",
        "nothing",
        "Gave back the memory of the session. Python does so when nothing uses an array any more.",
    ),
    (
        "strides of tf.nn.conv2d",
        '`tf.nn.conv2d(x, w, strides=[1, 2, 2, 1], padding="SAME")`',
        '`keras.layers.Conv2D(16, 5, strides=2, padding="same")`',
        "How far the kernel moves along each of the four axes: image, row, column, channel. No image and no channel is "
        "left out, so the first and the last are always 1.",
    ),
    (
        "ksize",
        '`tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")`',
        '`keras.layers.MaxPooling2D(2, padding="same")`',
        "How large the pooling window is along the same four axes: 2 rows and 2 columns of one image and one channel.",
    ),
)
"""A row for each word, as `Words.columns`."""


def show() -> None:
    """Why TensorFlow, and the table; closed at first."""
    columns = dict(zip(Words.columns, zip(*TABLE, strict=True), strict=True))
    with st.expander(Words.title):
        st.markdown(Words.why)
        st.html(Path(__file__).with_name("old_words.css"))
        st.html(table())
        with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
            st.caption(Words.caption, width="stretch")
            panels.download_csv(columns, "words-of-tensorflow-1")


def table() -> str:
    """The table as HTML; on a narrow screen its rows are blocks, which a table of Streamlit's cannot be.

    The roles are said because a browser forgets them where a row is no row any more.
    """
    heads = "".join(f'<th role="columnheader">{name}</th>' for name in Words.columns)
    rows = "".join(f'<tr role="row">{cells(row)}</tr>' for row in TABLE)
    return (
        f'<table class="old-words" role="table" aria-label="{Words.alt.format(n=len(TABLE))}">'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table>'
    )


def cells(row: tuple[str, ...]) -> str:
    """One row's cells, each with the name of its column for where the columns stand one below the other."""
    word, *others = [re.sub("`(.+?)`", r"<code>\1</code>", html.escape(text, quote=False)) for text in row]
    named = zip(Words.columns[1:], others, strict=True)
    return f'<th role="rowheader">{word}</th>' + "".join(
        f'<td role="cell" data-column="{name}">{text}</td>' for name, text in named
    )
