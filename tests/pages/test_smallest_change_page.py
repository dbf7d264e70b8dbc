"""The part of Break it that turns a digit into another one: what it shows is what was computed."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from apptest import choose_network, give, open_page, pictures, texts
from cnnviz.analysis import adversarial, evaluation
from cnnviz.analysis.adversarial import RADII, Search
from cnnviz.drawing import rejection
from cnnviz.drawing.preparation import prepare
from cnnviz.network import store
from cnnviz.percentages import percent, probability
from cnnviz.render import palettes
from cnnviz.ui import server
from cnnviz.ui.state import BreakItPage, Session, iteration_of

pytestmark = pytest.mark.usefixtures("bundled_digits")
PAGE = "break_it/smallest"


@pytest.fixture(scope="module")
def networks():
    return {name: store.load(store.open_model(store.ROOT / name)) for name in ("hvass", "robust", "low-level")}


def shares(network, image):
    return evaluation.probabilities(network, image.reshape(1, 28, 28, 1))[0]


def searched(network, image, target, n_steps=adversarial.N_STEPS):
    """What the page has computed, with the same parts."""
    parts = [
        adversarial.search(network, image, target, tuple(map(float, radii)), n_steps)
        for radii in np.array_split(RADII, 4)
    ]
    whole = parts[0] + parts[1] + parts[2] + parts[3]
    return adversarial.tighten(network, image, whole, n_steps) if n_steps > 1 else whole


def sentence(search):
    size = percent(RADII[search.smallest], 0)
    return f"**Smallest change found that turns it into a {search.target}: {size} of full ink at each pixel.**"


def pixels(at, alt):
    """The pictures of 28 by 28 squares in one that is described so: the digit, the change, their sum."""
    url = next(image.url for image in pictures(at) if alt in image.alt)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))
    side = 6 * 28
    return [shown[3:side:6, left + 3 : left + side : 6] for left in (0, side + 48, 2 * (side + 48))]


def told(at, number):
    """The captions of the change and of the noise of a network, by its number."""
    return [c.value for c in at.caption if c.value.startswith(("In the direction", "Random noise"))][2 * number :][:2]


def test_two_networks_stand_side_by_side_and_every_picture_is_what_was_found(networks, bundled):
    at = open_page(PAGE, {Session.shown.number: 3})
    assert not at.exception
    assert not at.error
    assert "**adversarial example**" in texts(at)
    image = bundled.images[3, :, :, 0]
    read, target = np.argsort(-shares(networks["hvass"], image))[:2]
    assert at.session_state[BreakItPage.target.name] == target  # at first the second guess
    found = {name: searched(networks[name], image, target) for name in ("hvass", "robust")}
    place = found["hvass"].smallest
    assert at.slider(key=BreakItPage.size.name).value == place
    for number, (name, search) in enumerate(found.items()):
        size = percent(RADII[search.smallest], 0)
        assert f"**Smallest change found that turns it into a {target}: {size} of full ink at each pixel.**" in texts(
            at
        )
        now, share = (search.found.probabilities[place].argmax(), search.found.probabilities[place].max())
        change, noise = told(at, number)
        assert f"at most {percent(RADII[place], 0)} of full ink" in change
        assert f"Now it reads {now}, with {probability(float(share))}; without" in change
        now, share = (search.noise.probabilities[place].argmax(), search.noise.probabilities[place].max())
        assert noise == f"Random noise of the same size: it reads {now}, with {probability(float(share))}."
        assert any(heading.value.endswith(f"({name})") for heading in at.subheader)
    before, difference, after = pixels(at, f"the digit, read as {read}; the change")
    result = found["hvass"].found.images[place]
    limits = (-RADII[place], RADII[place])
    for shown, values, palette, between in (
        (before, image, "gray", (0, 1)),
        (difference, result - image, "seismic", limits),
        (after, result, "gray", (0, 1)),
    ):
        expected = palettes.apply_palette(values, palette, between).astype(int)
        assert np.abs(shown.astype(int) - expected).max() <= 6
    more = difference[(result - image) > 0.9 * RADII[place]]
    assert (more[:, 0] > more[:, 2]).all()  # red is more ink


def test_the_slider_moves_without_another_computation(networks, bundled, monkeypatch):
    at = open_page(PAGE, {BreakItPage.target: 5, BreakItPage.size: 7})
    image = bundled.images[0, :, :, 0]
    search = searched(networks["hvass"], image, 5)
    monkeypatch.setattr(adversarial, "search", None)  # nothing could be asked for any more
    for place in (0, 50, 12):
        at.slider(key=BreakItPage.size.name).set_value(place).run()
        assert not at.exception
        probs = search.found.probabilities[place]
        assert f"Now it reads {probs.argmax()}, with {probability(float(probs.max()))};" in told(at, 0)[0]
        low, high = (100 * edge(search.found.images[place] - image) for edge in (np.min, np.max))
        assert f"of each pixel, from {low:+.0f}\u00a0% to {high:+.0f}\u00a0% of full ink" in pictures(at)[0].alt
    at.button(key="to the smallest change 0").click().run()
    assert at.slider(key=BreakItPage.size.name).value == search.smallest


def test_one_step_is_the_signed_gradient(networks, bundled):
    at = open_page(PAGE, {BreakItPage.target: 5, BreakItPage.size: 20, BreakItPage.search_steps: 1})
    image = bundled.images[0, :, :, 0]
    search = searched(networks["hvass"], image, 5, 1)
    probs = search.found.probabilities[20]
    assert f"Now it reads {probs.argmax()}, with {probability(float(probs.max()))};" in told(at, 0)[0]
    at.segmented_control(key=BreakItPage.search_steps.name).set_value(5).run()
    probs = searched(networks["hvass"], image, 5, 5).found.probabilities[20]
    assert f"Now it reads {probs.argmax()}, with {probability(float(probs.max()))};" in told(at, 0)[0]


def test_the_present_answer_is_no_target_and_another_network_may_read_it_already(networks, bundled):
    probs = {name: evaluation.probabilities(networks[name], bundled.images) for name in ("hvass", "robust")}
    differ = int(np.flatnonzero(probs["hvass"].argmax(axis=1) != probs["robust"].argmax(axis=1))[0])
    read, wanted = (int(probs[name][differ].argmax()) for name in ("hvass", "robust"))
    at = open_page(PAGE, {Session.shown.number: differ, BreakItPage.target: wanted})
    control = at.segmented_control(key=BreakItPage.target.name)
    assert [int(option) for option in control.options] == [each for each in range(10) if each != read]
    assert f"It reads this digit as a {wanted} already, without any change." in texts(at)
    choose_network(at, "robust").run()  # now that is the answer, and another target is chosen
    assert not at.exception
    assert at.session_state[BreakItPage.target.name] != wanted


def test_whether_the_changed_digit_would_be_refused_is_said_of_a_network_that_can_tell(networks, bundled):
    at = open_page(PAGE, {BreakItPage.target: 5, BreakItPage.beside: "low-level"}, model="robust")
    search = searched(networks["robust"], bundled.images[0, :, :, 0], 5)
    least = store.open_model(store.ROOT / "robust").card.least_energy
    for place in range(0, 51, 10):
        at.slider(key=BreakItPage.size.name).set_value(place).run()
        sentences = [c.value for c in at.caption if "no digit here" in c.value.lower()]
        is_refused = rejection.energies(search.found.logits[place]) < least
        assert ("would refuse" in sentences[0]) == is_refused
        assert ("does not help" in sentences[0]) != is_refused
        assert "it is not known" in sentences[1]


def test_in_the_middle_of_its_training_a_network_cannot_tell():
    at = open_page(PAGE, {iteration_of("robust"): 1000}, model="robust")
    assert not at.exception
    assert "it is not known" in texts(at)


def test_a_drawing_is_turned_into_another_digit(networks):
    ink = np.zeros((280, 280), np.float32)
    ink[60:80, 70:210] = ink[60:240, 190:210] = 1
    prepared = prepare(ink)
    at = open_page(PAGE)
    give(at, prepared)
    at.run()
    assert "the digit, read as 7;" in str(pictures(at))
    target = at.session_state[BreakItPage.target.name]
    search = searched(networks["hvass"], prepared.centred, target)
    assert sentence(search) in texts(at)


@pytest.mark.parametrize(
    "wild",
    [
        {BreakItPage.target: "x", BreakItPage.size: 999, BreakItPage.search_steps: 7, BreakItPage.beside: "nobody"},
        {BreakItPage.target: -1, BreakItPage.size: "5", BreakItPage.search_steps: 0, BreakItPage.beside: "hvass"},
    ],
)
def test_what_an_address_may_say_does_not_break_it(wild):
    at = open_page(PAGE, wild)
    assert not at.exception
    assert not at.error
    assert "Smallest change found" in texts(at)


def test_what_is_not_reached_is_said(monkeypatch):
    """As of a network whose gradient is 0: nothing that the worker finds is the target."""
    monkeypatch.setattr(Search, "smallest", None)
    at = open_page(PAGE, {BreakItPage.target: 5})
    assert "**Not turned into a 5 by this search with up to 50\u00a0% of full ink at each pixel.**" in texts(at)
    assert at.slider(key=BreakItPage.size.name).value == 50


def test_what_computes_no_numbers_is_said_in_a_sentence(monkeypatch):
    def refused(*_):
        raise ValueError("Expected a network that computes finite numbers. Received infinity or NaN.")

    monkeypatch.setattr(server.jobs(), "waiting", refused)
    at = open_page(PAGE, {BreakItPage.target: 5})
    assert not at.exception
    assert "finite numbers" in at.error[0].value
