"""What the open filter reacts to: the hand-made kernel that it is like, with a number, and its favourite patches."""

import streamlit as st

from cnnviz.analysis import arithmetic, inspection, likeness
from cnnviz.analysis.kernels import DIRECTIONS
from cnnviz.analysis.likeness import Nearest
from cnnviz.data.dataset import Dataset
from cnnviz.network.weights import Network
from cnnviz.ui import panels, places, strongest
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images
from cnnviz.ui.components.places.places import signed
from cnnviz.ui.state import FiltersPart, KernelsPage


class Words:
    """What is said of a filter."""

    much = "It is **much like {name}**, likeness {likeness}: it reacts to {what}."
    much_but_mean = "But for their mean its weights are **much like {name}**, likeness {likeness}."
    somewhat = "It is somewhat like {name}, likeness {likeness}: in part it reacts to {what}."
    somewhat_but_mean = "But for their mean its weights are somewhat like {name}, likeness {likeness}."
    none = "It is **like none of the hand-made kernels**: the nearest is {name}, with a likeness of only {likeness}."
    no_shape = "All its weights are the same: it reacts to how much ink there is, and not to a shape."
    mean = {
        True: "Most of its weights is their mean, {mean}: above all it reacts to much ink.",
        False: "Most of its weights is their mean, {mean}: above all it reacts to little ink.",
    }
    reverse = "the reverse of “{name}”"
    hand_made = "“{name}”"
    scale = (
        "Likeness: 1 is the same shape, −1 its reverse (where the one has red, the other has blue). Of 100 random "
        "kernels of {px}×{px} weights, 95 stay between −{chance:.2f} and {chance:.2f}."
    )
    edge = "an edge with the ink {direction}"
    directions = dict(zip(DIRECTIONS, (*DIRECTIONS[4:], *DIRECTIONS[:4]), strict=True))
    sobel = {"Sobel, left to right": ("right", "left"), "Sobel, top to bottom": ("below", "above")}
    lines = {
        "Line, horizontal": ("a horizontal stroke", "a horizontal gap with ink above and below"),
        "Line, vertical": ("an upright stroke", "an upright gap with ink on both sides"),
        "Line, rising": ("a stroke that rises to the right", "a gap that rises to the right, between ink"),
        "Line, falling": ("a stroke that falls to the right", "a gap that falls to the right, between ink"),
    }
    spot = ("ink in the middle with less around it", "paper in the middle with ink around it")
    summary = (
        "Of the {n} filters of {layer}, {edges} are much like an edge (light and shade: ink on one side, paper on "
        "the other), {lines} much like a line (the backbone of a stroke), {spots} much like a spot; {somewhat} are "
        "somewhat like a hand-made kernel and {none} like none."
    )
    count = (
        "The {n} filters of {layer} have {channels} channels each: {channels} × {n} = {count:,} kernels. The "
        "{channels} results of a filter are summed over the channels, with its bias; they are not averaged."
    )
    by_patches = "What it reacts to, only its favourite patches can tell:"
    patches = (
        "Its favourite patch stands first: of all {n:,} test digits the {px}×{px} pixels where it answers most, with "
        "{most}. The others follow, one a digit."
    )
    patches_alt = "{n} patches of {px} by {px} pixels on which filter {number} of {layer} answers most: {numbers}."
    lay = "Lay {name} on the digit"


def show(network: Network, layer: str, number: int) -> None:
    """What kind of filter it is, in words; of a deeper layer how many kernels it is made of."""
    kernels = inspection.kernels(network, layer)
    n, channels, px, _ = kernels.shape
    if arithmetic.layer_below(network.config, layer).kind != "input":
        st.markdown(Words.count.format(n=n, layer=layer, channels=channels, count=n * channels))
        st.markdown(Words.by_patches)
        return
    kernel = kernels[number, 0]
    found = likeness.nearest(kernel)
    if found is None:
        st.markdown(Words.no_shape)
        return
    mean, is_mean = float(kernel.mean()), likeness.share_of_mean(kernel) > 0.5
    sentences = [in_words(found, is_mean)]
    if is_mean:
        sentences.append(Words.mean[mean > 0].format(mean=signed(mean)))
    scale = Words.scale.format(px=px, chance=likeness.of_random(px))
    st.markdown(" ".join(sentences), help=scale)
    if st.button(Words.lay.format(name=Words.hand_made.format(name=found.name)), key=FiltersPart.lay.name):
        KernelsPage.kernel.set(found.name)
        places.go("kernels", "digit")


def in_words(found: Nearest, is_mean: bool) -> str:
    """The sentence for the nearest hand-made kernel; no shape is claimed where most of the weights is their mean."""
    sentence = {
        ("much", False): Words.much,
        ("much", True): Words.much_but_mean,
        ("somewhat", False): Words.somewhat,
        ("somewhat", True): Words.somewhat_but_mean,
    }.get((found.verdict, is_mean), Words.none)
    called = Words.reverse if found.likeness < 0 else Words.hand_made
    number = f"{found.likeness:.2f}".replace("-", "−")
    return sentence.format(name=called.format(name=found.name), likeness=number, what=what(found))


def what(found: Nearest) -> str:
    """What a kernel that is like this one, or like its reverse, has its greatest numbers at."""
    is_reverse = found.likeness < 0
    if found.name in Words.lines:
        return Words.lines[found.name][is_reverse]
    if found.name in Words.sobel:
        return Words.edge.format(direction=Words.sobel[found.name][is_reverse])
    direction = found.name.removeprefix("Edge, ink ")
    if direction in Words.directions:
        return Words.edge.format(direction=Words.directions[direction] if is_reverse else direction)
    return Words.spot[is_reverse]


def kind_of(name: str) -> str:
    """What a hand-made kernel counts as: "edges", "lines" or "spots"."""
    return {"Edge": "edges", "Sobel": "edges", "Line": "lines"}.get(name.partition(",")[0], "spots")


def show_summary(network: Network, layer: str) -> None:
    """How many filters of the first layer are of which kind; nothing of others."""
    if arithmetic.layer_below(network.config, layer).kind != "input":
        return
    kernels = inspection.kernels(network, layer, 0)
    counts = dict.fromkeys(("edges", "lines", "spots", "somewhat", "none"), 0)
    for kernel in kernels:
        found = likeness.nearest(kernel)
        verdict = found.verdict if found else "none"
        counts[kind_of(found.name) if found and verdict == "much" else verdict] += 1
    st.markdown(Words.summary.format(n=len(kernels), layer=layer, **counts))


def show_favourites(network: Network, test: Dataset, layer: str, number: int) -> None:
    """The patches of test digits on which the filter answers most; searches all of them at first."""
    top = strongest.search(network, test, layer)
    seen = strongest.boxes(network, layer, top, number)
    patches = strongest.cut_out(test, top.indices[number], seen)
    numbers = [signed(value, 2) for value in top.activations[number]]
    values = {"n": len(test), "px": seen[0].height, "most": numbers[0], "number": number, "layer": layer}
    sheet = images(patches, panels.map_palette(), len(patches), labels=numbers, cell_px=120, widest_px=84)
    maps.show(
        sheet,
        caption=Words.patches.format(**values),
        alt=Words.patches_alt.format(**values | {"n": len(patches), "numbers": ", ".join(numbers)}),
        name=f"{layer}-filter-{number}-patches",
    )
    if strongest.is_dead(network, top, number):
        st.markdown(strongest.Words.dead)
