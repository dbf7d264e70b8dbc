"""Draw a digit; after every stroke the network answers and shows what it saw, step by step."""

import numpy as np
import streamlit as st

from cnnviz.drawing import pictures, rejection
from cnnviz.drawing.preparation import STEPS, Preparation, prepare_variants
from cnnviz.network.config import layers
from cnnviz.network.weights import Network
from cnnviz.pages.draw import inputs
from cnnviz.percentages import probability
from cnnviz.render import palettes, tiles
from cnnviz.ui import choice, digit, digit_choice, head, lookups, panels, refusal, session
from cnnviz.ui.components.canvas import canvas
from cnnviz.ui.state import DrawPage


class Words:
    """What this page says."""

    title = "Draw"
    intro = "Draw one digit. After every stroke the network says what it reads, and shows what it saw on the way."
    empty = "Nothing is drawn yet, so there is no answer."
    answer = "Answer: {digit}"
    either = "{first} or {second}"
    sure = "Softmax {share}; next is {second} with {second_share}."
    refused = "No digit here"
    reasons: dict[rejection.Reason, str] = {
        "dot": "This is a dot: too small to be a digit.",
        "full": "Nearly everything is ink; the strokes of a digit leave paper between them.",
        "many": "These are {n} things side by side; the network reads one digit at a time.",
        "unlike": "It is not like the digits that the network has learnt from.",
    }
    refused_softmax = (
        "The softmax would say {digit} with {share}. It shares 100 % out among ten digits whatever it is shown, "
        "so it is not the chance of being right, and it has no place for “none of them”."
    )
    bars = "The ten outputs of the softmax; they add up to 100 %."
    beside = "{name} reads {digit}, with {share} of the softmax."
    seen = "What the network sees: 28×28 pixels."
    seen_nothing = "What the network sees: 28×28 pixels, still empty."
    seen_alt = "The drawing as 28 by 28 grey pixels, centred."
    maps = "The {n} feature maps of {side}×{side} that leave {layer}; {shade} is stronger.{dead}"
    shades = {"binary": "darker", "gray": "brighter"}
    dead = " Zero everywhere and crossed out: {n}."
    maps_alt = "{n} feature maps of layer {layer}, {side} by {side} pixels each, on one scale from 0 to {top:.2g}."
    more = "More"
    network_beside = "A second network on the same drawing"
    none = "none"
    steps = "Steps of the preparation"
    steps_help = "Switch a step off and see what the answer becomes."
    step = {"ink": "ink is white", "crop": "crop to the ink", "box": "20×20 box", "centre": "centre of mass"}
    step_labels = ("drawn", "ink", "cropped", "scaled", "centred")
    steps_caption = "The drawing on its way to the network.{off}"
    steps_off = " Switched off: {names}."
    steps_alt = "Five pictures: the drawing, its ink, cropped, scaled, and as 28 by 28 pixels."
    without = {"ink": "with ink and paper exchanged", "crop": "without cropping", "box": "without the 20×20 box",
               "centre": "without centring by mass"}  # fmt: skip
    changes = "Leave one step out, and the answer changes: {changes}."
    change = "{without} it reads {digit}, {share}"
    change_to_none = "{without} it sees no digit"
    no_change = "Leave any one step out, and this drawing is still read as {digit}."
    still_none = "Leave any one step out, and there is still no digit here."
    forgets = "The network does not learn from your drawing."


ANSWER_PX = 250
CLOSE = 0.2
"""A second digit with that share of the softmax is named beside the first."""


def show() -> None:
    """The page from top to bottom."""
    network = choice.network()
    panels.head(Words.title, Words.intro)
    if head.page_is_new():
        canvas.enter()
    laboratory(network)
    ask_more()
    st.caption(Words.forgets)
    session.show_stored()


@session.part
def laboratory(network: Network) -> None:
    """Canvas, answer, maps and steps; only this part runs again after a stroke.

    What is asked below, in `ask_more`, is no part of it, so that no stroke has to show it again; whoever changes it
    waits for the whole page, which is rare.
    """
    without = frozenset(STEPS) - frozenset(DrawPage.steps.get() or ())
    with st.container(horizontal=True, gap="medium"):  # columns would cut the canvas off where they are narrow
        left, middle, right = st.container(width=canvas.SIDE_PX), st.container(width=ANSWER_PX), st.container()
    with left:
        given = give()
    ink = given.ink if given else None
    preparation, left_out = (None, {}) if ink is None else variants(ink, without)
    own = digit.given(preparation, given.origin) if given and preparation else None
    digit_choice.give(own)
    digit_choice.show_thumbnail()
    if preparation is None:
        with middle:
            st.info(Words.empty, icon=":material/draw:")
        with right:
            show_seen(np.zeros((28, 28), np.float32), Words.seen_nothing)
        return
    prepared = (preparation, *left_out.values())
    outputs = lookups.activations(network, np.stack([each.centred for each in prepared])[..., None])
    by_variant = [{name: output[i] for name, output in outputs.items()} for i in range(len(prepared))]
    refusals = [refuse(each, of_it) for each, of_it in zip(prepared, by_variant, strict=True)]
    with middle:
        show_answer(by_variant[0]["softmax"], refusals[0])
        show_beside(DrawPage.network_beside.get(), preparation)
    with right:
        show_seen(preparation.centred, Words.seen)
        for layer in last_maps(network):
            show_maps(layer, by_variant[0][layer])
    show_steps(preparation, without)
    readings = [
        None if refused else reading(of_it["softmax"]) for refused, of_it in zip(refusals, by_variant, strict=True)
    ]
    show_changes(readings[0], dict(zip(left_out, readings[1:], strict=True)))


