"""Layers: the way through the network, and what is opened by a click."""

import base64
import json
import re
import time

import numpy as np
import pytest
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest

from apptest import components, open_page, shown_maps, texts
from cnnviz.analysis import evaluation, inspection, receptive_field, weight_editing
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.network.config import layers, n_weights
from cnnviz.percentages import percent
from cnnviz.render import palettes
from cnnviz.ui import state
from cnnviz.ui.changes import Changes
from cnnviz.ui.components.live import live
from cnnviz.ui.components.overview import overview
from cnnviz.ui.state import CalculationPart, FiltersPart, LayersPage, Session

pytestmark = pytest.mark.usefixtures("bundled_digits")


def opened(chosen=None, **by_name):
    at = open_page("layers/network", {LayersPage.chart: True} | (chosen or {}), **by_name)
    assert not at.exception
    assert not at.error
    return at


def captions(at):
    return "\n".join(
        [*(element.value for element in at.caption), *(item["caption"] for item in shown_maps(at).values())]
    )


@pytest.mark.parametrize("name", ["hvass", "deep-mnist", "low-level"])
def test_every_layer_stands_with_its_shape_its_weights_and_its_numbers(name):
    at = opened({state.Session.shown.number: 5}, model=name)
    found = store.load(store.find(name))
    image = dataset.load(dataset.BUNDLED, "test").images[5:6]
    outputs = inspection.activations(found, image)
    assert f"{n_weights(found.config):,} weights in all" in captions(at)
    for layer in layers(found.config):
        at.button_group(key=CalculationPart.explained_layer.name).set_value(layer.name).run()
        weights = f"{layer.n_weights:,} weights" if layer.n_weights else "no weights"
        markdown = [element.value for element in at.markdown]
        assert f"**{layer.name} · {'×'.join(map(str, layer.shape))} · {weights}**" in markdown
        output = outputs[layer.name]
        if layer.is_map and layer.kind != "input":
            n, (low, high) = layer.shape[2], (output.min(), output.max())
            assert f"{n} maps of {layer.shape[0]}×{layer.shape[1]}, from {low:.2f} to {high:.2f}" in captions(at)
    assert f"Answer {outputs['softmax'].argmax()}, with" in captions(at)


@pytest.mark.parametrize("name", ["hvass", "deep-mnist", "low-level"])
def test_the_way_leads_from_the_digit_to_the_answer(name):
    at = opened({state.Session.shown.number: 5}, model=name)
    found = store.load(store.find(name))
    outputs = inspection.activations(found, dataset.load(dataset.BUNDLED, "test").images[5:6])
    (told,) = components(at, "overview")
    for block, (group, convolution) in enumerate(zip(told["groups"], found.config.convolutions, strict=True), 1):
        assert f"What the {convolution.filters} filters of layer {block} found" in group["caption"]
        assert group["alt"]
        assert group["shape"] == list(outputs[group["layer"]].shape[1:])
        assert group["field"] == list(receptive_field.rule_in_image(found.config, group["layer"]))
    (strip,) = told["strips"]
    assert (strip["layer"], strip["n"]) == ("dense1_relu", found.config.dense[-1])
    assert f"{found.config.dense[-1]:,} neurons, dense1_relu" in strip["caption"]
    assert numbers(told["image"]) == pytest.approx(outputs["image"].ravel(), abs=0)
    assert told["network"]["weights"] == f"./cnnviz/weights/{found.key}.bin"
    assert told["network"]["n_weights"] == n_weights(found.config)
    assert (told["values"], told["why"]) == (None, "")


def numbers(packed):
    return np.frombuffer(base64.b64decode(packed), "<f4")


def overview_of(at, **sent):
    """What the browser is told of the overview, after it has sent something, if it does."""
    if sent:
        at.session_state[state.overview_of(at.selectbox(key=Session.model.name).value).name] = sent
        at.run()
        assert not at.exception
    (told,) = components(at, "overview")
    return told


