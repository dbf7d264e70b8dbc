"""What is handed in: checked when read, one file that needs and runs nothing, and nobody's words are HTML in it."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from cnnviz.classroom import report, room_report
from cnnviz.classroom.breaking import Attempt
from cnnviz.classroom.prompts import Prompt
from cnnviz.classroom.report import Entry, Picture, Report, Table
from cnnviz.classroom.room_report import Asked, Drawing, Overview
from cnnviz.render.indexed import png

NASTY = '<script>alert(1)</script><img src=x onerror="alert(2)">"\'&{{ 7 * 7 }}'
DATE = "26 November 2026"
VOID = {"meta", "img", "br", "rect"}


def a_png(width=28, height=28):
    content = png(Image.fromarray(np.arange(width * height, dtype=np.uint8).reshape(height, width)))
    return base64.b64encode(content).decode()


ENTRY = Entry(
    "2026-11-26 20:19",
    "Draw",
    "Your drawing",
    (Picture(a_png(), "A seven."), Picture(a_png(300, 120), "Ten bars.")),
    (("Network", "Best reader (robust)"), ("Answer", "7"), ("Share", "97.3 %")),
    Table(("Digit", "Share"), (("7", "97.3 %"), ("1", "2.1 %"))),
    "What the network sees.",
    "I expected a 1, since it has no stroke through it.",
    "https://school.example/draw?net=robust&digit=own",
)


class Parsed(HTMLParser):
    """What a file holds: its tags with their attributes, and all its text; every tag is closed in its order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self._open = [], "", []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_a_report_says_all_that_its_entries_have():
    parsed = Parsed(report.html(Report("Anna B.", (ENTRY, dataclasses.replace(ENTRY, title="Once more"))), DATE))
    for words in (
        "Report of Anna B.",
        DATE,
        "1 · Draw · 2026-11-26 20:19",
        "Once more",
        "97.3 %",
        ENTRY.note,
        ENTRY.sentence,
    ):
        assert words in parsed.text
    assert [image["alt"] for image in parsed.of("img")] == ["A seven.", "Ten bars."] * 2
    assert [(image["width"], image["height"]) for image in parsed.of("img")[:2]] == [("28", "28"), ("300", "120")]
    assert [image.get("class") for image in parsed.of("img")[:2]] == ["pixels", None]
    assert {header["scope"] for header in parsed.of("th")} == {"col", "row"}
    assert parsed.of("html") == [{"lang": "en"}]
    assert parsed.of("a")[0] == {"href": ENTRY.link, "rel": "noopener noreferrer"}
    assert "Nothing was added" in report.html(Report("", ()), DATE)


def test_nothing_that_a_person_types_is_more_than_text():
    picture = Picture(a_png(), NASTY)
    entry = Entry(NASTY[:40], NASTY, NASTY, (picture,), ((NASTY, NASTY),), Table((NASTY,), ((NASTY,),)), NASTY, NASTY)
    parsed = Parsed(report.html(Report(NASTY, (entry,)), DATE))
    harmless = Parsed(report.html(Report("x", (dataclasses.replace(ENTRY, pictures=(picture,), link=""),)), DATE))
    assert {tag for tag, _ in parsed.tags} <= {tag for tag, _ in harmless.tags}
    assert len(parsed.of("img")) == 1
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    # <title>, <h1>, place, <h2>, header, cell, note, fact (twice), sentence
    assert parsed.text.count(NASTY) == 10
    assert parsed.of("img")[0]["alt"] == NASTY


def test_the_file_may_load_and_run_nothing():
    for text in (report.html(Report("", (ENTRY,)), DATE), room_report.html(room(), DATE)):
        parsed = Parsed(text)
        (policy,) = [
            meta["content"] for meta in parsed.of("meta") if meta.get("http-equiv") == "Content-Security-Policy"
        ]
        (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert policy == (
            f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )
        assert not {"script", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in parsed.tags}
        assert all("style" not in attributes for _, attributes in parsed.tags)  # the policy would refuse it
        assert all(image["src"].startswith("data:image/png;base64,") for image in parsed.of("img"))
        assert "url(" not in style
        assert "@import" not in style
        assert "break-inside: avoid" in style
        assert "size: A4" in style


def test_an_entry_comes_back_from_json_as_it_was():
    assert report.entry_of(json.loads(json.dumps(report.content_of(ENTRY)))) == ENTRY


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"link": "javascript:alert(1)"}, "a link of http"),
        ({"link": "data:text/html,x"}, "a link of http"),
        ({"sentence": "x" * 501}, "at most 500 characters"),
        ({"title": 5}, "at most 300 characters"),
        ({"pictures": [{"content": a_png(), "alt": "x"}] * 5}, "pictures with 4 entries"),
        ({"pictures": [{"content": "PHN2Zz4=", "alt": "x"}]}, "a PNG in base64"),
        ({"pictures": [{"content": "no base64", "alt": "x"}]}, "a PNG in base64"),
        ({"table": {"header": ["a", "b"], "rows": [["1"]]}}, "rows of 2 cells"),
        ({"unheard": 1}, "no field unheard"),
    ],
)
def test_what_is_no_entry_is_refused_in_a_sentence(changed, message):
    with pytest.raises(ValueError, match=message):
        report.entry_of(json.loads(json.dumps(report.content_of(ENTRY))) | changed)


