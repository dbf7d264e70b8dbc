"""The wall: what everybody has drawn, as the chosen network reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.classroom.live import ADDRESS, IMAGE, NAMES
from cnnviz.classroom.prompts import Prompt
from cnnviz.data.collections import NotKept
from cnnviz.drawing import rejection
from cnnviz.percentages import percent, probability
from cnnviz.render import charts
from cnnviz.state.questions import Question
from cnnviz.state.rooms import Member
from cnnviz.ui import (
    access,
    address_reading,
    asking,
    choice,
    digits,
    lookups,
    panels,
    places,
    present,
    refusal,
    rooms,
    server,
    subjects,
)
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images
from cnnviz.ui.state import RoomKeys, Session


class Words:
    """What the wall says."""

    title = "The wall"
    nothing = "Ask the class to draw a digit: “Ask the class” above, then “Draw a digit”."
    waiting = "{text} The drawings appear here as they are put on the wall."
    order = "Order"
    orders = {"first": "As they came", "surest": "Surest first", "unsure": "Least sure first"}
    label = "{digit}, {share}"
    no_digit = "no digit"
    caption = {
        True: (
            "{text} What {network} reads, and with which probability. Framed: not what was asked for. Crossed out: it "
            "calls the drawing no digit. Click one: it is the digit of every page."
        ),
        False: (
            "{text} What {network} reads, and with which probability. Crossed out: it calls the drawing no digit. "
            "Click one: it is the digit of every page."
        ),
    }
    alt = "{n} drawings, read as {read}."
    score = "**{right} of {n}** drawings are read as they were meant: {share}. Of the test digits ({name}), {test}."
    score_without = "**{right} of {n}** drawings are read as they were meant: {share}."
    not_short = "This drawing cannot be opened elsewhere; it was no drawing from the canvas, or has too many points."
    whose = "Ask whose it is"
    whose_text = "Whose drawing is this?"
    more = "All drawings of this room"
    matrix_caption = (
        "Row: the digit that was asked for. Column: what {network} reads. All drawings of this room but for {refused} "
        "that it calls no digit."
    )
    keep = "Keep these digits"
    keep_what = (
        "The {n} drawings for which a digit was asked, their labels, and which of them one hand drew: no names. They "
        "are then among the digits at the head of every page, for everybody on this server, until you delete them or a "
        "day is over."
    )
    train = "Have a network learn from half of these digits, and test it on the other half"
    keep_consent = "The class agrees"
    keep_now = "Keep {n} digits"
    kept = "Kept: they are the digits at the head of this page now. On Train a network can learn from half of them."
    matrix_alt = "Confusion matrix of {n} drawings, {right} on the diagonal."


@dataclass(frozen=True, eq=False)
class Drawing:
    """Something on the wall.

    Attributes:
        question: the number of the question that asked for it.
        member: who drew it.
        image: uint8 (28, 28), 255 is ink.
        address: how a page's address shows it; empty where it cannot.
        label: the digit that was asked for; None where any may be.
        probs: float (10,), the network's softmax.
        is_refused: the network calls it no digit.
    """

    question: int
    member: Member
    image: np.ndarray
    address: dict[str, str]
    label: int | None
    probs: np.ndarray
    is_refused: bool

    @property
    def is_right(self) -> bool:
        """Whether it is read as the digit that was asked for; what is called no digit is not read at all."""
        return not self.is_refused and self.said == self.label

    @property
    def said(self) -> int:
        """What the network reads."""
        return int(self.probs.argmax())

    @property
    def share(self) -> float:
        """With which probability."""
        return float(self.probs.max())


def show(asked: Sequence[Question], drawings: Sequence[Drawing]) -> None:
    """The drawings of the last question that asked for some, and of all.

    Args:
        asked: the questions that asked for drawings, in order.
        drawings: what was drawn for all of them.
    """
    if Session.scene_brings_drawing.get():  # opened in this part, which runs alone: the head of the page shows it too
        st.rerun()
    with present.screen("wall"):
        st.subheader(Words.title, anchor=False)
        if not asked:
            st.caption(Words.nothing)
            return
        of_last = [each for each in drawings if each.question == asked[-1].number]
        if not of_last:
            st.info(Words.waiting.format(text=asked[-1].content["text"]), icon=":material/draw:")
        else:
            show_drawings(asked[-1], of_last)
    show_all(drawings, several=len(asked) > 1)


def questions(code: str) -> list[Question]:
    """Those that asked for drawings, in order."""
    return [each for each in server.live_rooms().questions.all(code) if each.content.get("kind") == "drawing"]


def read(code: str, asked: Sequence[Question]) -> list[Drawing]:
    """What was drawn for some questions, as the chosen network reads it, all at once."""
    live = server.live_rooms()
    members = {member.token_hash: member for member in live.rooms.members(code)}
    found: list[tuple[int, Member, np.ndarray, dict[str, str], int | None]] = []
    for question in asked:
        for who, content in live.questions.answers(code, question.number, also_open=True).items():
            image = rooms.as_image(content.get(IMAGE))
            if image is not None and who in members:
                label = question.content.get("label")
                found.append((question.number, members[who], image, content.get(ADDRESS, {}), label))
    if not found:
        return []
    inks = np.stack([image for _, _, image, _, _ in found]).astype(np.float32)[..., None] / 255
    outputs = lookups.reading(choice.network(), inks, ())
    chosen = choice.current()
    least = refusal.least_energy(chosen.entry, chosen.iteration)
    return [
        Drawing(*each, probs, rejection.is_unlike(logits, least))
        for each, probs, logits in zip(found, outputs["softmax"], outputs["logits"], strict=True)
    ]


def show_drawings(question: Question, drawings: Sequence[Drawing]) -> None:
    """The drawings of one question."""
    order = st.segmented_control(
        Words.order, list(Words.orders), default="first", required=True, format_func=Words.orders.__getitem__,
        key=RoomKeys.wall_order.name, label_visibility="collapsed",
    )  # fmt: skip
    if order != "first":
        drawings = sorted(drawings, key=lambda each: each.share, reverse=order == "surest")
    names = names_are_shown()
    refused = [i for i, each in enumerate(drawings) if each.is_refused]
    misread = [i for i, each in enumerate(drawings) if not each.is_refused and each.label not in (None, each.said)]
    sheet = images(
        np.stack([each.image for each in drawings]).astype(np.float32) / 255,
        panels.map_palette(),
        10,
        labels=[_label(each, names=names) for each in drawings],
        marked=misread,
        crossed=refused,
        item="drawing",
        called=[_label(each, names=names).replace("\n", ", ") for each in drawings],
        widest_px=120,
        cell_px=112,
    )
    network = subjects.network_name()
    text = str(question.content.get("text", ""))
    maps.show(
        sheet,
        RoomKeys.wall,
        caption=Words.caption[question.content.get("label") is not None].format(text=text, network=network),
        alt=Words.alt.format(n=len(drawings), read=", ".join(str(each.said) for each in drawings)),
        name="wall",
        on_open=lambda i: _open(drawings[i]),
    )
    show_score(drawings)
    _offer_whose(drawings)


def _label(drawing: Drawing, *, names: bool) -> str:
    share = probability(drawing.share)
    told = Words.no_digit if drawing.is_refused else Words.label.format(digit=drawing.said, share=share)
    return f"{told}\n{drawing.member.name}" if names else told


def names_are_shown() -> bool:
    """Whether whose drawing it is stands on the teacher's screen."""
    standing = RoomKeys.standing.get()
    room = server.live_rooms().rooms.find(standing.code) if standing else None
    return room is not None and bool(room.scene.get(NAMES, True))


