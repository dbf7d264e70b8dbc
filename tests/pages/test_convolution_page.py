"""The calculation on Layers shows what the network computed: its pixel, its scales, the chain to the ink."""

import re

import numpy as np
import pytest

from apptest import alts, components, go, open_page, texts
from cnnviz.analysis import arithmetic, contribution_path, inspection, receptive_field
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.pages.layers import numbers
from cnnviz.render import palettes
from cnnviz.render.palettes import LIGHT
from cnnviz.ui import state
from cnnviz.ui.components.slide import slide
from cnnviz.ui.state import CalculationPart, LayersPage

pytestmark = pytest.mark.usefixtures("bundled_digits")


@pytest.fixture(scope="module")
def outputs():
    network = store.load(store.find("hvass"))
    image = dataset.load(dataset.BUNDLED, "test").images[3:4]
    return network, {name: output[0] for name, output in inspection.activations(network, image).items()}


def opened(chosen=None):
    everything = {state.Session.shown.number: 3, CalculationPart.more: True, LayersPage.answer: True}
    at = open_page("layers/network", everything | (chosen or {}))
    assert not at.exception
    assert not at.error
    return at


def taken_apart(layer, filter_, place=None):
    return {CalculationPart.layer: layer, CalculationPart.filter: filter_, CalculationPart.place: place}


def sliding(at):
    """What the browser is told of the kernel that slides."""
    (found,) = components(at, "slide")
    return found


@pytest.mark.parametrize(
    ("layer", "filter_", "place"),
    [("conv1", 3, (0, 0)), ("conv1_pool", 5, (7, 6)), ("conv1_relu", 2, (13, 13)), ("conv2", 35, (13, 0)),
     ("conv2", 7, (6, 8)), ("conv2_pool", 0, (3, 3)), ("conv2_relu", 10, (6, 6))],
)  # fmt: skip
def test_the_pixel_that_is_taken_apart_is_the_networks(outputs, layer, filter_, place):
    network, found = outputs
    at = opened(taken_apart(layer, filter_, place))
    value = found[layer][(*place, filter_)]
    assert f"Pixel {place} of map {filter_} of {layer}: {value:.4f}" in texts(at)
    told = sliding(at)
    assert tuple(told["place"]) == place
    side = len(found[layer])
    assert told["calculation"]["results"][place[0] * side + place[1]] == pytest.approx(value, abs=1e-6)
    step = arithmetic.explain(network, found, layer, (*place, filter_))
    if layer.startswith("conv") and "_" not in layer:
        assert f"**{step.total:+.4f}**" in texts(at)
        shown = [float(x) for x in re.findall(r"\(([+-][\d.]+)[) ]", texts(at).split(" + bias")[0])]
        assert sum(shown) + step.bias == pytest.approx(step.total, abs=5e-4)
    else:
        assert f"**{step.result:.4f}**" in texts(at)


@pytest.mark.parametrize(("layer", "filter_", "place"), [("conv1", 3, (8, 9)), ("conv2", 7, (6, 8))])
def test_the_browser_has_what_it_takes_to_work_out_every_pixel(outputs, layer, filter_, place):
    network, found = outputs
    told = sliding(opened(taken_apart(layer, filter_, place)))
    step = arithmetic.explain(network, found, layer, (*place, filter_))
    channel = int(step.channels_by_contribution[0])
    calculation, side = told["calculation"], told["side"]
    padded = np.pad(np.array(calculation["inputs"]).reshape(side, side), told["pad"])
    patch = padded[place[0] : place[0] + told["kernel"], place[1] : place[1] + told["kernel"]]
    assert (patch.ravel() * calculation["weights"]).sum() == pytest.approx(step.channel_sums[channel], abs=1e-5)
    assert calculation["bias"] == pytest.approx(step.bias)


@pytest.mark.parametrize(("layer", "filter_"), [("conv1", 3), ("conv2", 7), ("conv2", 20), ("conv2", 35)])
def test_a_map_opens_at_its_strongest_pixel_which_sees_ink(outputs, layer, filter_):
    network, found = outputs
    told = sliding(opened(taken_apart(layer, filter_)))
    values, seen = (
        found[layer][:, :, filter_],
        receptive_field.sees_ink(network.config, layer, found["image"][:, :, 0]),
    )
    row, column = told["place"]
    assert seen[row, column]
    assert values[row, column] == values[seen].max()
    assert any(told["calculation"]["inputs"])
    assert seen.ravel()[told["start"]]  # playing begins where the ink is
    assert not seen.ravel()[: told["start"]].any()


