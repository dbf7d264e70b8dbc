"""The lessons on their pages: each is walked from its first step to its last."""

import numpy as np
import pytest
from streamlit.util import calc_hash

from apptest import components, give, go, open_page, texts
from cnnviz.analysis import attribution, corruptions, evaluation, weight_editing
from cnnviz.classroom import lessons as files
from cnnviz.data import dataset
from cnnviz.drawing.preparation import prepare
from cnnviz.network import store
from cnnviz.ui import lesson_walk, lessons, places, server, state
from cnnviz.ui.state import ClassroomPage, Session
from common import MNIST, needs_mnist

SHIPPED = files.read([files.SHIPPED]).lessons


@pytest.fixture(autouse=True)
def _bundled(bundled_digits):
    """As at a first start: what the lessons say of MNIST is not true here, and they go on all the same."""


def begin(name):
    return click(open_page("classroom/lessons"), state.begin_lesson_of(name))


def click(at, key):
    at.button(key=key.name).click().run()
    at._page_hash = calc_hash(value(at, Session.place).replace("_", "-"))  # AppTest knows nothing of `switch_page`
    return at


def value(at, key):
    try:
        return at.session_state[key.name]
    except KeyError:
        return key.default


def keyed(node):
    """What is on the page, as its style sheets name it."""
    proto = getattr(node, "proto", None)
    if proto is not None and "-" in getattr(proto, "id", ""):
        yield "".join(c if c.isalnum() or c in "-_" else "-" for c in proto.id.split("-", 2)[2])
    for child in getattr(node, "children", {}).values():
        yield from keyed(child)


def assert_shows(at, page, marks, step):
    """The page of a step is open, all of what it asks for is there, and so is what is marked."""
    assert not at.exception, (step.title, at.exception)
    assert not [toast.value for toast in at.toast], step.title
    place, params = files.parts_of(page)
    assert value(at, Session.place) == place, step.title
    if "part" in params:
        assert value(at, places.PART_KEYS[place]) == params["part"]
    if "net" in params:
        assert value(at, Session.model) == params["net"]
        key = state.iteration_of(params["net"])
        assert value(at, key) == int(params.get("steps", store.find(params["net"]).card.last.iteration)), step.title
    if "digit" in params:
        assert (value(at, Session.shown.which), value(at, Session.shown.number)) == ("image", int(params["digit"]))
    names = {*keyed(at._tree), OF_A_RUN}
    for mark in marks:
        assert {mark, f"screen-{mark}"} & names, (step.title, mark, sorted(names))
    styled = "".join(element.value for element in at.get("html") if hasattr(element, "value"))
    assert all(f".st-key-screen-{mark}" in styled for mark in marks), step.title


OF_A_RUN = "screen-run-part-2"
"""Is on the page once a run has begun, which a lesson asks for."""
GUESSES = {"digit": 3, "choice": 0, "number": None, "text": "Since it adds up numbers.", "drawing": None}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_lesson_is_walked_from_its_first_step_to_its_last(name):
    lesson, at = SHIPPED[name], begin(name)
    for number, step in enumerate(lesson.steps, 1):
        assert value(at, Session.lesson_step) == number
        assert f"Step {number} of {len(lesson.steps)}" in at.expander[0].label
        assert step.prompt.text in texts(at)
        assert step.prompt.explanation.strip() not in texts(at)
        assert_shows(at, step.page, () if step.then else step.marks, step)
        guess = GUESSES[step.prompt.kind]
        if guess is not None:
            at.session_state[state.lesson_guess_of(name, number).name] = guess
        click(at, Session.lesson_answer)
        assert step.prompt.explanation.strip() in texts(at), step.title
        assert_shows(at, step.then or step.page, step.marks, step)
        if number < len(lesson.steps):
            click(at, Session.lesson_next)
    click(at, Session.lesson_next)  # now the end
    assert not at.exception
    assert value(at, Session.lesson) == ""
    assert (value(at, Session.place), value(at, ClassroomPage.part)) == ("classroom", "lessons")
    assert "You have walked it to its end." in texts(at)
    assert not [button.label for button in at.button if "Go on" in button.label]


def test_a_guess_is_kept_and_one_goes_on_where_one_was():
    at = begin("why-it-is-wrong")
    assert "That is my answer" in [button.label for button in at.button]
    click(at, Session.lesson_answer)  # a number has a place on its line from the first
    assert "Your answer: **75 %**. Right: **98.82 %**." in texts(at)
    click(at, Session.lesson_next)
    click(at, Session.lesson_answer)  # no sentence yet
    assert at.toast[0].value == "Answer first."
    click(at, Session.lesson_back)
    assert value(at, Session.place) == "mistakes"  # what its answer led to
    click(at, Session.lesson_leave)
    assert not at.expander or "Step" not in at.expander[0].label
    at = go(at, "classroom/lessons")
    assert "Go on at step 2" in [button.label for button in at.button]
    click(at, state.begin_lesson_of("why-it-is-wrong", anew=False))
    assert (value(at, Session.lesson_step), value(at, Session.place)) == (2, "mistakes")