def test_where_the_browser_cannot_compute_the_server_sends_its_numbers(monkeypatch):
    at = opened({Session.shown.number: 5, Session.model: "hvass"})
    told = overview_of(at)
    assert overview_of(at, failed="./cnnviz/weights/of another.bin")["values"] is None
    found = store.load(store.find("hvass"))
    outputs = inspection.activations(found, dataset.load(dataset.BUNDLED, "test").images[5:6])
    values = overview_of(at, failed=told["network"]["weights"])["values"]
    assert set(values) == {"conv1_relu", "conv2_relu", "dense1_relu", "softmax"}
    for name, packed in values.items():
        assert numbers(packed) == pytest.approx(outputs[name].ravel(), abs=1e-6)
    monkeypatch.setattr(live, "MAX_WEIGHTS", n_weights(found.config) - 1)
    told = overview_of(at, failed="")
    assert told["why"] == overview.Words.too_large.format(n=n_weights(found.config))
    assert set(told["values"]) == set(values)


def test_the_weights_of_every_snapshot_are_offered_once_they_are_wanted():
    at = opened({Session.model: "hvass"})
    card = store.find("hvass").card
    iterations = [snapshot.iteration for snapshot in card.snapshots]
    training = overview_of(at)["training"]
    assert training == {"name": "hvass", "iterations": iterations, "now": iterations[-1]}
    offered = overview_of(at, wants=True)["training"]["offered"]
    keys = [store.load(store.find("hvass"), iteration).key for iteration in iterations]
    assert offered == [f"./cnnviz/weights/{key}.bin" for key in keys]


@pytest.mark.parametrize(
    "chosen",
    [{Session.model: "deep-mnist"}, {Session.model: "hvass", Session.hidden: ("time",)}],
    ids=["one snapshot", "a lesson that hides training time"],
)
def test_there_is_nothing_to_move_through(chosen):
    assert overview_of(opened(chosen))["training"] is None


def test_snapshots_that_are_too_much_for_a_browser_are_not_moved_through(monkeypatch):
    monkeypatch.setattr(overview, "MAX_SNAPSHOT_WEIGHTS", 14 * 242_062 - 1)
    assert overview_of(opened({Session.model: "hvass"}))["training"] is None


@pytest.mark.parametrize("wrong", [True, "500", 499, None, 500.0])
def test_only_a_step_that_there_is_is_taken_from_the_browser(wrong):
    key = state.overview_of("hvass")
    assert sent_of(key, {"step": 500}).step == 500
    assert sent_of(key, {"step": wrong}).step is None


def sent_of(key, said):
    """What `overview.sent` makes of it, on a page of its own."""

    def script(name, said):
        import streamlit as st

        from cnnviz.ui.components.overview import overview
        from cnnviz.ui.state import Key

        st.session_state[name] = said
        st.session_state["found"] = overview.sent(Key(name, None), (), (0, 500))

    return AppTest.from_function(script, args=(key.name, said)).run().session_state["found"]


def test_the_snapshot_at_which_the_slider_rests_is_shown_everywhere():
    at = send(opened({Session.model: "hvass"}), "step", 500)
    assert at.select_slider(key=state.iteration_of("hvass").name).value == 500
    told = overview_of(at)
    assert told["training"]["now"] == 500
    assert told["network"]["weights"] == f"./cnnviz/weights/{store.load(store.find('hvass'), 500).key}.bin"


def send(at, event, value):
    """What the overview sends once, as when something is clicked there."""
    states = at._tree.get_widget_states()
    (proto,) = [e.proto for e in at.get("bidi_component") if e.proto.component_name.endswith("cnnviz.overview")]
    sent = states.widgets.add()
    sent.id = _make_trigger_id(proto.id, "events")
    sent.json_trigger_value = json.dumps([{"event": event, "value": value}])
    at._run(states)
    assert not at.exception
    return at


def told_once_known(at):
    """What the browser is told of the switches, after asking until the accuracy is known."""
    for _ in range(300):
        told = overview_of(at)["switches"]
        if told["accuracy"] is not None:
            return told
        time.sleep(0.1)
        send(at, "asks", 1)
    raise AssertionError("the accuracy does not come")


OFF = {"conv1": [1, 13], "conv2": [4]}


def without(network):
    for layer, filters in OFF.items():
        network = weight_editing.without_filters(network, layer, filters)
    return network