def give() -> inputs.Given | None:
    """The chosen way of giving a digit, and what was given; None when it could not be read."""
    try:
        return inputs.ask()
    except pictures.ImageError as error:
        st.error(str(error), icon=":material/error:")
        return None


def ask_more() -> None:
    """The way of giving a digit and, where it can be opened, the pen, the steps and a second network."""
    inputs.ask_way()
    with st.expander(Words.more):
        inputs.ask_pen()
        st.pills(
            Words.steps,
            STEPS,
            selection_mode="multi",
            default=DrawPage.steps.default,
            format_func=Words.step.__getitem__,
            key=DrawPage.steps.name,
            help=Words.steps_help,
            persist_state="session",
        )
        names = [Words.none, *(name for name, entry in choice.entries().items() if entry.iterations)]
        st.selectbox(Words.network_beside, names, key=DrawPage.network_beside.name, persist_state="session")


def variants(ink: np.ndarray, without: frozenset[str]) -> tuple[Preparation | None, dict[str, Preparation]]:
    """The drawing without some steps, None when there is no ink; and, by step, with that step left out as well."""
    steps = [step for step in STEPS if step not in without]
    first, *others = prepare_variants(ink, [without, *(without | {step} for step in steps)])
    return first, {step: other for step, other in zip(steps, others, strict=True) if other}


def refuse(preparation: Preparation, outputs: dict[str, np.ndarray]) -> rejection.Refusal | None:
    """Why the chosen network sees no digit; None for one that may be a digit."""
    chosen = choice.current()
    return refusal.refuse(preparation, outputs, chosen.entry, chosen.iteration)


def reading(probs: np.ndarray) -> tuple[int, float]:
    """The digit and its probability."""
    return int(probs.argmax()), float(probs.max())


def show_answer(probs: np.ndarray, refused: rejection.Refusal | None) -> None:
    """The digit, how sure, and all ten probabilities; or why there is none."""
    second, first = np.argsort(probs)[-2:]
    if refused:
        st.header(Words.refused, anchor=False)
        st.markdown(Words.reasons[refused.reason].format(n=refused.n_things))
        st.caption(Words.refused_softmax.format(digit=first, share=probability(probs[first])))
    else:
        close = probs[second] >= CLOSE
        answer = Words.either.format(first=first, second=second) if close else str(first)
        st.header(Words.answer.format(digit=answer), anchor=False)
        share, second_share = probability(probs[first]), probability(probs[second])
        st.markdown(Words.sure.format(share=share, second=second, second_share=second_share))
    panels.bars(probs, Words.bars, "answer")


def show_beside(name: str, preparation: Preparation) -> None:
    """The same drawing read by a second network."""
    entry = None if name == Words.none else choice.entries().get(name)
    if entry is None:
        return
    network = choice.opened(entry, entry.iterations[-1])
    probs = lookups.activations(network, preparation.centred[None, :, :, None])["softmax"][0]
    caption = Words.beside.format(name=name, digit=probs.argmax(), share=probability(probs.max()))
    panels.bars(probs, caption, "answer-beside")


def show_seen(image: np.ndarray, caption: str) -> None:
    """The 28×28 that goes in."""
    picture = tiles.index_grid(image[None], "gray", (0, 1), cell_px=280)
    panels.picture(picture, caption, Words.seen_alt, "seen", width=140, inline=True)


def last_maps(network: Network) -> list[str]:
    """The last layer of each convolution block: what the block hands on."""
    blocks = {layer.block: layer.name for layer in layers(network.config) if layer.block}  # the last of each block
    return list(blocks.values())


def show_maps(layer: str, outputs: np.ndarray) -> None:
    """A layer's feature maps, (height, width, channels), on one scale."""
    maps = outputs.transpose(2, 0, 1)
    limits = palettes.limits_with_zero(maps)
    columns = 8 if len(maps) <= 32 else 12 if len(maps) <= 48 else 16
    picture = tiles.index_grid(
        maps, panels.map_palette(), limits, columns=columns, cell_px=56, mark_dead=True, theme=panels.theme()
    )
    n_dead = tiles.is_dead(maps).sum()
    values = {"layer": layer, "n": len(maps), "side": maps.shape[1], "shade": Words.shades[panels.map_palette()]}
    values["dead"] = Words.dead.format(n=n_dead) if n_dead else ""
    panels.picture(
        picture, Words.maps.format(**values), Words.maps_alt.format(top=limits[1], **values), layer, inline=True
    )


def show_steps(preparation: Preparation, without: frozenset[str]) -> None:
    """Every step as a picture, in a row."""
    inked = 1 - preparation.drawn if "ink" in without else preparation.drawn
    images = (preparation.drawn, inked, preparation.cropped, preparation.boxed, preparation.centred)
    picture = tiles.index_row(images, Words.step_labels, theme=panels.theme())
    off = ", ".join(Words.step[step] for step in STEPS if step in without)
    caption = Words.steps_caption.format(off=Words.steps_off.format(names=off) if off else "")
    panels.picture(picture, caption, Words.steps_alt, "steps", width=900, inline=True)


def show_changes(reading: tuple[int, float] | None, left_out: dict[str, tuple[int, float] | None]) -> None:
    """What the answer would be with one more step left out; readings as from `reading`, None for no digit."""
    answer = reading and reading[0]
    changes = []
    for step, other in left_out.items():
        if other is None and answer is not None:
            changes.append(Words.change_to_none.format(without=Words.without[step]))
        elif other is not None and other[0] != answer:
            share = probability(other[1])
            changes.append(Words.change.format(without=Words.without[step], digit=other[0], share=share))
    if changes:
        st.markdown(Words.changes.format(changes="; ".join(changes)))
    elif left_out:
        st.markdown(Words.still_none if answer is None else Words.no_change.format(digit=answer))


show()
