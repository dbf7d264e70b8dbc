"""The breaking contest on a student's screen: the way to the filters, and what is handed in of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnnviz.classroom import prompts
from cnnviz.classroom.breaking import Attempt
from cnnviz.classroom.prompts import Prompt
from cnnviz.network.config import layers
from cnnviz.percentages import percent
from cnnviz.state.database import DatabaseError
from cnnviz.state.rooms import RoomError
from cnnviz.ui import address, browser, choice, lookups, server, state, switched_off
from cnnviz.ui.state import LayersPage, RoomKeys, Session


class Words:
    """What the question and the strip say of it."""

    subject = "Break the network"
    text = (
        "Switch off as few filters as you can so that {network} reads fewer than half of the {n:,} test digits. "
        "Hand in as often as you like; your best one counts."
    )
    no_filters = "This network has no convolution layer, so it has no filters to switch off."
    nothing_off = "Switch filters off first: on Layers, the dot under each map. Then hand it in."
    gone = "The network of this contest is not here any more."
    handed_in = "With {off} off {share} of {n:,} test digits are read right. {verdict}"
    filters = ("1 filter", "{n} filters")
    verdicts = ("That is not under half yet.", "That is under half; try with fewer.")
    too_late = "Too late: nothing is taken any more."
    away = "The room cannot be reached now: {reason}"


def prompt() -> Prompt | None:
    """The contest with the chosen network; None where that has no filters."""
    network, chosen = choice.network(), choice.current()
    if chosen.entry is None or not any(layer.kind == "convolution" for layer in layers(network.config)):
        st.info(Words.no_filters)
        return None
    return Prompt(
        "breaking",
        Words.text.format(network=chosen.entry.name, n=len(choice.dataset())),
        network=chosen.entry.name,
        steps=chosen.iteration,
        source=address.source_text(chosen.source),
    )


def here() -> str:
    """Which network can be broken on the page that is open, as the browser compares it; "" on any other page."""
    name = Session.model.get()
    is_there = Session.place.get() == "layers" and LayersPage.part.get() == "network"
    return f"{name} {state.iteration_of(name).get()}" if is_there else ""


def press() -> None:
    """Callback: what is switched off now is to be handed in by the run that follows."""
    number, asked = getattr(RoomKeys.strip.get(), "breaks", None), _asked()
    RoomKeys.breaking.forget()
    if type(number) is int:
        RoomKeys.breaking.set((number, tuple(state.switched_off_of(asked.network).get()) if asked else ()))


def go() -> None:
    """Callback: open the network of the contest on Layers, with its training steps and its digits."""
    asked = _asked()
    if asked is None:
        return
    Session.model.set(asked.network)
    state.iteration_of(asked.network).set(asked.steps)
    sources = {address.source_text(source): source for source in server.data_sources().available()}
    if asked.source in sources:
        Session.digits.set(sources[asked.source])
    LayersPage.part.set("network")
    Session.place_wanted.set("layers")


def hand_in() -> None:
    """Hand in what was switched off when the button was pressed; the page waits meanwhile, and shows how far it is.

    The digits are read once a server for each choice of filters, also where Layers has asked for it.
    """
    pressed, standing = RoomKeys.breaking.get(), RoomKeys.standing.get()
    if pressed is None or standing is None or standing.is_teacher:
        return
    number, names = pressed
    attempt = _attempt(names)
    RoomKeys.breaking.forget()
    if isinstance(attempt, str):
        RoomKeys.said.set(attempt)
        return
    try:
        given = server.live_rooms().hand_in_broken(standing.code, browser.owner(), number, attempt)
    except (RoomError, DatabaseError) as error:
        RoomKeys.said.set(Words.away.format(reason=error))
        return
    RoomKeys.said.set(_told(attempt) if given else Words.too_late)
    if given:
        RoomKeys.handed_in.set(number)


def _told(attempt: Attempt) -> str:
    off = Words.filters[attempt.n_off > 1].format(n=attempt.n_off)
    share, verdict = percent(attempt.correct / attempt.n), Words.verdicts[attempt.is_broken]
    return Words.handed_in.format(off=off, share=share, n=attempt.n, verdict=verdict)


def _attempt(names: Sequence[str]) -> Attempt | str:
    """How many filters are off, and what the network then reads right; or why there is nothing to hand in."""
    asked = _asked()
    if asked is None:
        return Words.too_late
    entry = choice.entries().get(asked.network)
    sources = {address.source_text(source): source for source in server.data_sources().available()}
    if entry is None or asked.steps not in entry.iterations or asked.source not in sources:
        return Words.gone
    network = choice.opened(entry, asked.steps)
    off = switched_off.filters(network.config, names)
    if not off:
        return Words.nothing_off
    test = choice.dataset("test", sources[asked.source])
    probs = lookups.probabilities(switched_off.without(network, off), test)
    correct = int((probs.argmax(axis=1) == test.labels).sum())
    return Attempt(sum(map(len, off.values())), correct, len(test))


def _asked() -> Prompt | None:
    """The contest that is on; None where there is none, or the room cannot be reached."""
    standing = RoomKeys.standing.get()
    if standing is None:
        return None
    try:
        question = server.live_rooms().questions.last(standing.code)
    except DatabaseError:
        return None
    if question is None or question.status != "open" or question.content.get("kind") != "breaking":
        return None
    return prompts.of_content(question.content)
