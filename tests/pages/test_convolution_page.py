"""The Convolution page: what it shows is what the network computed; pixel, channel and chain by keyboard."""

import re

import numpy as np
import pytest

from apptest import alts, open_page
from cnnviz.analysis import arithmetic, contribution_path, inspection, receptive_field
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.render import palettes
from cnnviz.render.palettes import LIGHT
from cnnviz.ui import state
from cnnviz.ui.components.slide import slide
from cnnviz.ui.state import ConvolutionPage

pytestmark = pytest.mark.usefixtures("bundled_digits")


@pytest.fixture(scope="module")
def outputs():
    network = store.load(store.find("hvass"))
    image = dataset.load(dataset.BUNDLED, "test").images[3:4]
    return network, {name: output[0] for name, output in inspection.activations(network, image).items()}


def opened(chosen=None):
    at = open_page("layers/calculation", {state.Session.shown.number: 3} | (chosen or {}))
    assert not at.exception
    assert not at.error
    return at


def taken_apart(layer, filter_, place):
    return {ConvolutionPage.layer: layer, ConvolutionPage.filter: filter_, ConvolutionPage.place: place}


def headings(at):
    return [heading.value for heading in at.subheader]


@pytest.mark.parametrize(
    ("layer", "filter_", "place"),
    [("conv1", 3, (0, 0)), ("conv1_pool", 5, (7, 6)), ("conv1_relu", 2, (13, 13)), ("conv2", 35, (13, 0)),
     ("conv2", 7, (6, 8)), ("conv2_pool", 0, (3, 3)), ("conv2_relu", 10, (6, 6))],
)  # fmt: skip
def test_the_pixel_that_is_taken_apart_is_the_networks(outputs, layer, filter_, place):
    network, found = outputs
    at = opened(taken_apart(layer, filter_, place))
    value = found[layer][(*place, filter_)]
    assert f"Pixel {place} of map {filter_} of {layer}: {value:.4f}" in headings(at)
    step = arithmetic.explain(network, found, layer, (*place, filter_))
    sentences = "\n".join(element.value for element in at.markdown)
    if layer.startswith("conv") and "_" not in layer:
        assert f"**{step.total:+.4f}**" in sentences
        shown = [float(x) for x in re.findall(r"\(([+-][\d.]+)[) ]", sentences.split(" + bias")[0])]
        assert sum(shown) + step.bias == pytest.approx(step.total, abs=5e-4)
    else:
        assert f"**{step.result:.4f}**" in sentences


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
    names = {button.proto.id for button in opened().get("download_button")}
    assert any("png conv1-0" in name for name in names), names


def test_the_chain_goes_down_to_the_ink(outputs):
    network, found = outputs
    at = opened(taken_apart("conv2_relu", 10, (3, 3)))
    table = next(frame.value for frame in at.table if "Gave to the one above" in frame.value.columns)
    links = contribution_path.strongest_path(network, found, "conv2_relu", (3, 3, 10))
    assert table["Layer"].tolist() == [link.layer for link in links]
    assert table["Value"].tolist() == [f"{link.value:.4f}" for link in links]
    box = receptive_field.receptive_field_in_image(network.config, "conv2_relu", 3, 3)
    assert any(f"{box.height}×{box.width} pixels of the image" in caption.value for caption in at.caption)


def test_the_softmax_is_computed_number_by_number(outputs):
    at = opened()
    table = next(frame.value for frame in at.dataframe if "Logit" in frame.value.columns)
    assert table["Logit"].to_numpy() == pytest.approx(outputs[1]["logits"], abs=1e-4)
    exponentials = np.array([float(x) for x in table["exp"]])
    assert exponentials / exponentials.sum() == pytest.approx(outputs[1]["softmax"], abs=1e-3)


def test_a_network_of_another_shape_keeps_place_and_map_inside():
    at = opened(taken_apart("conv2_relu", 500, (99, 99)))
    assert any("Pixel (6, 6) of map 35 of conv2_relu" in heading for heading in headings(at))


def test_without_a_drawing_it_says_where_to_draw():
    at = opened({state.Session.shown.which: "own"})
    assert any("Nothing is drawn yet" in info.value for info in at.info)


def test_every_input_channel_is_there(outputs):
    at = opened(taken_apart("conv2", 7, (6, 8)))
    few = [alt for alt in alts(at) if "Three squares" in alt]
    at.toggle(key=ConvolutionPage.every_channel.name).set_value(True).run()
    every = [alt for alt in alts(at) if "Three squares" in alt]
    assert (len(few), len(every)) == (3, 16)
    assert every[:3] == few
    step = arithmetic.explain(*outputs, "conv2", (6, 8, 7))
    assert [int(re.search(r"channel (\d+)", alt)[1]) for alt in every] == step.channels_by_contribution.tolist()


@pytest.mark.parametrize(
    ("page", "key"),
    [
        ("convolution", state.Session.shown.number),
        ("feature_maps", state.FeatureMapsPage.other.number),
        ("laboratory", state.Session.shown.number),
        ("look", state.Session.shown.number),
        ("network", state.Session.shown.number),
        ("robustness", state.Session.shown.number),
    ],
)
def test_a_number_chosen_in_a_larger_set_becomes_the_last_of_a_smaller_one(page, key):
    at = open_page(page, {key: 9999})
    assert not at.exception
    assert at.number_input(key=key.name).value == 499