def test_what_is_typed_and_not_handed_in_stays_until_the_lesson_begins_anew():
    """One goes to look at another page, and comes back to one's half sentence."""
    at = begin("why-it-is-wrong")
    click(at, Session.lesson_answer)
    click(at, Session.lesson_next)
    at.text_area[0].set_value("A four and").run()
    at = go(at, "layers")
    assert at.text_area[0].value == "A four and"
    click(at, Session.lesson_next)
    assert "A four and" not in [area.value for area in at.text_area]
    click(at, Session.lesson_back)
    assert at.text_area[0].value == "A four and"
    click(at, Session.lesson_leave)
    at = go(at, "classroom/lessons")
    click(at, state.begin_lesson_of("why-it-is-wrong"))
    click(at, Session.lesson_answer)
    click(at, Session.lesson_next)
    assert at.text_area[0].value in ("", None)


def test_where_mnist_is_not_there_a_step_says_so():
    at = begin("why-it-is-wrong")
    assert "These are not MNIST's digits" in texts(at)
    assert "These are not MNIST's digits" not in texts(begin("how-it-reads"))


@needs_mnist
def test_where_mnist_is_there_a_step_shows_it_whatever_was_chosen_before(monkeypatch):
    monkeypatch.setenv("CNNVIZ_DATA", str(MNIST))
    server.data_sources.reset()
    at = open_page("classroom/lessons", {Session.digits: dataset.BUNDLED})
    click(at, state.begin_lesson_of("why-it-is-wrong"))
    assert value(at, Session.digits) == server.data_sources().mnist
    assert not at.toast
    assert "These are not MNIST's digits" not in texts(at)


def test_a_drawing_stays_the_digit_through_a_lesson():
    at = begin("how-it-reads")
    at.session_state[Session.lesson_step.name] = 4
    at = go(at, "kernels")
    give(at, prepare(np.pad(np.ones((120, 20), np.float32), 80)))
    click(at, Session.lesson_next)
    assert value(at, Session.lesson_step) == 5
    assert value(at, Session.shown.which) == "own"
    assert not at.exception


def test_a_link_leads_to_a_step_and_one_to_no_lesson_is_said():
    at = open_page("layers")
    at.session_state[Session.has_begun.name] = False
    at.query_params["lesson"], at.query_params["lesson-step"] = "how-it-reads", "6"
    at.run()
    assert "Step 6 of 13" in at.expander[0].label
    assert not at.toast
    for lesson, step, said in (
        ("unheard-of", "6", "the lesson"),
        ("how-it-reads", "14", "the step of the lesson"),
        ("how-it-reads", "<b>", "the step of the lesson"),
    ):
        at = open_page("layers")
        at.session_state[Session.has_begun.name] = False
        at.query_params["lesson"], at.query_params["lesson-step"] = lesson, step
        at.run()
        assert not at.exception
        assert said in at.toast[0].value
        assert "<b>" not in at.toast[0].value


def test_what_a_stored_session_says_of_answers_may_be_anything():
    lesson = SHIPPED["why-it-is-wrong"]
    kept = ("", "why-it-is-wrong", "why-it-is-wrong x 3", "why-it-is-wrong 99 3", "why-it-is-wrong 3 {", "other 1 3")
    kept += ("why-it-is-wrong 3 77", "why-it-is-wrong 3 7", "why-it-is-wrong 3 2", 'why-it-is-wrong 1 "much"')
    at = open_page("classroom/lessons", {Session.lesson_answers: kept})
    assert not at.exception
    assert [button.label for button in at.button if "Go on" in button.label] == ["Go on at step 4"]
    assert len(lesson.steps) > 4


def test_the_notes_are_for_the_teacher(monkeypatch):
    def told():
        return texts(open_page("classroom/lessons"))

    monkeypatch.setattr("cnnviz.ui.access.is_teacher", lambda: False)
    assert "Why it is wrong" in told()
    assert "stores the pictures" not in told()
    monkeypatch.setattr("cnnviz.ui.access.is_teacher", lambda: True)
    assert "“It stores the pictures and looks mine up.”" in told()
    assert "Right: 98.82 %." in told()


def test_a_school_s_own_lessons_stand_beside_them_and_a_damaged_one_is_told_of(monkeypatch, tmp_path):
    own = (files.SHIPPED / "how-it-reads.toml").read_text("utf-8").replace("How a network reads your digit", "Ours")
    (tmp_path / "ours.toml").write_text(own, "utf-8")
    (tmp_path / "nowhere.toml").write_text(own.replace("draw?net=robust", "attic?net=robust", 1), "utf-8")
    (tmp_path / "unknown.toml").write_text(own.replace("draw?net=robust", "draw?pen=thick", 1), "utf-8")
    (tmp_path / "damaged.toml").write_text(own[:100], "utf-8")
    monkeypatch.setenv("CNNVIZ_LESSONS", str(tmp_path))
    monkeypatch.setattr("cnnviz.ui.access.is_teacher", lambda: True)
    assert list(lessons.shelf().lessons) == [*SHIPPED, "ours"]
    told = "\n".join(sorted(lessons.shelf().problems))
    assert "nowhere.toml: step 1: there is no page 'attic'." in told
    assert "unknown.toml: step 1: the page draw knows nothing of 'pen', or no such value of it." in told
    assert "damaged.toml: " in told
    at = open_page("classroom/lessons")
    assert "**Ours**" in texts(at)
    assert len(at.warning) == len(lessons.shelf().problems)


