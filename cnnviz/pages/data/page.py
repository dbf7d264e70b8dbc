"""The digits themselves: any image of any part, what the network makes of it, and how it becomes numbers."""

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Dataset, Split
from cnnviz.data.parts import SPLITS, Images
from cnnviz.pages.data import asking, class_digits, gallery, numbers, opened, sizes
from cnnviz.ui import choice, digit_choice, lookups, panels, present, state, telephone
from cnnviz.ui.digit import Digit
from cnnviz.ui.state import DataPage


class Words:
    """What this page says."""

    title = "Data"
    intro = (
        "The network learns from the training digits, is watched on the validation digits and is judged on the "
        "test digits, which it never learns from."
    )
    no_validation = (
        "**{name}** is an exception: it learnt from the validation digits too, so it has none to be watched on."
    )
    more = "More: its 784 numbers, shapes, labels, how many of each"


def show() -> None:
    """The page from top to bottom."""
    panels.head(Words.title, Words.intro)
    trained, entry = choice.recipe(), choice.current().entry
    if entry and trained and not trained.keep_validation:
        st.markdown(Words.no_validation.format(name=entry.name))
    class_digits.show()
    splits = asking.load()
    network, shown = choice.usable_network(), digit_choice.current()
    with present.screen("samples"):
        images = asking.ask(splits)
    with st.container(key=state.stack_of("data").name):
        left, right = st.columns([6, 5], gap="large")
    with left:
        samples = present.screen("samples", 2)
    with right, present.screen("opened"):
        probs = lookups.activations(network, shown.image[None, :, :, None])["softmax"][0] if network else None
        opened.show(shown, network, probs)
    telephone.more(Words.more)
    show_numbers(shown, probs, len(images))
    show_parts(splits, images)
    with samples:  # last, since all else need not wait until a whole part is read
        gallery.show(images, network)


def show_numbers(shown: Digit, probs: np.ndarray | None, n: int) -> None:
    """One image as numbers; its probabilities, and how many images the part has that is chosen."""
    with telephone.behind_more("bytes"), present.screen("bytes"):
        numbers.show_bytes(shown)
    with telephone.behind_more("numbers"), st.container(key=state.stack_of("numbers").name):
        left, right = st.columns(2, gap="large")
    with left, present.screen("division"):
        numbers.show_division(shown)
    with right, present.screen("one-hot"):
        numbers.show_label(shown, probs)
    with telephone.behind_more("shapes"), present.screen("shapes"):
        numbers.show_shapes(shown, n)


def show_parts(splits: dict[Split, Dataset], images: Images) -> None:
    """Sizes and shapes of all parts; counts and labels of the one that is chosen."""
    with telephone.behind_more("sizes"), present.screen("sizes"):
        sizes.show_sizes({name: asking.images_of(name, splits) for name in SPLITS})
    with telephone.behind_more("parts"), st.container(key=state.stack_of("parts").name):
        left, right = st.columns(2, gap="large")
    part = DataPage.part.get()
    with left, present.screen("counts"):
        sizes.show_counts(part, images)
    with right, present.screen("labels"):
        sizes.show_labels(part, images)


show()
