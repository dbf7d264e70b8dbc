"""Lessons as they are read from files."""

import pytest

from cnnviz.classroom import lessons

STEP = """
[[steps]]
title = "Look"
minutes = 3
page = "layers?net=hvass&digit=0"
text = "Look at it."
marks = ["maps"]
[steps.prompt]
kind = "choice"
text = "Which?"
options = ["this", "that"]
right = 1
"""
LESSON = 'title = "A lesson"\nsummary = "What one learns."\n' + STEP


@pytest.fixture
def folder(tmp_path):
    def of(**contents):
        for name, content in contents.items():
            (tmp_path / f"{name.replace('_', '-')}.toml").write_text(content, "utf-8")
        return tmp_path

    return of


def test_a_lesson_is_read_with_its_steps_and_their_questions(folder):
    shelf = lessons.read([folder(my_own=LESSON)])
    assert not shelf.problems
    (lesson,) = shelf.lessons.values()
    assert list(shelf.lessons) == ["my-own"]
    assert (lesson.title, lesson.minutes, len(lesson.steps)) == ("A lesson", 3, 1)
    step = lesson.steps[0]
    assert lessons.parts_of(step.page) == ("layers", {"net": "hvass", "digit": "0"})
    assert step.prompt.options == ("this", "that")
    assert step.marks == ("maps",)


def test_a_page_is_a_place_and_what_its_address_says():
    page = "break-it?part=digit&changed.turn=45&off.hvass=conv1+0,conv1+3"
    params = {"part": "digit", "changed.turn": "45", "off.hvass": "conv1 0,conv1 3"}
    assert lessons.parts_of(page) == ("break_it", params)
    assert lessons.parts_of("draw") == ("draw", {})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('title = "Look"', "", "step 1: Expected a field title"),
        ('title = "Look"', 'title = ""', "step 1: Expected a title of 1 to 80 characters"),
        ("minutes = 3", "minutes = 0", "step 1: Expected 1 to 90 minutes"),
        ("minutes = 3", "minutes = 2020-01-01", "step 1: Expected 1 to 90 minutes"),
        ('page = "layers', 'page = "https://elsewhere/layers', "step 1: Expected a page as in the browser's address"),
        ('page = "layers', 'page = "../layers', "step 1: Expected a page as in the browser's address"),
        ('marks = ["maps"]', 'marks = ["maps } body { display: none"]', "step 1: Expected the name of a part"),
        ('marks = ["maps"]', 'colour = "red"', "step 1: Expected no field colour"),
        ('marks = ["maps"]', 'then = "<script>"', "step 1: Expected `then` to be a page"),
        ('kind = "choice"', 'kind = "cell"\nn_cells = 4', "step 1: Expected a question of kind digit, choice"),
        ('["this", "that"]', '["this"]', "step 1: Expected at least 2 options"),
        ("[[steps]]", "[steps]", "Expected steps"),
        ('summary = "What one learns."', "", "Expected a field summary"),
        ('summary = "What one learns."', "summary = ", "summary.toml"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_and_the_others_go_on(folder, before, after, said):
    assert before in LESSON
    shelf = lessons.read([folder(good=LESSON, summary=LESSON.replace(before, after))])
    assert list(shelf.lessons) == ["good"]
    (problem,) = shelf.problems
    assert problem.startswith("summary.toml: ")
    assert said in problem
    assert "\n" not in problem


def test_what_cannot_be_read_at_all_is_said(folder):
    place = folder(good=LESSON, Ünfit=LESSON, long="#" * (lessons.MAX_BYTES + 1))
    (place / "latin.toml").write_bytes('title = "ä"'.encode("latin-1"))
    (place / "folder.toml").mkdir()
    (place / "gone.toml").symlink_to(place / "nothing")
    shelf = lessons.read([place, place / "missing"])
    assert list(shelf.lessons) == ["good"]
    assert {problem.partition(":")[0] for problem in shelf.problems} == {
        "Ünfit.toml", "long.toml", "latin.toml", "folder.toml", "gone.toml"
    }  # fmt: skip


def test_a_question_that_leads_nowhere_needs_no_question_but_one_that_does():
    bare = LESSON.partition("[steps.prompt]")[0]
    assert lessons.of_bytes(bare.encode()).steps[0].prompt is None
    with pytest.raises(ValueError, match="step 1: Expected a question where `then`"):
        lessons.of_bytes((bare + 'then = "draw"\n').encode())


def test_of_two_with_one_name_a_school_s_own_is_taken_and_a_change_is_seen(folder, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "one.toml").write_text(LESSON.replace("A lesson", "Ours"), "utf-8")
    folders = [folder(one=LESSON, two=LESSON), own]
    assert [lesson.title for lesson in lessons.read(folders).lessons.values()] == ["Ours", "A lesson"]
    (own / "one.toml").write_text(LESSON.replace("A lesson", "Ours, longer"), "utf-8")
    assert lessons.read(folders).lessons["one"].title == "Ours, longer"


def test_three_lessons_come_with_it_each_45_minutes_with_notes_for_the_teacher():
    shelf = lessons.read([lessons.SHIPPED])
    assert not shelf.problems
    assert {name: lesson.minutes for name, lesson in shelf.lessons.items()} == {
        "how-it-reads": 45, "why-it-is-wrong": 45, "your-own": 45
    }  # fmt: skip
    for lesson in shelf.lessons.values():
        assert 10 <= len(lesson.steps) <= 14
        assert lesson.notes
        assert len(lesson.misconceptions) >= 4
        for step in lesson.steps:
            assert step.prompt is not None, step.title
            assert step.expected, step.title
            assert step.hint, step.title
            assert step.prompt.explanation, step.title
