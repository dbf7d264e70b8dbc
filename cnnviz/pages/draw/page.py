"""Draw a digit; after every stroke the network answers and shows what it saw, step by step."""

from collections.abc import Iterator

import numpy as np
import streamlit as st

from cnnviz.drawing import pictures
from cnnviz.drawing.preparation import STEPS, Preparation, prepare_variants
from cnnviz.network.weights import Network
from cnnviz.pages.draw import answer, inputs, surprise
from cnnviz.pages.draw.answer import Reading
from cnnviz.ui import choice, digit, digit_choice, head, lookups, opening, panels, present, refusal, session, state
from cnnviz.ui.components.canvas import canvas
from cnnviz.ui.components.figures import figures
from cnnviz.ui.components.figures.figures import Text
from cnnviz.ui.components.live import live
from cnnviz.ui.digit import Origin
from cnnviz.ui.state import DrawPage


class Words:
    """What this page says."""

    title = "Draw"
    intro = "cnnviz opens up a neural network that reads handwritten digits. Draw one and watch what it sees."
    more = "More"
    network_beside = "A second network on the same drawing"
    none = "none"
    steps = "Steps of the preparation"
    steps_help = "Switch a step off and see what the answer becomes."
    forgets = "The network does not learn from your drawing."


def show() -> None:
    """The page from top to bottom."""
    network = choice.network()
    surprise.follow_choice()
    surprise.give(network)
    panels.head(Words.title, Words.intro)
    if head.page_is_new():
        canvas.enter()
    with present.screen("draw"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            inputs.ask_way()
            surprise.ask()
        with st.container(key=DrawPage.beside.name):
            laboratory(network)
    canvas.listen()
    follow_pen(network)
    ask_more()
    st.caption(Words.forgets)
    session.show_stored()


@session.part
def laboratory(network: Network) -> None:
    """Canvas, answer, maps and steps; only this part runs again after a stroke.

    Each element here is one more that the server sends for every stroke, which costs it more than most of what is
    computed.  So all that a stroke changes is one element, and what is asked below, in `ask_more`, is no part of this;
    whoever changes it waits for the whole page, which is rare.
    """
    with canvas.frame():
        items = list(read(network, give()))
    picked = figures.show(items, DrawPage.figures, faint=state.Session.digit.get() is None)
    if picked:
        opening.open_map(picked.name, picked.number)


def follow_pen(network: Network) -> None:
    """Have the browser answer while the pen moves, where there is a pen and what it draws is read as it is."""
    way, without = DrawPage.way.get(), frozenset(STEPS) - frozenset(DrawPage.steps.get() or ())
    if way in ("canvas", "over") and not (way == "canvas" and DrawPage.thin_pen.get()):
        live.follow(network, DrawPage.live, canvas.PLACES["frame"], answer.while_drawing(network), without)


def give() -> inputs.Given | None:
    """The chosen way of giving a digit, and what was given; None when it could not be read."""
    try:
        return inputs.ask()
    except pictures.ImageError as error:
        st.error(str(error), icon=":material/error:")
        return None


def read(network: Network, given: inputs.Given | None) -> answer.Items:
    """Have the network read what was given, and make it the session's digit."""
    without = frozenset(STEPS) - frozenset(DrawPage.steps.get() or ())
    preparation, left_out = variants(given.ink, without) if given and given.ink is not None else (None, {})
    own = digit.given(preparation, given.origin) if given and preparation else None
    digit_choice.give(own)
    if preparation is None or given is None:
        yield from answer.nothing(network)
        return
    first, *others = readings(network, [preparation, *left_out.values()])
    yield from answer.answer(first, label(given.origin))
    yield from beside(DrawPage.network_beside.get(), preparation)
    yield answer.seen(preparation.centred)
    yield from (answer.maps(layer, first.outputs[layer]) for layer in answer.last_maps(network))
    yield answer.steps(preparation, without)
    yield from answer.changes(first, dict(zip(left_out, others, strict=True)))


def variants(ink: np.ndarray, without: frozenset[str]) -> tuple[Preparation | None, dict[str, Preparation]]:
    """The drawing without some steps, None when there is no ink; and, by step, with that step left out as well."""
    steps = [step for step in STEPS if step not in without]
    first, *others = prepare_variants(ink, [without, *(without | {step} for step in steps)])
    return first, {step: other for step, other in zip(steps, others, strict=True) if other}


def readings(network: Network, prepared: list[Preparation]) -> list[Reading]:
    """What the chosen network makes of each preparation; the maps are of the first one alone."""
    chosen = choice.current()
    images = np.stack([each.centred for each in prepared])[..., None]
    outputs = lookups.reading(network, images, answer.last_maps(network))
    found = []
    for i, each in enumerate(prepared):
        of_it = {name: output[i] for name, output in outputs.items() if i < len(output)}
        found.append(Reading(of_it, refusal.refuse(each, of_it, chosen.entry, chosen.iteration)))
    return found


def label(origin: Origin) -> Iterator[Text]:
    """What a test image that is drawn over is labelled."""
    if origin.number is not None:
        yield answer.label(origin.number, int(choice.dataset().labels[origin.number]))


def beside(name: str, preparation: Preparation) -> answer.Items:
    """The same drawing read by a second network, where one is chosen."""
    entry = None if name == Words.none else choice.entries().get(name)
    if entry is not None:
        network = choice.opened(entry, entry.iterations[-1])
        probs = lookups.activations(network, preparation.centred[None, :, :, None])["softmax"][0]
        yield answer.beside(name, probs)


def ask_more() -> None:
    """Where it can be opened: the pen, the steps and a second network."""
    with st.expander(Words.more):
        inputs.ask_pen()
        st.pills(
            Words.steps,
            STEPS,
            selection_mode="multi",
            default=DrawPage.steps.default,
            format_func=answer.Words.step.__getitem__,
            key=DrawPage.steps.name,
            help=Words.steps_help,
            persist_state="session",
        )
        names = [Words.none, *(name for name, entry in choice.entries().items() if entry.iterations)]
        st.selectbox(Words.network_beside, names, key=DrawPage.network_beside.name, persist_state="session")


show()