def _open(drawing: Drawing) -> None:
    """Callback: it is the session's digit, on every page, and of all who follow."""
    RoomKeys.wall_opened.set(drawing.member.token_hash)
    if drawing.address:
        address_reading.give(drawing.address)
    else:
        st.toast(Words.not_short, icon=":material/info:")


def show_score(drawings: Sequence[Drawing]) -> None:
    """How many are read as they were meant, beside MNIST's test digits where that is known without waiting."""
    meant = [each for each in drawings if each.label is not None]
    if not meant:
        return
    right = sum(each.is_right for each in meant)
    values: dict[str, Any] = {"right": right, "n": len(meant), "share": percent(right / len(meant), 0)}
    source = choice.current().source.learnt_from  # not of a class: the two are to be compared
    test = choice.dataset("test", source)
    probs = lookups.probabilities_begun(choice.network(), test)
    if probs is None:
        st.markdown(Words.score_without.format(**values))
    else:
        accuracy = percent(float((probs.argmax(axis=1) == test.labels).mean()))
        st.markdown(Words.score.format(**values, name=digits.title(source), test=accuracy))


def _offer_whose(drawings: Sequence[Drawing]) -> None:
    """A question of whose drawing the open one is, with four members to choose from."""
    opened = next((each for each in drawings if each.member.token_hash == RoomKeys.wall_opened.get()), None)
    if opened is None or len(drawings) < 2:
        return
    rest = [each.member.name for each in drawings if each is not opened]
    names = sorted([opened.member.name, *rest[:3]])
    picture = subjects.picture_of(opened.image / 255)
    prompt = Prompt(
        "choice", Words.whose_text, picture, Words.title, tuple(names), right=names.index(opened.member.name)
    )
    st.button(Words.whose, icon=":material/person_search:", on_click=asking.ask, args=(prompt,))


