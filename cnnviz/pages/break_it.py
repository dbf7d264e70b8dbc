"""A network broken by hand: filters switched off, layers made random, kernels typed, noise; what it then answers."""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import streamlit as st

from cnnviz import backend, evaluation, handmade, inspection, surgery, tiles
from cnnviz.data import Dataset
from cnnviz.evaluation import Score
from cnnviz.network import Layer, Network, layers, n_weights
from cnnviz.surgery import Costs
from cnnviz.ui import choice, drawn, lookups, panels


class Words:
    """What this page says."""

    title = "Break it"
    intro = (
        "Take parts of the network away and see what it can no longer read. The network on disk is never touched, and "
        "the other pages go on with the whole one."
    )
    layer = "Layer"
    off, off_neurons = "Switch off filters of {layer}", "Switch off neurons of {layer}"
    choose = "none"
    too_wide = "{layer} has {n:,} neurons, too many for a list; put the layer back or add noise to it."
    to_random, to_learnt = "Put {layer} back to random values", "Give {layer} its learnt values again"
    restore = "Restore"
    more = "Type into a kernel, add noise"
    filter_, channel = "Filter", "Input channel"
    kernel = "Kernel of filter {filter_} of {layer} for input channel {channel}"
    kernel_help = (
        "At first the learnt numbers stand here. A row a line, numbers apart by spaces: 2, -1, 0.5 or 1/9. "
        "They take effect when you leave the field."
    )
    kernel_size = (
        "Expected {px} rows of {px} numbers, as large as the kernels of {layer} are. Received {rows} by {rows}."
    )
    kernel_large = "The kernels of {layer} are {px}×{px} pixels, too large to type."
    noise = "Noise on the weights of {layer}, share of their standard deviation"

    nothing = "Nothing is changed; this is the network as it was trained."
    changed = "**Changed:** {all}."
    changed_off = "{layer} without {what} {numbers}"
    filters, neurons = "filters", "neurons"
    changed_initial = "{layer} with the random values that its training began with"
    changed_drawn = "{layer} with newly drawn random values, since those that its training began with were not kept"
    changed_noise = "{layer} with noise of {share:g} standard deviations"
    changed_kernel = "filter {filter_} of {layer} with a typed kernel for input channel {channel}"

    before, after = "Accuracy before", "Accuracy after"
    points = "{points:+.2f} points"
    counts = "Of {n:,} test digits {before:,} were read right before; now {after:,} are: {difference}."
    fewer, as_many = "{n:,} fewer", "as many"
    more_right = "{n:,} more"
    cells = "Confusion cells that changed most"
    cells_caption = (
        "{n} of the 100 cells of the confusion matrix changed; here are the {shown} that changed most. "
        "Where true digit and answer are the same, the answer is right."
    )
    cells_alt = (
        "Table of {shown} cells of the confusion matrix before and after; most changed: {true} read as {predicted}, "
        "{before} before, {after} after."
    )
    columns = ("True digit", "Read as", "Before", "After", "Change")
    no_cells = "Not one cell of the confusion matrix changed."

    kernels = "Kernels of {layer}"
    kernels_whole = "The {n} kernels of {layer} for input channel {channel}; red adds, blue takes away, white is 0."
    kernels_before = "Before: the {n} kernels of {layer} for input channel {channel}. Both pictures have one scale."
    kernels_after = "After: {n_changed} of the {n} kernels are not what they were.{crossed}"
    crossed = " {n} of them are 0 everywhere and crossed out."
    kernels_alt = "{n} kernels of {px} by {px} weights of {layer}, from {low:+.3f} to {high:+.3f}."

    drawing = "Your drawing"
    no_drawing = "Nothing is drawn yet. Draw a digit on the Draw page, and its answer before and after stands here."
    seen, seen_alt = "As the network sees it.", "The drawing as 28 by 28 grey pixels."
    answer_before = "Before: read as {digit}, with {share} of the softmax."
    answer_after = "After: read as {digit}, with {share} of the softmax."
    bars_alt = "Probability of each digit: {shares}."

    ranking = "Which filter matters most"
    ranking_intro = (
        "Each filter of {layer} is switched off alone, in the network as it was trained, and {n} are read without it."
    )
    all_digits, sample = "all {n:,} test digits", "a sample of {n:,} of the {all:,} test digits"
    rank = "Rank the filters of {layer}"
    no_ranking = "Filters of convolution layers can be ranked; choose one above."
    ranking_progress = "Reading {n:,} test digits without each filter of {layer}: {done} of {parts} parts"
    rank_columns = ("Filter", "Answers lost", "Read right without it")
    ranking_caption = (
        "The costliest filter first. Whole, the network reads {right:,} of {n:,} digits right{sample}. Below 0 it "
        "reads more without the filter. Costs do not add up: two filters can stand in for each other."
    )
    is_sample = ", a sample of the {all:,}, so that small differences may be chance"
    ranking_alt = "Table of {count} filters; filter {first} costs most, {most} answers, filter {last} least, {least}."


