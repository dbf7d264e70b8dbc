"""Add to my report: what each page offers, what is kept of it, and the part of the page Class that hands it in."""

import base64
import io

import numpy as np
import pytest
from browsers import ANNA, BEN
from canvas_message import SEVEN, sent
from PIL import Image

from apptest import go, open_page, texts
from cnnviz.classroom import report
from cnnviz.classroom.report import Entry
from cnnviz.pages.classroom.report import Typed, _html
from cnnviz.render.indexed import png
from cnnviz.state import reports
from cnnviz.state.database import DatabaseError
from cnnviz.state.reports import Reports
from cnnviz.ui import offers, reporting, server
from cnnviz.ui.offers import Drawn, Offer
from cnnviz.ui.reporting import Place
from cnnviz.ui.server import Once
from cnnviz.ui.state import ClassroomPage, DrawPage, Session, entry_of_report

pytestmark = [pytest.mark.usefixtures("bundled_digits")]


def press(at, label):
    next(button for button in at.button if button.label == label).click()
    return at.run()


def entries(token=ANNA):
    return [report.entry_of(each.content) for each in Reports(server.database()).entries(token)]


def drawn(browsers, token=ANNA):
    browsers.of(token)
    return open_page("", {DrawPage.canvas: sent(SEVEN), Session.model: "hvass"})


def add(at, sentence=""):
    press(at, "Add to my report")
    at.text_area(key=Session.report_sentence.name).set_value(sentence)
    return press(at, "Add")


def test_a_drawing_is_added_with_its_answer_all_shares_and_the_sentence(browsers):
    at = press(drawn(browsers), "Add to my report")
    assert not at.exception
    offered = at.selectbox(key=Session.report_choice.name).options
    assert offered[0] == "Your drawing, and how the network reads it"
    assert any("filters of conv1_relu" in title for title in offered)
    at.text_area(key=Session.report_sentence.name).set_value("I see <b>a seven</b>.")
    press(at, "Add")
    assert not at.exception
    assert [toast.value for toast in at.toast] == ["Added to your report, which is on the page Class: 1 of 40 entries."]
    (entry,) = entries()
    facts = dict(entry.facts)
    assert (entry.place, entry.sentence, facts["Network"]) == (
        "Draw",
        "I see <b>a seven</b>.",
        "Tutorial network (hvass)",
    )
    assert facts["All ten shares"].startswith("0: ")
    assert facts["All ten shares"].count(":") == 10
    assert f"{facts['Answer']}: {facts['Share of the softmax']}" in facts["All ten shares"]
    digit, bars = entry.pictures
    assert digit.size == (28, 28)
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(digit.content))).convert("L")) / 255
    assert image == pytest.approx(at.session_state[Session.digit.name].image, abs=0.003)
    assert "Probability of each digit" in bars.alt
    assert entries(BEN) == []


OFFERED = {
    "layers/network": ("What the 16 filters of layer 1 found", "Pixel (", "Products:"),
    "layers/maps": ("conv1_relu",),
    "kernels": ("What comes out", "the products", "The image"),
    "why": ("ink is added", "grey square"),
    "mistakes": ("Confusion matrix", "mistakes"),
    "break_it/network": ("The network reads",),
    "train/compare": ("accuracy",),
    "data": ("images",),
}


@pytest.mark.parametrize("page", OFFERED)
def test_whatever_a_page_shows_can_be_added(page, browsers, monkeypatch):
    """Each picture can be drawn and each table kept; the digit with its reading is there on every page."""
    browsers.of(ANNA)
    found = []
    monkeypatch.setattr(reporting, "_dialog", lambda offered, place: found.extend((each, place) for each in offered))
    at = press(open_page(page, model="hvass"), "Add to my report")
    assert not at.exception
    made = [reporting.entry_of(offer, place, "") for offer, place in found]
    assert len(made) >= 2
    assert any("how the network reads it" in entry.title for entry in made)
    assert all(entry.title and (entry.pictures or entry.table or entry.facts) for entry in made)
    assert all(picture.alt for entry in made for picture in entry.pictures)
    told = "\n".join(f"{entry.title} {entry.pictures[0].alt if entry.pictures else ''}" for entry in made)
    for words in OFFERED[page]:
        assert words.lower() in told.lower(), told


def test_nothing_is_gathered_but_when_it_is_asked_for(browsers):
    at = drawn(browsers)
    assert at.session_state[Session.offers.name] is None
    press(at, "Add to my report")
    assert at.session_state[Session.offers.name] is None
    offers.offer("Without a page.")  # does nothing