def test_a_picture_and_a_report_are_only_so_large():
    noise = np.random.default_rng(0).integers(0, 256, (330, 330, 3), np.uint8)
    with pytest.raises(ValueError, match="at most 300 kB"):
        Picture(base64.b64encode(png(Image.fromarray(noise))).decode(), "Noise.")
    with pytest.raises(ValueError, match="at most 40 entries"):
        Report("", (ENTRY,) * 41)
    text = report.html(Report("", (ENTRY,) * 40), DATE)
    assert len(text) < 40 * len(json.dumps(report.content_of(ENTRY))) + 50_000


# The overview of a room


def room():
    digit = Prompt(
        "digit", "Which digit will it say?", a_png(), "A digit.", right=7, shares=(0.0,) * 7 + (0.9, 0.0, 0.1)
    )
    number = Prompt("number", "How accurate without pooling?", unit="%", value=97.5, explanation="Hardly worse.")
    cell = Prompt("cell", "Which filter sees the stroke?", n_cells=16, columns=4, right=3)
    asked = (
        Asked(digit, [7, 7, 1, 10]),
        Asked(number, [0.0, 97.0, 100.0]),
        Asked(cell, [5]),
        Asked(Prompt("text", "Why?"), ["It has a long stroke.", NASTY]),
        Asked(Prompt("choice", "More?", options=("yes", NASTY)), []),
    )
    ink = np.zeros((28, 28), np.uint8)
    drawings = (Drawing(ink, "blue otter", 7, 0.97, 7), Drawing(ink, "red fox", 1, 0.5, 7), Drawing(ink, NASTY, None))
    return Overview("KBXQ", ("blue otter", "red fox", NASTY), asked, drawings)


def test_answers_are_counted_beside_what_the_network_says():
    digit, number, cell, _, none = room().asked
    rows = room_report.rows(digit)
    assert [row.name for row in rows] == [*"0123456789", "no digit"]
    told = [(row.count, row.count_px, row.share, row.share_px, row.is_right) for row in rows]
    assert told[7] == ("2 (50\u00a0%)", 120, "90.0\u00a0%", 120, True)
    assert told[1] == ("1 (25\u00a0%)", 60, "0.0\u00a0%", 0, False)
    assert told[10] == ("1 (25\u00a0%)", 60, "", 0, False)
    parts = room_report.rows(number)
    assert len(parts) == 20
    assert (parts[0].name, parts[0].count_px) == ("0 to 5\u00a0%", 60)
    assert (parts[19].name, parts[19].count_px, parts[19].is_right) == ("95 to 100\u00a0%", 120, True)
    assert [(row.name, row.is_right) for row in room_report.rows(cell)] == [("Picture 4", True), ("Picture 6", False)]
    assert [row.count for row in room_report.rows(none)] == ["0", "0"]


def test_a_breaking_contest_has_a_row_for_each_number_of_filters():
    attempts = [Attempt(4, 31, 100), Attempt(1, 80, 100), Attempt(4, 49, 100), Attempt(3, 20, 100)]
    told = room_report.rows(Asked(Prompt("breaking", "Break it.", network="hvass"), attempts))
    assert [(row.name, row.count) for row in told] == [
        ("Filters off: 3", "1: 20.00\u00a0% read right"),
        ("Filters off: 4", "2: 31.00\u00a0%, 49.00\u00a0% read right"),
        ("Filters off: 1, not under half", "1: 80.00\u00a0% read right"),
    ]
    assert not any(row.is_right for row in told)


def test_the_overview_says_what_was_asked_answered_and_drawn():
    parsed = Parsed(room_report.html(room(), DATE))
    for words in (
        "Room KBXQ",
        "3 people took part.",
        "Question 2: How accurate without pooling?",
        "It is 97.5\u00a0%.",
        "Hardly worse.",
        "It has a long stroke.",
        "Nobody has answered.",
        "1 of 2 drawings were read as the digit that was asked for.",
        "a 7: reads 1, 50.0\u00a0%",
        "no digit here",
    ):
        assert words in parsed.text
    assert [item["class"] for item in parsed.of("li") if "class" in item] == ["misread", "refused"]
    assert len(parsed.of("img")) == 4
    assert parsed.text.count(NASTY) == 4  # a sentence, an option, a drawing's name, a member's
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