MOST_NEURONS = 256
N_CELLS = 10
N_PARTS, FEW_PARTS = 20, 4
MANY_WEIGHTS, MANY_DIGITS = 1_000_000, 2000
"""Of larger networks, on more digits than that, FEW_PARTS of N_PARTS are read: the rest would take half a minute."""
KEEP = 32
SEED = 0
Spot = tuple[str, int, int]


@dataclass
class Changes:
    """What is done to a network, in this order.

    Attributes:
        random: layers put back to random values.
        noise: share of a layer's standard deviation, by layer.
        kernels: typed text by layer, input channel and filter.
        off: filters or neurons switched off, by layer.
    """

    random: set[str] = field(default_factory=set)
    noise: dict[str, float] = field(default_factory=dict)
    kernels: dict[Spot, str] = field(default_factory=dict)
    off: dict[str, list[int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any((self.random, self.noise, self.kernels, self.off))


def show() -> None:
    """The page from top to bottom."""
    network, test = choice.network(), choice.dataset()
    panels.head(Words.title, Words.intro)
    operate(network, test)


@st.fragment
def operate(network: Network, test: Dataset) -> None:
    """What is changed, and what becomes of it; only this part runs again after a choice on the page."""
    changes = changes_of(network)
    left, right = st.columns([2, 3], gap="large")
    with left:
        layer, channel = ask(network, changes)
    broken = operated(network, changes)
    with right:
        show_changes(network, changes)
        show_accuracy(network, broken, test)
    if layer.kind == "convolution":
        show_kernels(network, broken, layer, channel)
    show_drawing(network, broken)
    show_ranking(network, test, layer)


# What is changed


def changes_of(network: Network) -> Changes:
    """What this session has done to a network so far."""
    kept: dict[str, Changes] = st.session_state.setdefault("broken", {})
    return kept.setdefault(network.key, Changes())


def restore(network: Network) -> None:
    """Forget every change, and what the widgets hold."""
    st.session_state["broken"][network.key] = Changes()
    st.session_state["broken version"] = st.session_state.get("broken version", 0) + 1


def key_of(network: Network, name: str) -> str:
    """Key of a widget: of this network, and until everything is restored."""
    return f"{name}, {network.key[:8]}, {st.session_state.get('broken version', 0)}"


def ask(network: Network, changes: Changes) -> tuple[Layer, int]:
    """The controls; gives the layer and the input channel that are chosen."""
    found = {layer.name: layer for layer in layers(network.config) if layer.n_weights}
    name = st.segmented_control(
        Words.layer,
        list(found),
        default=next(iter(found)),
        required=True,
        key=f"broken layer of {','.join(found)}",
        persist_state="session",
    )
    layer = found[name]
    ask_off(network, layer, changes)
    st.button(
        (Words.to_learnt if name in changes.random else Words.to_random).format(layer=name),
        icon=":material/casino:",
        key="to random",
        on_click=turn,
        args=(changes, name),
    )
    with st.expander(Words.more):
        channel = ask_kernel(network, layer, changes) if layer.kind == "convolution" else 0
        ask_noise(network, name, changes)
    return layer, channel


def turn(changes: Changes, layer: str) -> None:
    """Put a layer back to random values, or to what it has learnt."""
    changes.random ^= {layer}


def ask_off(network: Network, layer: Layer, changes: Changes) -> None:
    """Which filters or neurons are switched off."""
    n, is_map = layer.shape[-1], layer.is_map
    if not is_map and n > MOST_NEURONS:
        st.caption(Words.too_wide.format(layer=layer.name, n=n))
        return
    key = key_of(network, f"off {layer.name}")
    st.session_state.setdefault(key, changes.off.get(layer.name, []))
    words = Words.off if is_map else Words.off_neurons
    chosen = st.multiselect(words.format(layer=layer.name), range(n), key=key, placeholder=Words.choose)
    changes.off.pop(layer.name, None)
    if chosen:
        changes.off[layer.name] = sorted(chosen)


def ask_noise(network: Network, layer: str, changes: Changes) -> None:
    """How much noise."""
    key = key_of(network, f"noise {layer}")
    st.session_state.setdefault(key, changes.noise.get(layer, 0.0))
    share = st.slider(Words.noise.format(layer=layer), 0.0, 3.0, step=0.1, key=key)
    changes.noise.pop(layer, None)
    if share:
        changes.noise[layer] = share


def ask_kernel(network: Network, layer: Layer, changes: Changes) -> int:
    """Numbers to put in the place of one kernel; gives the input channel."""
    px, _, n_channels, n = layer.kernel_shape
    with st.container(horizontal=True):
        filter_ = int(st.number_input(Words.filter_, 0, n - 1, 0, key=f"typed filter of {layer.name}", width=130))
        channel = int(
            st.number_input(Words.channel, 0, n_channels - 1, 0, key=f"typed channel of {layer.name}", width=130)
            if n_channels > 1
            else 0
        )
    if px > handmade.MAX_KERNEL_PX:
        st.caption(Words.kernel_large.format(layer=layer.name, px=px))
        return channel
    spot = (layer.name, channel, filter_)
    learnt = as_text(inspection.kernels(network, layer.name, channel)[filter_])
    key = key_of(network, f"kernel {spot}")
    st.session_state.setdefault(key, changes.kernels.get(spot, learnt))
    words = Words.kernel.format(layer=layer.name, channel=channel, filter_=filter_)
    text = st.text_area(words, key=key, height=40 + 24 * px, help=Words.kernel_help)
    changes.kernels.pop(spot, None)
    if text.strip() == learnt:
        return channel
    try:
        check_size(handmade.parse(text), layer)
    except ValueError as error:
        st.error(str(error), icon=":material/error:")
    else:
        changes.kernels[spot] = text
    return channel


def as_text(kernel: np.ndarray) -> str:
    """A kernel as one may type it."""
    return "\n".join(" ".join(f"{value:+.3f}" for value in row) for row in kernel)


def check_size(kernel: np.ndarray, layer: Layer) -> None:
    """Refuse a kernel of another size than the layer's, in a sentence."""
    px = layer.kernel_shape[0]
    if len(kernel) != px:
        raise ValueError(Words.kernel_size.format(px=px, layer=layer.name, rows=len(kernel)))


def initial() -> Network | int:
    """The network before its training, where that was kept; else a seed."""
    entry = choice.current().entry
    return choice.opened(entry, 0) if entry and 0 in entry.iterations else SEED


def operated(network: Network, changes: Changes) -> Network:
    """The network with all changes made; kept until there are others."""
    stamp = (network.key, repr(changes))
    kept = st.session_state.get("operated")
    if kept is None or kept[0] != stamp:
        kept = st.session_state["operated"] = (stamp, apply(network, changes))
    found: Network = kept[1]
    return found


def apply(network: Network, changes: Changes) -> Network:
    """Make every change, one after another."""
    for layer in sorted(changes.random):
        network = surgery.reset_layer(network, layer, initial())
    for layer, share in changes.noise.items():
        network = surgery.with_noise(network, layer, share, SEED)
    for (layer, channel, filter_), text in changes.kernels.items():
        network = surgery.with_kernel(network, layer, channel, filter_, handmade.parse(text))
    for layer, filters in changes.off.items():
        network = surgery.without_filters(network, layer, filters)
    return network


def show_changes(network: Network, changes: Changes) -> None:
    """What is changed, in words, and the way back."""
    told = list(in_words(network, changes))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(Words.changed.format(all="; ".join(told)) if told else Words.nothing, width="stretch")
        st.button(
            Words.restore,
            icon=":material/restart_alt:",
            key="restore",
            on_click=restore,
            args=(network,),
            disabled=not told,
        )


def in_words(network: Network, changes: Changes) -> Iterable[str]:
    """A phrase for each change."""
    kept = isinstance(initial(), Network) if changes.random else False
    for layer in sorted(changes.random):
        yield (Words.changed_initial if kept else Words.changed_drawn).format(layer=layer)
    for layer, share in changes.noise.items():
        yield Words.changed_noise.format(layer=layer, share=share)
    for layer, channel, filter_ in changes.kernels:
        yield Words.changed_kernel.format(layer=layer, channel=channel, filter_=filter_)
    for layer, filters in changes.off.items():
        what = Words.filters if network.weights[f"{layer}/kernel"].ndim == 4 else Words.neurons
        yield Words.changed_off.format(layer=layer, what=what, numbers=", ".join(map(str, filters)))


# What becomes of it


def show_accuracy(network: Network, broken: Network, test: Dataset) -> None:
    """Test accuracy before and after, and the confusion cells that changed."""
    before = evaluation.score(test.labels, lookups.probabilities(network, test))
    after = evaluation.score(test.labels, lookups.probabilities(broken, test))
    with st.container(horizontal=True, gap="large"):
        st.metric(Words.before, f"{before.accuracy:.2%}", width="content")
        points = 100 * (after.accuracy - before.accuracy)
        delta = Words.points.format(points=points) if after.correct != before.correct else None
        st.metric(Words.after, f"{after.accuracy:.2%}", delta, width="content")
    lost = before.correct - after.correct
    difference = (Words.fewer if lost > 0 else Words.more_right if lost else Words.as_many).format(n=abs(lost))
    st.markdown(Words.counts.format(n=before.n, before=before.correct, after=after.correct, difference=difference))
    if broken != network:
        show_cells(before, after)


def show_cells(before: Score, after: Score) -> None:
    """The cells of the confusion matrix that changed most."""
    found = surgery.changes(before.confusion, after.confusion)
    if not found:
        st.caption(Words.no_cells)
        return
    shown = found[:N_CELLS]
    st.markdown(f"**{Words.cells}**")
    rows = [(one.true, one.predicted, one.before, one.after, one.after - one.before) for one in shown]
    columns = dict(zip(Words.columns, map(list, zip(*rows, strict=True)), strict=True))
    first = shown[0]
    told = {"true": first.true, "predicted": first.predicted, "before": first.before, "after": first.after}
    panels.table(
        columns,
        Words.cells_caption.format(n=len(found), shown=len(shown)),
        Words.cells_alt.format(shown=len(shown), **told),
        "changed-cells",
        column_config={Words.columns[4]: st.column_config.NumberColumn(format="%+d")},
        height="content",
    )


def show_kernels(network: Network, broken: Network, layer: Layer, channel: int) -> None:
    """The kernels of a layer for one input channel, before and after when they differ."""
    st.subheader(Words.kernels.format(layer=layer.name), anchor=False, divider="gray")
    old, new = (inspection.kernels(one, layer.name, channel) for one in (network, broken))
    limits = tiles.symmetric(np.stack([old, new]))
    changed = (old != new).any(axis=(1, 2))
    told = {"n": len(old), "layer": layer.name, "channel": channel, "n_changed": int(changed.sum())}
    if not changed.any():
        picture_of(old, limits, Words.kernels_whole.format(**told), layer, "before")
        return
    left, right = st.columns(2, gap="large")
    with left:
        picture_of(old, limits, Words.kernels_before.format(**told), layer, "before")
    with right:
        n_off = int(tiles.is_dead(new).sum())
        after = Words.kernels_after.format(crossed=Words.crossed.format(n=n_off) if n_off else "", **told)
        picture_of(new, limits, after, layer, "after")


def picture_of(kernels: np.ndarray, limits: tiles.Limits, caption: str, layer: Layer, name: str) -> None:
    """Kernels with their numbers under them."""
    n, px, _ = kernels.shape
    picture = tiles.sheet(
        kernels,
        "seismic",
        limits,
        columns=8 if n <= 32 else 9 if n <= 36 else 12,
        cell_px=56,
        labels=[str(i) for i in range(n)],
        mark_dead=True,
        bar=True,
        theme=panels.theme(),
    )
    alt = Words.kernels_alt.format(n=n, px=px, layer=layer.name, low=kernels.min(), high=kernels.max())
    panels.picture(picture, caption, f"{alt} {caption}", f"kernels-{name}", width=min(picture.width, 640), inline=True)


def show_drawing(network: Network, broken: Network) -> None:
    """The answer to this session's drawing before and after."""
    st.subheader(Words.drawing, anchor=False, divider="gray")
    last = drawn.last()
    if last is None:
        st.info(Words.no_drawing, icon=":material/draw:")
        return
    seen, *places = st.columns([1, 2, 2], gap="large")
    with seen:
        picture = tiles.sheet(last.centred[None], panels.map_palette(), (0, 1), cell_px=196, theme=panels.theme())
        panels.picture(picture, Words.seen, Words.seen_alt, "broken-drawing", width=168, inline=True)
    both = ((network, Words.answer_before, "before"), (broken, Words.answer_after, "after"))
    for place, (one, words, name) in zip(places, both, strict=True):
        with place:
            probs = lookups.activations(one, last.centred[None, :, :, None])["softmax"][0]
            shares = ", ".join(f"{digit}: {tiles.percent(prob)}" for digit, prob in enumerate(probs))
            caption = words.format(digit=probs.argmax(), share=tiles.percent(probs.max()))
            alt = f"{caption} {Words.bars_alt.format(shares=shares)}"
            bars = tiles.bars(probs, panels.theme())
            panels.picture(bars, caption, alt, f"answer-{name}", width=320, inline=True)


# Ranking


@st.cache_resource(show_spinner=False)
def rankings() -> dict[tuple[str, str, str], list[Future[Costs]]]:
    """Rankings begun on this server, by network, data set and layer; sessions share them."""
    return {}


def n_read(network: Network, test: Dataset) -> int:
    """How many of the N_PARTS parts of the digits are read for a ranking."""
    return FEW_PARTS if n_weights(network.config) > MANY_WEIGHTS and len(test) > MANY_DIGITS else N_PARTS


def show_ranking(network: Network, test: Dataset, layer: Layer) -> None:
    """The filters of a layer by what their loss costs, when it is asked for."""
    st.subheader(Words.ranking, anchor=False, divider="gray")
    if layer.kind != "convolution":
        st.caption(Words.no_ranking)
        return
    n = sum(len(range(part, len(test), N_PARTS)) for part in range(n_read(network, test)))
    words = Words.all_digits if n == len(test) else Words.sample
    st.markdown(Words.ranking_intro.format(layer=layer.name, n=words.format(n=n, all=len(test))))
    wanted: set[tuple[str, str, str]] = st.session_state.setdefault("ranked", set())
    key = (network.key, test.key, layer.name)
    place = st.empty()
    if key not in wanted:
        if not place.button(Words.rank.format(layer=layer.name), icon=":material/sort:", key="rank"):
            return
        place.empty()
        wanted.add(key)
    show_costs(costs_of(network, test, layer.name, n), test, layer)


def costs_of(network: Network, test: Dataset, layer: str, n: int) -> Costs:
    """What the loss of each filter costs; shows its progress while it computes."""
    begun, key, n_parts = rankings(), (network.key, test.key, layer), n_read(network, test)
    parts = begun.get(key)
    if parts is None or any(part.done() and part.exception() for part in parts):
        parts = begun[key] = [
            backend.submit(surgery.cost_part, network, test, layer, part, N_PARTS) for part in range(n_parts)
        ]
        while len(begun) > KEEP:
            begun.pop(next(iter(begun)), None)
    costs = lookups.finished(
        parts, lambda done: Words.ranking_progress.format(n=n, layer=layer, done=done, parts=n_parts)
    )
    return reduce(Costs.__add__, costs)


def show_costs(costs: Costs, test: Dataset, layer: Layer) -> None:
    """The table, the costliest filter first."""
    order, right = costs.ranking, int(costs.whole.trace())
    lost = costs.lost[order]
    columns = dict(zip(Words.rank_columns, (order.tolist(), lost.tolist(), (right - lost).tolist()), strict=True))
    sample = Words.is_sample.format(all=len(test)) if costs.n < len(test) else ""
    told = {"count": len(order), "first": order[0], "most": lost[0], "last": order[-1], "least": lost[-1]}
    panels.table(
        columns,
        Words.ranking_caption.format(right=right, n=costs.n, sample=sample),
        Words.ranking_alt.format(**told),
        f"ranking-{layer.name}",
        width=520,
        height=min(38 + 35 * len(order), 400),
    )


show()