def test_with_filters_off_all_that_the_page_says_is_of_the_network_without_them():
    names = ("conv2 4", "conv1 13", "conv1 1", "conv9 1", "conv1 16", "conv1 -1", "conv1 1", "dense1 2", "x")
    at = opened({Session.shown.number: 5, Session.model: "hvass", state.switched_off_of("hvass"): names})
    whole = store.load(store.find("hvass"))
    broken, test = without(whole), dataset.load(dataset.BUNDLED, "test")
    outputs = {name: output[0] for name, output in inspection.activations(broken, test.images[5:6]).items()}
    told = overview_of(at)
    assert told["switches"]["off"] == ["conv1 1", "conv1 13", "conv2 4"]
    assert told["network"]["weights"] == f"./cnnviz/weights/{whole.key}.bin"  # the browser switches off by itself
    known = told_once_known(at)
    before, after = (evaluation.score(test.labels, evaluation.probabilities(n, test.images)) for n in (whole, broken))
    lost = before.correct - after.correct
    assert lost > 0
    assert known["accuracy"] == [
        f"Accuracy {percent(before.accuracy)} → {percent(after.accuracy)}",
        f"{after.correct} of 500 test digits are read right, {lost} fewer than before.",
    ]
    overview_of(at, opened="conv2_relu 5")
    (slide,) = components(at, "slide")
    assert slide["calculation"]["results"] == pytest.approx(outputs["conv2"][..., 5].ravel(), abs=1e-5)
    first, second = np.argsort(-outputs["softmax"])[:2]
    at.session_state[LayersPage.answer.name] = True
    at.run()
    assert f"contribute most to {first}, and what they contribute to {second}." in captions(at)
    at.button_group(key=CalculationPart.explained_layer.name).set_value("conv1_relu").run()
    assert "2 zero everywhere and crossed out" in captions(at)


def test_what_is_switched_off_is_remembered_and_opens_in_break_it():
    at = opened({Session.model: "hvass"})
    assert overview_of(at)["switches"] == {
        "of": f"{state.overview_of('hvass').name} 0",
        "off": [],
        "accuracy": ["", ""],
    }
    whole = store.load(store.find("hvass"))
    at.session_state[state.changes_of(whole.key).name] = Changes(
        noise={"dense1": 0.5}, off={"conv2": [1], "dense1": [2]}
    )
    switches = send(at, "off", ["conv2 4", "conv1 3", 5, "conv1 99"])
    assert overview_of(switches)["switches"]["off"] == ["conv1 3", "conv2 4"]
    send(at, "off", "conv1 3")
    assert state.switched_off_of("hvass").name not in at.session_state
    send(at, "off", ["conv1 3"])
    send(at, "break_it", True)
    assert "dense1 with noise of 0.5 standard deviations; dense1 without neuron 2; conv1 without filter 3" in texts(at)
    (off,) = [one for one in at.multiselect if one.label.startswith("Switch off")]
    assert off.value == [3]


@pytest.mark.parametrize(
    ("chosen", "palette", "above"),
    [("seismic", "seismic", "red"), ("PuOr", "PuOr", "purple"), ("jet", "seismic", "red")],
)
def test_the_palette_that_is_chosen_is_that_of_overview_calculation_and_maps(chosen, palette, above):
    chosen = {FiltersPart.palette: chosen, CalculationPart.explained_layer: "conv1", CalculationPart.more: True}
    at = opened({Session.model: "hvass"} | chosen)
    table = palettes.palette_table(palette)[:256].tobytes()
    told, (slide,) = overview_of(at), components(at, "slide")
    assert base64.b64decode(told["table"]) == table
    assert told["words"]["colours"]["above"] == above
    looks = slide["calculation"]["looks"]
    assert {base64.b64decode(looks[name]["table"]) for name in ("weights", "products")} == {table}
    assert f"; {above} is positive" in captions(at)
    assert f"{above} above" in captions(open_page("layers/filters", chosen))


def key_of(layer, name="hvass", image=0):
    return state.maps_of(layer, store.load(store.find(name)).key, image).name


def open_map(at):
    """Layer, number and place of the map whose calculation is shown."""
    (told,) = components(at, "slide")
    number, layer = re.search(r"of map (\d+) of (\w+):", told["words"]["place"]).groups()
    return layer, int(number), tuple(told["place"])


