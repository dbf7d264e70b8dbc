"""The smallest change found that turns the session's digit into another one, for two networks: adversarial examples."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.analysis import adversarial
from cnnviz.analysis.adversarial import RADII, Search
from cnnviz.network.weights import Network
from cnnviz.pages.break_it import smallest_shown
from cnnviz.pages.break_it.smallest_search import Chosen, look, search
from cnnviz.pages.break_it.smallest_shown import Shown
from cnnviz.ui import choice, digit_choice, glossary, lookups, panels, present, refusal, session, state, texts
from cnnviz.ui.entry import Entry
from cnnviz.ui.state import BreakItPage


class Words:
    """What the controls of this part say, and what it means."""

    intro = (
        "An **adversarial example**: every pixel is changed a little, in the direction that the network's own gradient "
        "gives, until the network reads the digit as another one."
    )
    target, beside = "Turn it into", "Beside it"
    size = "Each pixel may change by at most, % of full ink"
    size_format = "%d %%"
    more = "More: how the change is searched for"
    steps = "Steps along the gradient"
    steps_help = (
        "Each step changes every pixel by the same amount, up or down, as the sign of the gradient says. One step goes "
        "all the way at once (fast gradient sign method, I. Goodfellow and others, 2015). Several begin at a random "
        "change of that size, ask for the gradient anew after each step, and come back to the allowed change where "
        "they leave it (projected gradient descent, A. Madry and others, 2018); then the search begins again at the "
        "smallest change found, drawn closer to the digit, until nothing smaller is found."
    )
    reached = "**Smallest change found that turns it into a {target}: {size} of full ink at each pixel.**"
    not_reached = "**Not turned into a {target} by this search with up to {size} of full ink at each pixel.**"
    already = "It reads this digit as a {target} already, without any change."
    go = "Show it"
    meaning = (
        "**What this means.** The network does not see a digit as we do. Each pixel adds a little to the answer; when "
        "all of them change a little in the one direction that helps the other digit, this adds up, while to us the "
        "digit stays what it was. Random noise that changes each pixel as much has no direction: most of it cancels "
        "out. A high accuracy on test digits does not tell how small such a change can be, since nobody changed those "
        "on purpose."
    )
    not_proven = (
        "that no smaller change would do. It is the smallest that this search has found, for this one digit, in steps "
        "of 1\u00a0% of full ink; another search may find a smaller one."
    )


STEPS = (1, 5, adversarial.N_STEPS)
BESIDE = ("hvass", "robust")
"""The network beside the chosen one, at first: one of these that is another."""


def show() -> None:
    """The part from top to bottom."""
    network = choice.network()
    st.markdown(Words.intro, help=glossary.help_of("Adversarial example", "Gradient"))
    explore(network)


@session.part
def explore(network: Network) -> None:
    """What the digit is to become, and what is found; only this runs again after a choice on the page."""
    digit = digit_choice.current()
    refusal.note(network, digit)
    with present.screen("smallest"):
        both, target = ask_networks(network, digit.image)
        controls = st.container()
    with st.container(key=state.stack_of("smallest").name):
        places = st.columns(len(both), gap="large")
    with present.screen("meaning"):
        end = st.container()
        with st.expander(Words.more):
            n_steps = ask_steps()
    with controls:
        searches = [search(each, digit.image, target, n_steps) for each in both]
        at = ask_size(searches[0])
    for number, (place, each, found) in enumerate(zip(places, both, searches, strict=True)):
        with place:
            show_network(number, each, target, Shown(each.read, digit.image, found, at) if found else None)
    with end:
        show_meaning({each.entry.name: found for each, found in zip(both, searches, strict=True) if found}, target, at)


def ask_networks(network: Network, image: np.ndarray) -> tuple[list[Chosen], int]:
    """The chosen network and the one beside it, and the digit that the image is to become."""
    chosen = choice.current()
    if chosen.entry is None:
        raise RuntimeError("There is a network, so it has an entry.")
    both = [look(chosen.entry, chosen.iteration, network, image)]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        target = ask_target(both[0].read, image, network)
        beside = ask_beside(chosen.entry)
    if beside is not None:
        iteration = beside.iterations[-1]
        both.append(look(beside, iteration, choice.opened(beside, iteration), image))
    return both, target


def show_meaning(searches: dict[str, Search], target: int, at: int) -> None:
    """The curves over all sizes, by name of the network, and what is to be learnt of them."""
    if searches:
        smallest_shown.show_chart(searches, target, at)
    st.markdown(Words.meaning)
    panels.not_proven(Words.not_proven)


def ask_target(read: int, image: np.ndarray, network: Network) -> int:
    """The digit that it is to become; at first the network's second guess."""
    key = BreakItPage.target
    options = [each for each in range(10) if each != read]
    if key.get() not in options:
        probs = lookups.activations(network, image[None, :, :, None])["softmax"][0]
        key.set(max(options, key=lambda each: float(probs[each])))
    chosen = st.segmented_control(Words.target, options, required=True, key=key.name, persist_state="session")
    return options[0] if chosen is None else int(chosen)


def ask_beside(entry: Entry) -> Entry | None:
    """The second network; None where there is no other one."""
    key, entries = BreakItPage.beside, choice.entries()
    names = [name for name, each in entries.items() if name != entry.name and not choice.is_broken(each)]
    if not names:
        return None
    if key.get() not in names:
        key.set(next((name for name in BESIDE if name in names), names[0]))
    name = st.selectbox(
        Words.beside,
        names,
        format_func=texts.network_title,
        key=key.name,
        width=round(320 * panels.scale()),
        persist_state="session",
    )
    return entries[name]


def ask_steps() -> int:
    """How often the gradient is asked."""
    key = BreakItPage.search_steps
    if key.get() not in STEPS:
        key.forget()
    chosen = st.segmented_control(
        Words.steps,
        STEPS,
        default=key.default,
        required=True,
        key=key.name,
        help=Words.steps_help,
        persist_state="session",
    )
    return chosen or key.default


def ask_size(found: Search | None) -> int:
    """Place among RADII of the change that is shown; at first that of the chosen network's smallest one."""
    key, last = BreakItPage.size, len(RADII) - 1
    if type(size := key.get()) is not int or not 0 <= size <= last:
        smallest = found.smallest if found else None
        key.set(last if smallest is None else smallest)
    return int(st.slider(Words.size, 0, last, format=Words.size_format, key=key.name, persist_state="session"))


def show_network(number: int, chosen: Chosen, target: int, shown: Shown | None) -> None:
    """What was found of one network: the smallest change in words, and the pictures of the one that is chosen."""
    with present.screen("smallest", 2 + number):
        st.subheader(texts.network_title(chosen.entry.name), anchor=False)
        if shown is None:
            st.markdown(Words.already.format(target=target))
            return
        show_smallest(number, shown.search)
        smallest_shown.show_found(number, shown)
    with present.screen("noise", 1 + number):
        smallest_shown.show_noise(number, shown)
        smallest_shown.show_refusal(chosen.entry, chosen.iteration, shown.search.found.logits[shown.at])


def show_smallest(number: int, found: Search) -> None:
    """The smallest change found in words, with a button that goes there."""
    place = found.smallest
    size = smallest_shown.size_in_words(found.radii[-1 if place is None else place])
    if place is None:
        st.markdown(Words.not_reached.format(target=found.target, size=size))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(Words.reached.format(target=found.target, size=size), width="stretch")
        key = state.to_smallest_of(number).name
        st.button(Words.go, icon=":material/straighten:", key=key, on_click=BreakItPage.size.set, args=(place,))
