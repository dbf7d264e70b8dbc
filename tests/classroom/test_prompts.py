"""What a class is asked: worked examples."""

import pytest

from cnnviz.classroom import prompts
from cnnviz.classroom.prompts import Prompt


def test_what_the_network_says_is_not_public():
    prompt = Prompt("digit", "Which digit?", right=7, shares=(0.0,) * 7 + (1.0, 0.0, 0.0), explanation="A seven.")
    content = prompts.content_of(prompt)
    assert prompts.public(content) == {"kind": "digit", "text": "Which digit?"}
    assert prompts.of_content(content) == prompt


@pytest.mark.parametrize(
    ("prompt", "answer", "kept"),
    [
        (Prompt("digit", "?"), 10, 10),
        (Prompt("choice", "?", options=("a", "b")), 1, 1),
        (Prompt("cell", "?", n_cells=16, columns=4), 15, 15),
        (Prompt("number", "?", low=0, high=50), 90, 50.0),
        (Prompt("text", "?"), "  It has\n a bar. ", "It has a bar."),
    ],
)
def test_an_answer_is_kept_as_it_counts(prompt, answer, kept):
    assert prompts.checked(prompt, answer) == kept


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        (Prompt("digit", "?"), 11),
        (Prompt("digit", "?"), True),
        (Prompt("digit", "?"), "7"),
        (Prompt("choice", "?", options=("a", "b")), -1),
        (Prompt("number", "?"), float("nan")),
        (Prompt("number", "?"), None),
        (Prompt("text", "?"), " "),
        (Prompt("text", "?"), "x" * 501),
        (Prompt("drawing", "Draw a seven"), 7),
        (Prompt("breaking", "Break it", network="hvass"), 3),
    ],
)
def test_what_is_no_answer_is_refused(prompt, answer):
    with pytest.raises(ValueError, match=r"^Expected .*\.$"):
        prompts.checked(prompt, answer)


@pytest.mark.parametrize(
    ("prompt", "answer", "words"),
    [
        (Prompt("digit", "?"), 10, "no digit"),
        (Prompt("digit", "?"), 0, "0"),
        (Prompt("choice", "?", options=("a", "b")), 1, "b"),
        (Prompt("number", "?", unit="%"), 98.5, "98.5 %"),
        (Prompt("text", "?"), "It has a bar.", "It has a bar."),
        (Prompt("text", "?"), None, "–"),
    ],
)
def test_an_answer_in_words(prompt, answer, words):
    assert prompts.in_words(prompt, answer) == words


def test_answers_are_counted():
    assert prompts.tally(Prompt("choice", "?", options=("a", "b", "c")), [2, 0, 2]) == [1, 0, 2]
    assert prompts.tally(Prompt("text", "?"), ["a"]) == []
    counts = prompts.tally(Prompt("number", "?", low=90, high=100), [90.0, 90.4, 90.6, 100.0])
    assert (counts[0], counts[1], counts[19], sum(counts)) == (2, 1, 1, 4)


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "choice", "text": "?", "options": ["only one"]},
        {"kind": "cell", "text": "?"},
        {"kind": "number", "text": "?", "low": 5.0, "high": 5.0},
        {"kind": "guess", "text": "?"},
        {"kind": "breaking", "text": "?"},
        {"kind": "text", "text": "x" * 501},
        {"kind": "text", "text": "?", "picture": "<svg>"},
        {"kind": "digit", "text": "?", "shares": [1.5]},
    ],
)
def test_a_prompt_that_cannot_be_asked_is_refused(content):
    with pytest.raises(ValueError, match=r"^Expected "):
        prompts.of_content(content)