def test_the_page_class_says_how_to_add_and_shows_what_was_added(browsers):
    browsers.of(ANNA)
    at = open_page("classroom/report")
    assert "Nothing is in your report yet" in texts(at)
    at = add(drawn(browsers), "First.")
    add(at, "Second.")
    go(at, "classroom/report")
    assert not at.exception
    assert [area.value for area in at.text_area] == ["First.", "Second."]
    assert [button.label for button in at.button].count("Move up") == 2
    assert "2 of 40 entries." in texts(at)
    first, second = (each.number for each in Reports(server.database()).entries(ANNA))
    at.text_area(key=entry_of_report("sentence", second).name).set_value("Second, *changed*.").run()
    at.button(key=entry_of_report("up", second).name).click().run()
    assert [entry.sentence for entry in entries()] == ["Second, *changed*.", "First."]
    assert [area.value for area in at.text_area] == ["Second, *changed*.", "First."]
    at.button(key=entry_of_report("delete", first).name).click().run()
    assert [entry.sentence for entry in entries()] == ["Second, *changed*."]
    assert not at.exception


def test_the_name_stands_in_the_file_alone(browsers):
    at = go(add(drawn(browsers)), "classroom/report")
    at.text_input(key=ClassroomPage.report_name.name).set_value("Anna B.").run()
    assert at.session_state[ClassroomPage.report_typed.name].name == "Anna B."
    assert "Report of Anna B." in _html(tuple(entries()), Typed("Anna B. "), reporting.now())
    assert b"Anna B." not in (browsers.runs / ".cnnviz.sqlite3").read_bytes()
    server.keeper.reset()
    assert not any(b"Anna B." in file.read_bytes() for file in browsers.runs.glob(".cnnviz.sqlite3*"))


def test_what_is_stored_is_deleted_with_the_session(browsers):
    at = add(drawn(browsers))
    assert len(entries()) == 1
    press(at, "Delete what is stored of me")
    assert entries() == []
    server.keeper.reset()
    assert entries() == []


def test_without_a_cookie_or_a_database_it_says_so_and_the_page_goes_on(browsers, monkeypatch):
    at = press(drawn(browsers, ""), "Add to my report")
    assert "your browser keeps no cookie" in texts(at)
    at = press(drawn(browsers), "Add to my report")

    def away():
        raise DatabaseError("The database cannot be used: it is away.")

    monkeypatch.setattr(reporting.server, "database", Once(away))
    press(at, "Add")
    assert not at.exception
    assert at.session_state[Session.report_problem.name] == (
        "This cannot be kept at present. The database cannot be used: it is away."
    )
    go(at, "classroom/report")
    assert not at.exception
    assert "Your report cannot be read at present. The database cannot be used: it is away." in texts(at)


def test_a_full_report_says_so(browsers, monkeypatch):
    monkeypatch.setattr(reports, "MAX_ENTRIES", 1)
    browsers.of(ANNA)
    open_page("classroom/report")
    entry = Entry("2026-11-26 20:19", "Class", "What I answered", facts=(("I guessed", "7"), ("The network says", "1")))
    monkeypatch.setattr(reporting.browser, "token", lambda: ANNA)
    assert reporting.add(entry) == ""
    assert "Your report is full: it has 1 entries" in reporting.add(entry)
    assert entries() == [entry]


def test_the_address_hides_the_button(browsers):
    browsers.of(ANNA)
    labels = [button.label for button in open_page("layers", {Session.hidden: ("report",)}).button]
    assert "Add to my report" not in labels
    assert "Share" in labels


def test_a_picture_that_is_too_large_is_made_to_fit():
    noise = np.random.default_rng(0).integers(0, 256, (300, 700, 3), np.uint8)
    content = reporting.fitted(png(Image.fromarray(noise)))
    assert len(content) <= report.MAX_PICTURE_BYTES
    with Image.open(io.BytesIO(content)) as small:
        assert small.width / small.height == pytest.approx(700 / 300, rel=0.02)
    little = png(Image.fromarray(noise[:28, :28]))
    assert reporting.fitted(little) == little


def test_what_is_too_long_is_cut_and_markdown_becomes_text():
    offer = Offer(
        "One. Two " + "x" * 2_400, [Drawn(lambda: png(Image.new("L", (9, 9))), "y" * 5_000)], [("a", "z" * 9_000)]
    )
    entry = reporting.entry_of(offer, Place("Why", "https://school.example/why", ()), "w" * 900)
    assert (entry.title, entry.note, len(entry.pictures[0].alt)) == ("One", "Two " + "x" * 1_995 + "…", 4_000)
    for caption, title, note in (
        ("One.", "One", ""),
        ("Why? Since.", "Why?", "Since."),
        ("a " * 60 + ": b", ("a " * 55).strip() + " …", "a " * 60 + ": b"),
        ("Red: " + "a " * 60, "Red", "Red: " + ("a " * 60)),
    ):
        made = reporting.entry_of(Offer(caption), Place("Why", "", ()), "")
        assert (made.title, made.note) == (title, note)
    assert len(entry.sentence) == 500
    assert offers.on_paper("**Nine** of `x`. Click one to open it. More.") == "Nine of x. More."
    assert offers.on_paper("Click a map, says :material/report: nobody.") == ""
    assert reporting.as_markdown("a*b_<c>") == r"a\*b\_\<c\>"
