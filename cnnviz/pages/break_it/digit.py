"""How much a network bears: a digit is moved, turned, thickened, inverted, made noisy, and so are all test digits."""

import functools

import numpy as np
import streamlit as st

from cnnviz.analysis import corruptions
from cnnviz.data.dataset import Dataset
from cnnviz.network.weights import Network
from cnnviz.percentages import percent
from cnnviz.render import charts, figures
from cnnviz.ui import asking, choice, digit_choice, lookups, panels, present, refusal, state, subjects
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images


class Words:
    """What this page says."""

    intro = "Change the digit little by little until the network reads it wrong; the curves show it for many digits."
    names = {
        "move": "Moved right, pixels",
        "turn": "Turned clockwise, degrees",
        "thicken": "Strokes thicker, pixels",
        "invert": "Inverted, share",
        "noise": "Noise, standard deviation",
    }
    reset = "Reset"
    to_ask = "Which digit will the network say once it is changed like this?"
    before, after = "before", "after"
    pair = "The digit before and after. The network sees it like this, without any preparation."
    pair_alt = "Two pictures of 28 by 28 pixels: the digit before and after."
    unchanged = "No change: the network still reads {digit}."
    changed = "The network now reads {digit}; before, it read {was}."
    curves = "Accuracy on {n:,} test digits"
    curves_caption = (
        "One change at a time, made to the first {n:,} test digits. The line marks where the slider stands. Each curve "
        "says how often the network is right, not how sure it is."
    )
    curve_alt = "Line chart: accuracy from {worst} to {best} over {name}."
    accuracy = "Accuracy"
    curve = "Accuracy on test digits that were changed: {name}."
    computing = "Reading changed test digits: {done} of {n} points"


N_DIGITS = 2000
WIDE_CURVES = 3
"""How many stand side by side in Present."""


def show() -> None:
    """The page from top to bottom."""
    network, test = choice.network(), choice.dataset()
    panels.intro(Words.intro)
    digit = digit_choice.current()
    with present.screen("digit"), st.container(key=state.stack_of("changes").name):
        controls, effect = st.columns([4, 9], gap="large")
    with controls:
        amounts = ask_amounts()
    with effect:
        refusal.note(network, digit)
        show_digit(network, digit.image, amounts)
        st.button(Words.reset, icon=":material/restart_alt:", on_click=reset)
    with present.screen("curves"):
        show_curves(network, test, amounts)


def ask_amounts() -> dict[str, float]:
    """A slider for each change."""
    amounts = {}
    for name, corruption in corruptions.CORRUPTIONS.items():
        key = state.amount_of(name, float(corruption.neutral))
        key.begin(key.default)
        low, high = float(corruption.severities[0]), float(corruption.severities[-1])
        step = 1.0 if high > 10 else 0.5 if high > 3 else 0.25 if high > 1 else 0.05
        amounts[name] = st.slider(Words.names[name], low, high, step=step, key=key.name, persist_state="session")
    return amounts


def reset() -> None:
    """Put every slider where it changes nothing."""
    for name, corruption in corruptions.CORRUPTIONS.items():
        key = state.amount_of(name, float(corruption.neutral))
        key.set(key.default)


def show_digit(network: Network, image: np.ndarray, amounts: dict[str, float]) -> None:
    """The digit before and after, and what it is read as."""
    changed = corruptions.apply(image[None], amounts)[0]
    before, after = lookups.activations(network, np.stack([image, changed])[..., None])["softmax"]
    asking.offer(Words.to_ask, lambda: subjects.of_digit(network, changed))
    left, right = st.columns([8, 5], gap="large")
    with left:
        names = (Words.before, Words.after)
        pair = np.stack([image, changed])
        sheet = images(
            pair, panels.map_palette(), 2, labels=names, called=names, cell_px=252, widest_px=300, is_fixed=True
        )
        maps.show(sheet, caption=Words.pair, alt=Words.pair_alt, name="changed")
    with right:
        sentence = Words.unchanged if after.argmax() == before.argmax() else Words.changed
        caption = sentence.format(digit=after.argmax(), was=before.argmax())
        panels.bars(after, caption, "changed-answer", width=320)


def points(network: Network, digits: Dataset) -> dict[tuple[str, float], float]:
    """Accuracy by change and amount; shows its progress while it computes."""
    keys = [
        (name, float(amount))
        for name, corruption in corruptions.CORRUPTIONS.items()
        for amount in corruption.severities
    ]
    accuracies = lookups.results(
        ("robustness", network.key, digits.key),
        lambda: [(corruptions.accuracy, network, digits, name, amount) for name, amount in keys],
        lambda done: Words.computing.format(done=done, n=len(keys)),
    )
    return dict(zip(keys, accuracies, strict=True))


def show_curves(network: Network, test: Dataset, amounts: dict[str, float]) -> None:
    """A curve for each change, with a mark where the slider stands."""
    n = min(N_DIGITS, len(test))
    st.markdown(f"**{Words.curves.format(n=n)}**")
    accuracies = points(network, Dataset(test.images[:n], test.labels[:n], test.name))
    with st.container(key=state.pairs_of("curves").name):
        n_columns = len(corruptions.CORRUPTIONS) if panels.scale() == 1 else WIDE_CURVES
        rows = [st.columns(n_columns) for _ in range(0, len(corruptions.CORRUPTIONS), n_columns)]
        places = [place for row in rows for place in row][: len(corruptions.CORRUPTIONS)]
    for place, (name, corruption) in zip(places, corruptions.CORRUPTIONS.items(), strict=True):
        values = [accuracies[name, amount] for amount in corruption.severities]
        chart = charts.corruption_chart(corruption.severities, values, amounts[name], Words.names[name], panels.theme())
        alt = Words.curve_alt.format(
            worst=percent(min(values), 0), best=percent(max(values), 0), name=Words.names[name]
        )
        line = {Words.names[name]: (np.array(corruption.severities, float), np.array(values))}
        draw = functools.partial(figures.curves_figure, line, Words.accuracy, 1.0, Words.names[name])
        with place:
            panels.chart(
                chart, alt, key=state.curve_of(name), figure=draw, caption=Words.curve.format(name=Words.names[name])
            )
    st.caption(Words.curves_caption.format(n=n))
