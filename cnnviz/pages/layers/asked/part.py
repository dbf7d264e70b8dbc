"""The part Questions: one question at a time, answered with the digit and the network at hand."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from cnnviz.analysis import initial_weights
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.network.presets import PRESETS, Recipe
from cnnviz.network.weights import Network
from cnnviz.pages.layers.asked import catalogue, epochs
from cnnviz.pages.layers.asked.case import Answer, Case, Chart, Log, Pictures, Tools, outputs_of
from cnnviz.training import log as logs
from cnnviz.ui import (
    choice,
    digit_choice,
    lookups,
    panels,
    parts,
    places,
    present,
    refusal,
    results,
    server,
    state,
    texts,
)
from cnnviz.ui.components.maps import maps
from cnnviz.ui.state import LayersPage


class Words:
    """What stands around questions and answers."""

    intro = "What readers of the tutorials ask. Each answer has numbers of the digit and the network that you chose."
    group, question = "About", "Question"
    lacks = "The chosen network has none of this, so the answer is about the tutorial's network, {name}."
    more = "More of it on {place}"
    unknown = "How this network was trained is not known; where a recipe is needed, it is that of {name}."
    table_alt = "Table: {caption}"


TUTORIAL, WITH_LOG = "deep-mnist", "hvass"


def show() -> None:
    """The part from top to bottom."""
    panels.intro(Words.intro)
    network, digit = choice.network(), digit_choice.current()
    refusal.note(network, digit)
    with present.screen("question"):
        with st.container(key=state.stack_of("questions").name):
            left, right = st.columns([1, 2], gap="large")
        with left:
            name = ask()
        with right:
            image = digit.image[:, :, None]
            tools = tools_of_page()
            outputs = outputs_of(network, image, tools.ask)
            known = choice.recipe()
            recipe = known or PRESETS[TUTORIAL].recipe
            case = Case(network, recipe, n_train(recipe), image, digit.label, tools, outputs)
            show_answer(name, *catalogue.answer(name, case))
            if known is None:
                st.caption(Words.unknown.format(name=TUTORIAL))


def ask() -> str:
    """Which question; an address may ask for one that there is not."""
    chosen, group = LayersPage.question, LayersPage.question_group
    if chosen.get() not in catalogue.QUESTIONS:
        chosen.set(catalogue.FIRST)
    group.set(catalogue.group_of(chosen.get()))
    st.selectbox(
        Words.group,
        list(catalogue.GROUPS),
        format_func=catalogue.Words.groups.__getitem__,
        key=group.name,
        on_change=open_group,
    )
    names = list(catalogue.GROUPS[group.get()])
    name = st.radio(
        Words.question,
        names,
        format_func=lambda each: catalogue.QUESTIONS[each].words,
        key=chosen.name,
        persist_state="session",
    )
    return name or names[0]


def open_group() -> None:
    """Go to the first question of the group that was chosen; a callback."""
    LayersPage.question.set(next(iter(catalogue.GROUPS[LayersPage.question_group.get()])))


def go(name: str) -> None:
    """Open a question, from another part of this page; ends this run of the script."""
    LayersPage.question.set(name)
    parts.go("questions")


def show_answer(name: str, answer: Answer, lacks: bool) -> None:
    """The question, what it is about, the answer and what shows it."""
    st.markdown(f"**{catalogue.QUESTIONS[name].words}**")
    if lacks:
        st.info(Words.lacks.format(name=TUTORIAL))
    st.markdown(answer.text)
    for i, shown in enumerate(answer.shown, 1):
        file = f"{name}-{i}"
        if isinstance(shown, Pictures):
            maps.show(shown.sheet, caption=shown.caption, alt=shown.alt, name=file)
        elif isinstance(shown, Chart):
            panels.chart(shown.drawn, shown.alt)
            st.caption(shown.caption)
        else:
            panels.text_table(shown.columns, shown.caption, Words.table_alt.format(caption=shown.caption), file)
    show_link(name)


def show_link(name: str) -> None:
    """The way to the place that shows more, where there is one."""
    place = catalogue.QUESTIONS[name].place
    if place:
        title, icon = places.PLACES[place]
        st.page_link(places.path(place), label=Words.more.format(place=title), icon=icon)


def tools_of_page() -> Tools:
    """What answers ask for, as a page gets it."""
    return Tools(lookups.ask, ask_long, choice.dataset, tutorial, log, panels.theme())


def ask_long(key: Hashable, function: Callable[..., Any], *args: Any) -> Any:
    """What a function answers that takes long; shared by all who ask."""
    (found,) = lookups.results(key, lambda: [(function, *args)], lambda _: texts.COMPUTING)
    return found


def tutorial() -> tuple[Network, Recipe, int]:
    """The tutorial's network as it was shipped, or before its training where it was not."""
    preset, model = PRESETS[TUTORIAL], store.find(TUTORIAL)
    if model is not None and model.card is not None:
        try:
            return store.load(model), model.card.recipe, model.card.n_train
        except BrokenModel:
            pass
    return initial_weights.starting_network(preset.network), preset.recipe, N_TRAIN[preset.recipe.keep_validation]


N_TRAIN = {True: 55_000, False: 60_000}
"""MNIST's training images, by whether the validation digits are left out."""


def n_train(recipe: Recipe) -> int:
    """How many images the chosen network learns from."""
    entry = choice.current().entry
    model = store.find(entry.name) if entry else None
    return model.card.n_train if model and model.card else N_TRAIN[recipe.keep_validation]


def log() -> Log | None:
    """The training log of the chosen network, or of a shipped one that has a log."""
    entry = choice.current().entry
    found = [_log_of(name) for name in (entry.name if entry else "", WITH_LOG)]
    return next((each for each in found if each and epochs.compared(each)), None)


def _log_of(name: str) -> Log | None:
    model, run = store.find(name) if name else None, server.scheduler().find(name)
    if model and model.card:
        return Log(name, model.card.log)
    return Log(name, logs.log_of(results.loaded(run))) if run else None