def test_a_map_that_is_clicked_on_is_taken_apart_beside_the_others():
    at = opened({state.Session.shown.number: 7})
    assert open_map(at)[:2] == ("conv1", 0)
    assert overview_of(at)["marked"] == ["conv1_relu", 0]
    assert overview_of(at, opened="conv2_relu 35")["marked"] == ["conv2_relu", 35]
    assert open_map(at)[:2] == ("conv2", 35)
    assert at.session_state[state.Session.shown.number.name] == 7
    overview_of(at, opened=None)
    at.button_group(key=CalculationPart.layer.name).set_value("conv2_relu").run()
    assert open_map(at)[:2] == ("conv2_relu", 35)


WRONG = (
    "",
    "conv2_relu",
    "conv2_relu ",
    "conv2_relu -1",
    "conv2_relu 36",
    "conv2_relu 1.5",
    "conv2_relu ²",
    3,
    True,
    [],
)


@pytest.mark.parametrize("sent", [*WRONG, "dense1_relu 3", "softmax 1", "conv2 1"])
def test_nothing_is_opened_but_a_map_that_is_there(sent):
    at = opened()
    overview_of(at, opened=sent)
    assert open_map(at)[:2] == ("conv1", 0)


def test_a_map_on_feature_maps_is_taken_apart_for_its_own_image():
    chosen = {state.Session.shown.number: 3, state.FeatureMapsPart.two_images: True}
    at = open_page("layers/maps", chosen | {state.FeatureMapsPart.other.number: 5})
    assert not at.exception
    at.session_state[key_of("conv1", image=1)] = {"opened": 4}
    at.run()
    assert not at.exception
    (told,) = components(at, "slide")
    assert open_map(at)[:2] == ("conv1", 4)
    image = dataset.load(dataset.BUNDLED, "test").images[5]
    assert told["calculation"]["inputs"] == pytest.approx(image.ravel(), abs=1e-6)
    marked = [(item["alt"], item["marked"]) for item in shown_maps(at).values() if item["marked"]]
    assert len(marked) == 1
    assert "Test image 5" in marked[0][0]


def test_the_maps_of_two_images_stand_side_by_side_before_and_after_relu_and_pooling():
    at = open_page("layers/maps", {state.FeatureMapsPart.two_images: True})
    config = store.load(store.find("hvass")).config
    maps = [layer.name for layer in layers(config) if layer.is_map and layer.kind != "input"]
    alts = [item["alt"] for item in shown_maps(at).values()]
    for number in (0, 13):
        assert [name for name in maps if any(f"layer {name} for Test image {number}," in alt for alt in alts)] == maps


def test_a_kernel_that_is_clicked_on_is_opened_with_its_bias_and_its_map():
    at = open_page("layers/filters")
    network = store.load(store.find("hvass"))
    at.session_state[state.kernels_of("conv1", 0, network.key).name] = {"opened": 9}
    at.run()
    assert not at.exception
    kernel, bias = network.weights["conv1/kernel"][:, :, :, 9], network.weights["conv1/bias"][9]
    sentence = f"**Filter 9 of conv1**: bias {bias:+.4f}, weights from {kernel.min():+.4f} to {kernel.max():+.4f}"
    assert sentence in [element.value for element in at.markdown]
    assert open_map(at)[:2] == ("conv1", 9)
    (told,) = components(at, "slide")
    assert told["calculation"]["weights"] == pytest.approx(kernel[:, :, 0].ravel(), abs=1e-6)


def test_of_all_kernels_the_one_that_is_clicked_on_is_opened():
    at = open_page("layers/filters", {FiltersPart.layer: "conv2", state.filters_channel_of("conv2"): "All"})
    network = store.load(store.find("hvass"))
    at.session_state[state.kernels_of("conv2", None, network.key).name] = {"picked": 7 * 16 + 11}
    at.run()
    assert not at.exception
    assert open_map(at)[:2] == ("conv2", 7)
    (told,) = components(at, "slide")
    weights = network.weights["conv2/kernel"][:, :, 11, 7].ravel()
    assert told["calculation"]["weights"] == pytest.approx(weights, abs=1e-6)