def test_one_scale_holds_for_every_patch_of_a_layer(outputs):
    network, found = outputs
    kernel, inputs = network.weights["conv2/kernel"], found["conv1_relu"]
    of_maps = [
        {name: (look["low"], look["high"]) for name, look in sliding(opened(each))["calculation"]["looks"].items()}
        for each in (taken_apart("conv2", 7, (6, 8)), taken_apart("conv2", 35, (13, 0)))
    ]
    assert of_maps[0] == of_maps[1]
    largest = numbers.largest_product(kernel, inputs)
    assert of_maps[0]["patch"] == palettes.limits_with_zero(inputs)
    assert of_maps[0]["weights"] == palettes.symmetric_limits(kernel)
    assert of_maps[0]["products"] == (-largest, largest)
    products = np.abs(arithmetic.explain(network, found, "conv2", (6, 8, 7)).products)
    assert products.max() <= largest
    # A product of 0.00 is white, or as good as that.
    assert palettes.apply_palette(np.array([0.004]), "seismic", (-largest, largest)).min() > 240


def test_the_place_on_the_digit_follows_from_first_step_and_size(outputs):
    network, _ = outputs
    for layer, side in (("conv1", 28), ("conv1_relu", 14), ("conv2", 14), ("conv2_relu", 7)):
        first, step, size = receptive_field.rule_in_image(network.config, layer)
        for row in range(side):
            box = receptive_field.receptive_fields(network.config, layer, row, row)[-1].unclipped
            assert (box.top, box.height) == (first + row * step, size)
    told = sliding(opened(taken_apart("conv2", 7, (6, 8))))
    assert (told["field"]["first"], told["field"]["step"], told["field"]["size"]) == receptive_field.rule_in_image(
        network.config, "conv2"
    )


def test_another_digit_begins_at_its_own_strongest_pixel(outputs):
    at = opened(taken_apart("conv2", 7, (0, 0)))
    assert sliding(at)["place"] == [0, 0]
    at.session_state[state.Session.shown.number.name] = 5
    at.run()
    image = dataset.load(dataset.BUNDLED, "test").images[5:6]
    found = {name: output[0] for name, output in inspection.activations(outputs[0], image).items()}
    place = receptive_field.strongest_pixel(outputs[0].config, found, "conv2", 7)
    assert tuple(sliding(at)["place"]) == place != (0, 0)


def test_the_strongest_pixel_of_a_map_that_is_negative_or_sees_no_ink(outputs):
    network, found = outputs
    seen = receptive_field.sees_ink(network.config, "conv1", found["image"][:, :, 0])
    negative = found | {"conv1": -1 - np.abs(found["conv1"])}
    place = receptive_field.strongest_pixel(network.config, negative, "conv1", 0)
    assert negative["conv1"][(*place, 0)] == negative["conv1"][:, :, 0][seen].min()
    blank = found | {"image": np.zeros((28, 28, 1), np.float32)}
    place = receptive_field.strongest_pixel(network.config, blank, "conv1", 0)
    assert blank["conv1"][(*place, 0)] == blank["conv1"][:, :, 0].max()


def test_the_sliding_maps_are_taken_home_as_they_stand():
    grey, paper = ("gray", (0.0, 1.0)), LIGHT.paper
    maps = np.zeros((4, 4)), np.ones((2, 2))
    picture = np.asarray(slide.still(maps, (grey, grey), (-1, -1, 2, 2), (0, 1), LIGHT))
    inputs, results = picture[:336, :336], picture[:336, -336:]
    assert picture.shape == (336 + 32, 336 + 48 + 336, 3)
    assert tuple(picture[0, 340]) == paper
    assert (
        tuple(inputs[100, 167]) == tuple(inputs[167, 100]) == palettes.MARK_COLOUR
    )  # two of its sides lie outside the map
    assert tuple(inputs[0, 0]) == tuple(inputs[300, 300]) == (0, 0, 0)
    assert tuple(results[0, 168]) == tuple(results[167, 335]) == palettes.MARK_COLOUR
    assert tuple(results[84, 84]) == tuple(results[84, 252]) == (255, 255, 255)


