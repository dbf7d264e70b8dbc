"""Draw a digit; after every stroke the network answers and shows what it saw, step by step."""

from collections.abc import Iterator

import streamlit as st

from cnnviz.drawing import pictures
from cnnviz.drawing.preparation import STEPS, Preparation
from cnnviz.network.weights import Network
from cnnviz.pages.draw import answer, inputs, readings, strokes, sureness, surprise
from cnnviz.ui import choice, digit, digit_choice, drawn, head, lookups, opening, panels, present, session, state
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
    no_maps = "This network has no convolution layer, so there are no feature maps to show."
    forgets = "The network does not learn from your drawing."


def show() -> None:
    """The page from top to bottom."""
    network = choice.network()
    surprise.follow_choice()
    surprise.give(network)
    panels.head(Words.title, Words.intro)
    if head.page_is_new():
        inputs.enter()
    with present.screen("draw"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            inputs.ask_way()
            surprise.ask()
        with st.container(key=DrawPage.beside.name):
            laboratory(network)
    canvas.listen()
    follow_pen(network)
    ask_more()
    if not network.config.convolutions:
        st.caption(Words.no_maps)
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
        given = give()
        items = list(read(network, given))
    is_empty = state.Session.digit.get() is None
    picked = figures.show(items, DrawPage.figures, faint=is_empty, n_loads=drawn.history().n_loads)
    if given:
        strokes.accept(network, given.origin, given.below, list(label(given.origin)), sureness.chosen(network))
    if picked:
        opening.open_map(picked.name, picked.number)


def follow_pen(network: Network) -> None:
    """Have the browser answer while the pen moves, where there is a pen and what it draws is read as it is."""
    way, told = DrawPage.way.get(), answer.while_drawing(network)
    if way in ("canvas", "over") and not (way == "canvas" and DrawPage.thin_pen.get()):
        frame, truth = canvas.PLACES["frame"], strokes.truth(network)
        live.follow(network, DrawPage.live, frame, told, without=strokes.without(), truth=truth)


def give() -> inputs.Given | None:
    """The chosen way of giving a digit, and what was given; None when it could not be read."""
    try:
        return inputs.ask()
    except pictures.ImageError as error:
        st.error(str(error), icon=":material/error:")
        return None


def read(network: Network, given: inputs.Given | None) -> answer.Items:
    """Have the network read what was given, and make it the session's digit."""
    without = strokes.without()
    preparation, left_out = readings.variants(given.ink, without) if given and given.ink is not None else (None, {})
    own = digit.given(preparation, given.origin) if given and preparation else None
    digit_choice.give(own)
    if preparation is None or given is None:
        yield from answer.nothing(network)
        return
    prepared = [preparation, *left_out.values()]
    outputs = lookups.reading(network, readings.stacked(prepared), answer.last_maps(network))
    first, *others = readings.readings(prepared, outputs, choice.current())
    sure = sureness.chosen(network)
    yield from answer.answer(first, [*label(given.origin), *(sure.told(first) if sure else ())])
    yield from beside(DrawPage.network_beside.get(), preparation)
    yield answer.seen(preparation.centred)
    yield from (answer.maps(layer, first.outputs[layer]) for layer in answer.last_maps(network))
    yield answer.steps(preparation, without)
    yield from answer.changes(first, dict(zip(left_out, others, strict=True)))


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
        st.toggle(
            sureness.Words.switch, key=DrawPage.calibrated.name, help=sureness.Words.help, persist_state="session"
        )
        names = [Words.none, *(name for name, entry in choice.entries().items() if entry.iterations)]
        st.selectbox(Words.network_beside, names, key=DrawPage.network_beside.name, persist_state="session")


show()