def test_the_example_of_how_to_write_one_is_one():
    text = (files.SHIPPED / "README.md").read_text("utf-8")
    example = files.of_bytes(text.partition("```toml")[2].partition("```")[0].encode())
    assert lessons.problem_of("edges", example) == ""
    assert example.steps[0].prompt.options[example.steps[0].prompt.right] == "At its lower border."


def test_how_far_one_is_is_told_for_a_room(monkeypatch):
    monkeypatch.setattr(lessons, "walked", lambda: lessons.Walked("a", SHIPPED["how-it-reads"], 4))
    assert lesson_walk.progress() == (SHIPPED["how-it-reads"].title, 4, 13)
    monkeypatch.setattr(lessons, "walked", lambda: None)
    assert lesson_walk.progress() is None


def test_another_page_is_shown_on_the_same_place_with_what_was_broken_before():
    """What a callback shows while the place is open: widgets must not keep what they had."""
    name = "why-it-is-wrong"
    at = begin(name)
    at.session_state[Session.lesson_step.name] = 6
    at.run()
    click(at, Session.lesson_next)
    click(at, Session.lesson_back)
    assert at.slider(key=state.amount_of("turn", 0.0).name).value == 0
    at.slider(key=state.amount_of("noise", 0.0).name).set_value(0.5).run()
    at.session_state[state.lesson_guess_of(name, 6).name] = 7
    click(at, Session.lesson_answer)
    assert at.slider(key=state.amount_of("turn", 0.0).name).value == 45
    assert at.slider(key=state.amount_of("noise", 0.0).name).value == 0


def test_filters_are_switched_off_on_the_page_that_is_open():
    """The browser knows what it switches off itself, so it has to be told that a step wants something else."""
    at = begin("why-it-is-wrong")
    at.session_state[Session.lesson_step.name] = 7
    at.run()
    click(at, Session.lesson_next)
    (before,), (slide,) = components(at, "overview"), components(at, "slide")
    at.session_state[state.lesson_guess_of("why-it-is-wrong", 8).name] = 50.0
    click(at, Session.lesson_answer)
    (after,) = components(at, "overview")
    assert (before["switches"]["off"], after["switches"]["off"]) == ([], ["conv1 1"])
    assert before["switches"]["of"] != after["switches"]["of"]
    assert components(at, "slide")[0]["key"] != slide["key"]  # nor is the pixel the one that was clicked before


def read(network, images):
    return evaluation.probabilities(network, np.asarray(images, np.float32).reshape(-1, 28, 28, 1))


@needs_mnist
def test_the_figures_of_why_it_is_wrong_are_those_of_the_network():
    network, steps = store.load(store.find("hvass")), SHIPPED["why-it-is-wrong"].steps
    source, _ = dataset.find(MNIST)
    test = dataset.load(source, "test")
    assert 100 * store.find("hvass").card.last.accuracy == pytest.approx(steps[0].prompt.value)
    border, clear = test.images[321, :, :, 0], test.images[0, :, :, 0]
    assert read(network, border).argmax() == steps[2].prompt.right
    occluded = attribution.occluded(network, border, 5)
    top, left = np.unravel_index(occluded[..., 7].argmin(), occluded.shape[:2])
    assert border[top : top + 5, left : left + 5].max() == 0  # empty paper
    assert (left >= 19, occluded[top, left].argmax()) == (True, 2)
    assert (attribution.occluded(network, clear, 5).argmax(axis=-1) != 7).sum() == steps[4].prompt.value
    assert read(network, corruptions.apply(clear[None], {"turn": 45.0})).argmax() == steps[5].prompt.right
    some = dataset.Dataset(test.images[:2000], test.labels[:2000], "some")
    moved = corruptions.accuracy(network, some, "move", 4.0)
    assert 100 * moved == pytest.approx(steps[6].prompt.value, abs=0.2)
    without = weight_editing.without_filters(network, "conv1", [1])
    accuracy = evaluation.score(test.labels, read(without, test.images)).accuracy
    assert 100 * accuracy == pytest.approx(steps[7].prompt.value, abs=0.1)


def test_the_figures_of_how_it_reads_are_those_of_the_card():
    snapshots = {each.iteration: each for each in store.find("robust").card.snapshots}
    steps = SHIPPED["how-it-reads"].steps
    assert 100 * snapshots[0].accuracy == pytest.approx(steps[9].prompt.value)
    assert "68.29 %" in steps[10].prompt.explanation
    assert snapshots[200].correct == 6829