def test_the_sliding_maps_have_a_button_of_their_own():
    names = {button.proto.id for button in opened(taken_apart("conv1", 0)).get("download_button")}
    assert any("png conv1-map-0" in name for name in names), names


def test_the_chain_goes_down_to_the_ink(outputs):
    network, found = outputs
    at = opened(taken_apart("conv2_relu", 10, (3, 3)))
    table = next(frame.value for frame in at.table if "Contribution" in frame.value.columns)
    links = contribution_path.strongest_path(network, found, "conv2_relu", (3, 3, 10))
    assert table["Layer"].tolist() == [link.layer for link in links]
    assert table["Value"].tolist() == [f"{link.value:.4f}" for link in links]
    box = receptive_field.receptive_field_in_image(network.config, "conv2_relu", 3, 3)
    assert f"{box.height}×{box.width} pixels of the image" in texts(at)


def test_the_softmax_is_computed_number_by_number(outputs):
    at = opened()
    table = next(frame.value for frame in at.dataframe if "Logit" in frame.value.columns)
    assert "Minus the largest" in table.columns
    assert table["Logit"].to_numpy() == pytest.approx(outputs[1]["logits"], abs=1e-4)
    exponentials = np.array([float(x) for x in table["exp"]])
    assert exponentials / exponentials.sum() == pytest.approx(outputs[1]["softmax"], abs=1e-3)


def test_a_network_of_another_shape_keeps_place_and_map_inside():
    at = opened(taken_apart("conv2_relu", 500, (99, 99)))
    assert "Pixel (6, 6) of map 35 of conv2_relu" in texts(at)


def test_a_map_that_another_page_opened_begins_at_its_convolution(outputs):
    at = opened(taken_apart("conv1_relu", 4))
    assert "of map 4 of conv1:" in texts(at)
    go(at, "kernels")
    at.session_state[CalculationPart.layer.name] = "conv2_relu"
    at.session_state[CalculationPart.filter.name] = 9
    go(at, "layers/network")
    place = receptive_field.strongest_pixel(outputs[0].config, outputs[1], "conv2", 9)
    assert f"Pixel {place} of map 9 of conv2:" in texts(at)


def test_a_link_leads_to_its_pixel_also_in_a_session_that_had_another_map_open():
    at = opened(taken_apart("conv2", 7, (6, 8)))
    go(at, "kernels")
    for key, value in taken_apart("conv1_relu", 2, (3, 4)).items():
        at.session_state[key.name] = value
    go(at, "layers/network")
    assert "Pixel (3, 4) of map 2 of conv1_relu:" in texts(at)


def test_every_input_channel_is_there(outputs):
    at = opened(taken_apart("conv2", 7, (6, 8)))
    few = [alt for alt in alts(at) if "Three squares" in alt]
    at.toggle(key=CalculationPart.every_channel.name).set_value(True).run()
    every = [alt for alt in alts(at) if "Three squares" in alt]
    assert (len(few), len(every)) == (3, 16)
    assert every[:3] == few
    step = arithmetic.explain(*outputs, "conv2", (6, 8, 7))
    assert [int(re.search(r"channel (\d+)", alt)[1]) for alt in every] == step.channels_by_contribution.tolist()


@pytest.mark.parametrize(
    ("page", "key"),
    [
        ("layers/network", state.Session.shown.number),
        ("layers/maps", state.FeatureMapsPart.other.number),
        ("kernels/digit", state.Session.shown.number),
        ("why", state.Session.shown.number),
        ("break_it/digit", state.Session.shown.number),
    ],
)
def test_a_number_chosen_in_a_larger_set_becomes_the_last_of_a_smaller_one(page, key):
    at = open_page(page, {key: 9999, state.FeatureMapsPart.two_images: True})
    assert not at.exception
    widget = key.name.replace("number", "number widget")
    assert at.number_input(key=widget).value == 499