def offer_keeping(drawings: Sequence[Drawing]) -> None:
    """Keep drawings with a label as digits that every page can be tested on, once the teacher says that all agree."""
    if not drawings:
        return
    with st.popover(Words.keep, icon=":material/save:"):
        st.markdown(Words.keep_what.format(n=len(drawings)))
        agreed = st.checkbox(Words.keep_consent, key=RoomKeys.consent.name)
        words = Words.keep_now.format(n=len(drawings))
        st.button(words, disabled=not agreed, on_click=_keep, args=(drawings,))


def _keep(drawings: Sequence[Drawing]) -> None:
    """Callback: keep them; they are the digits of this session from then on."""
    if not (RoomKeys.consent.get() and access.is_teacher()):
        return
    images = np.stack([each.image for each in drawings])
    labels = np.array([each.label for each in drawings])
    try:
        source = server.data_sources().keep(images, labels, np.array([each.member.number for each in drawings]))
    except (NotKept, OSError) as error:
        st.toast(str(error), icon=":material/error:")
        return
    RoomKeys.consent.set(False)
    Session.digits.set(source)
    RoomKeys.kept.set(True)


def show_all(drawings: Sequence[Drawing], *, several: bool) -> None:
    """What was drawn in this room where digits were asked for: to be kept, and as a confusion matrix.

    Args:
        drawings: all of them.
        several: more than one question asked for them, so that all together are something else than the last ones.
    """
    meant = [each for each in drawings if each.label is not None]
    offer_keeping(meant)
    if RoomKeys.kept.get():  # in this part, which runs alone: the head of the page shows the digits too
        RoomKeys.kept.set(False)
        st.toast(Words.kept, icon=":material/check:")
        st.rerun()
    if choice.current().source.kind == "class":
        st.page_link(places.path("train"), label=Words.train, icon=places.PLACES["train"][1])
    if not several or not meant:
        return
    read_ones = [each for each in meant if not each.is_refused]
    matrix = np.zeros((10, 10), int)
    for each in read_ones:
        matrix[each.label, each.said] += 1
    with st.expander(Words.more):
        show_score(meant)
        panels.chart(
            charts.confusion_chart(matrix, RoomKeys.wall_matrix.name, panels.theme()),
            Words.matrix_alt.format(n=len(read_ones), right=int(matrix.trace())),
        )
        st.caption(Words.matrix_caption.format(network=subjects.network_name(), refused=len(meant) - len(read_ones)))
