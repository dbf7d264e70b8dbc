"""One run on the Train page: how it stands, what can be done with it, its curves, kernels and answers."""

import functools

import numpy as np
import streamlit as st

from cnnviz.analysis import inspection
from cnnviz.data.dataset import Source
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.pages.train import run_curves
from cnnviz.percentages import percent
from cnnviz.render import palettes
from cnnviz.training.run import Run, Status
from cnnviz.ui import (
    access,
    choice,
    digit_choice,
    digits,
    lookups,
    offers,
    opening,
    panels,
    refusal,
    results,
    server,
    state,
)
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import exact
from cnnviz.ui.state import Session


class Words:
    """What is said of one run."""

    finished = "**{name}** has finished after {n:,} training steps, {time} of training. You can choose it above."
    stopped = (
        "**{name}** ended after {n:,} training steps, of {planned:,} planned, {time} of training. You can choose it "
        "above."
    )
    never = "Stopped before it began."
    run = "Run"
    failed = "This run has failed. {reason}"
    unbroken = "It had not begun."
    on_disk = "Its state at training step {n:,} is on disk."
    older_on_disk = (
        "**Not on disk.** {reason} It goes on in memory, and is lost when the server ends; what is on disk is its "
        "state at training step {n:,}. The server tries again."
    )
    nothing_on_disk = (
        "**Not on disk.** {reason} It goes on in memory, and is lost when the server ends. The server tries again."
    )
    unreadable = "Its curves and weights cannot be read. {reason}"
    interrupted = "The server ended while this run was under way. It can go on from training step {n:,}."
    interrupted_anew = "The server ended before this run was on disk. Its plan is known; it can begin anew."
    at = "{name}: {state}, training step {at:,} of {target:,}, {left}"
    left = "about {time} of training left"
    left_unknown = "time left not known yet"
    testing = "Training has ended at step {n:,}; now every snapshot reads the test digits."
    pause, resume, stop, extend, delete = "Pause", "Resume", "Stop", "Train on: {n:,}", "Delete"
    delete_sure = "Delete {name} for good"
    stop_help = "It ends the run here; what it has learnt becomes a network that you can choose above."
    stop_testing_help = "It tests no further snapshot: the network gets those that are tested, and the last one."
    no_extend = "It cannot train on: its learning rate has come down to 0."
    more_iterations = "More training steps"
    train_accuracy, validation_accuracy = "Training accuracy", "Validation accuracy"
    validation_help = "Of {n:,} validation digits after {at:,} training steps."
    test_accuracy, test_help = "Test accuracy", "{correct:,} of {n:,} test digits."
    digits = "This run learns from {digits}, and its test digits are of the same collection."
    digits_of_class = {
        False: "This run learns from {digits}. Its test digits: {tested}.",
        True: "This run learns from {digits} and half of: {tested}. The other half are its test digits.",
    }
    speed, speed_value = "Speed", "{rate:.3g} steps/s"
    not_yet = "–"
    accuracy, loss = "Accuracy", "Loss"
    kernels = (
        "The kernels of conv1 after {at:,} training steps, from {low:+.2f} to {high:+.2f}; red adds, blue takes away. "
        "Click one to open it."
    )
    kernel, one_filter = "Kernel {number}", "filter"
    kernels_alt = "{n} kernels of the first convolution layer, weights from {low:+.3f} to {high:+.3f}."
    pixel_weights = (
        "The weights of {layer} after {at:,} training steps, from {low:+.2f} to {high:+.2f}, a picture for each of "
        "{n} neurons: red adds, blue takes away. This network has no convolution layer, so there are no kernels."
    )
    pixel_weights_alt = "{n} pictures of 28 by 28 weights of layer {layer}, from {low:+.3f} to {high:+.3f}."
    answer = "{title}: after {at:,} training steps the network reads {first}; its second guess is {second}."


N_NEURONS = 10
"""Of a network without convolutions: weights of so many neurons are shown."""
KERNEL_PX = 120
"""About how wide a kernel is in the file that can be downloaded."""


def watch(name: str, was_active: bool) -> None:
    """One run as it stands; runs again by itself while there is something to see."""
    if Session.place_wanted.get():
        st.rerun()
    chosen = server.scheduler().find(name)  # records are frozen: each time anew
    if chosen is None or chosen.active != was_active:  # deleted, ended or resumed: the page is to be drawn anew
        st.rerun()
    with st.container(key=state.stack_of("status").name):
        status, controls = st.columns([1, 1], vertical_alignment="center")
    with status:
        show_status(chosen)
        show_what_is_kept(chosen)
    with controls:
        show_controls(chosen)
    try:
        chosen = server.scheduler().loaded(name) or chosen
    except BrokenModel as error:
        st.error(Words.unreadable.format(reason=error), icon=":material/error:")
    if chosen.state is None:
        return
    show_figures(chosen)
    with st.container(key=state.stack_of("run").name):
        answer, curve, kernels = st.columns([3, 4, 4], gap="medium")
    with answer:
        show_answer(chosen)
    with curve:
        run_curves.show_curve(chosen, "accuracy", Words.accuracy)
    with kernels:
        show_kernels(chosen)
    run_curves.show_curve(chosen, "loss", Words.loss)
    st.caption(_told_digits(chosen.source))


def _told_digits(source: Source) -> str:
    """What it learns from, and what it is tested on."""
    sentence = Words.digits_of_class[source.adds_class] if source.kind == "class" else Words.digits
    return sentence.format(digits=digits.title(source.learnt_from), tested=digits.title(source))


def show_status(chosen: Run) -> None:
    """How far it is, or how it ended."""
    if chosen.status is Status.STOPPED:
        st.info(Words.never, icon=":material/stop:")
    elif chosen.status is Status.FAILED:
        kept = Words.on_disk.format(n=chosen.iteration) if chosen.on_disk else ""
        failed = Words.failed.format(reason=chosen.reason)
        st.error(f"{failed} {kept if chosen.begun else Words.unbroken}".rstrip(), icon=":material/error:")
    elif chosen.status is Status.FINISHED:
        planned = chosen.plan.recipe.iterations
        ended = Words.stopped if chosen.iteration < planned else Words.finished
        named = {"name": chosen.name, "time": panels.duration(chosen.seconds)}
        st.markdown(f":material/check: {ended.format(n=chosen.iteration, planned=planned, **named)}")
    elif chosen.status is Status.TESTING:
        st.progress(1.0, Words.testing.format(n=chosen.iteration))
    else:
        left = Words.left.format(time=panels.duration(chosen.left_s)) if chosen.step_s else Words.left_unknown
        named = {"name": chosen.name, "state": results.state(chosen), "left": left}
        at = Words.at.format(at=chosen.iteration, target=chosen.target, **named)
        st.progress(min(1.0, chosen.iteration / chosen.target), at)


def show_what_is_kept(chosen: Run) -> None:
    """What would be left of it if the server ended now, where that is not what one expects."""
    if chosen.interrupted:
        sentence = Words.interrupted if chosen.begun else Words.interrupted_anew
        st.info(sentence.format(n=chosen.iteration), icon=":material/restart_alt:")
    if chosen.not_on_disk:
        sentence = Words.older_on_disk if chosen.kept else Words.nothing_on_disk
        n = chosen.kept.iteration if chosen.kept else 0
        st.warning(sentence.format(reason=chosen.not_on_disk, n=n), icon=":material/save:")


def show_controls(chosen: Run) -> None:
    """Pause, resume, stop, train on, delete: what can be done with it now, by those who may."""
    access.show_refusal([chosen.name])
    if not access.may_change(chosen):
        st.caption(access.Words.others)
        return
    runs, name, status = server.scheduler(), chosen.name, chosen.status
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if chosen.active:
            access.button(Words.pause, ":material/pause:", [name], runs.pause)
        elif status is not Status.FINISHED:
            access.button(Words.resume, ":material/play_arrow:", [name], runs.resume)
        if status is Status.FINISHED:
            offer_more(chosen)
        else:
            help = Words.stop_testing_help if status is Status.TESTING else Words.stop_help
            access.button(Words.stop, ":material/stop:", [name], runs.stop, help=help)
        if not chosen.active or status is Status.TESTING:
            with st.popover(Words.delete, icon=":material/delete:", key=state.delete_of(name).name):
                access.button(Words.delete_sure.format(name=name), ":material/delete:", [name], runs.delete)


def offer_more(chosen: Run) -> None:
    """Train on, or why it cannot."""
    if not chosen.most_more:
        st.caption(Words.no_extend, width="content")
        return
    steps = state.more_steps_of(chosen.name)
    if steps.begin(chosen.plan.recipe.iterations) > chosen.most_more:
        steps.set(chosen.most_more)
    more = st.number_input(Words.more_iterations, 1, chosen.most_more, key=steps.name, width=180)
    key = state.extend_of(chosen.name)
    access.button(Words.extend.format(n=more), ":material/fast_forward:", [chosen.name], extend, key=key)


def extend(name: str) -> None:
    """Train a run on for as many steps as stand in its field when the button is pressed."""
    server.scheduler().extend(name, state.more_steps_of(name).get())


def show_figures(chosen: Run) -> None:
    """Accuracies, the one that counts most first, and speed."""
    offers.fact(Words.run, chosen.name)
    with st.container(horizontal=True, gap="large"):
        if is_measured(chosen):
            correct, n = test_result(chosen, chosen.iteration)
            hint = Words.test_help.format(correct=correct, n=n)
            st.metric(Words.test_accuracy, percent(correct / n), width="content", help=hint)
            offers.fact(Words.test_accuracy, percent(correct / n))
        if chosen.validated:
            last = chosen.validated[-1]
            hint = Words.validation_help.format(n=last.n, at=last.iteration)
            st.metric(Words.validation_accuracy, percent(last.accuracy, 1), width="content", help=hint)
            offers.fact(Words.validation_accuracy, percent(last.accuracy, 1))
        training, hint = run_curves.training_accuracy(chosen)
        st.metric(Words.train_accuracy, training, width="content", help=hint)
        if chosen.step_s:
            st.metric(Words.speed, Words.speed_value.format(rate=1 / chosen.step_s), width="content")


def is_measured(chosen: Run) -> bool:
    """True when its test accuracy is wanted: it stands still because somebody wanted that, not because it had to."""
    return not (chosen.active or chosen.interrupted)


def test_result(chosen: Run, iteration: int) -> tuple[int, int]:
    """Correct answers and number of test digits at one iteration of a run that is not training."""
    if iteration in chosen.scores:
        return chosen.scores[iteration].correct, chosen.scores[iteration].n
    card = store.open_model(server.scheduler().root / chosen.name).card
    known = {s.iteration: (s.correct, s.n) for s in card.snapshots} if card else {}
    if iteration in known:
        return known[iteration]
    test = choice.dataset(source=chosen.source)
    probs = lookups.probabilities(server.scheduler().network_at(chosen.name, iteration), test)
    return int((probs.argmax(axis=1) == test.labels).sum()), len(test)


def show_kernels(chosen: Run) -> None:
    """The first layer's kernels as they are now; without convolutions the weights of its first neurons."""
    if not chosen.plan.network.convolutions:
        show_pixel_weights(chosen)
        return
    kernels = inspection.kernels(chosen.network_at(chosen.iteration), "conv1", 0)
    values = {"n": len(kernels), "low": kernels.min(), "high": kernels.max(), "at": chosen.iteration}
    sheet = exact(
        kernels,
        "seismic",
        palettes.symmetric_limits(kernels),
        6 if len(kernels) <= 18 else 8,
        item=Words.one_filter,
        names=[Words.kernel.format(number=i) for i in range(len(kernels))],
        cell_px=KERNEL_PX,
        widest_px=72,
    )
    maps.show(
        sheet,
        state.run_kernels_of(chosen.name),
        alt=Words.kernels_alt.format(**values),
        caption=Words.kernels.format(**values),
        name="conv1-now",
        on_open=functools.partial(opening.open_filter, chosen.name, "conv1"),
    )


def show_pixel_weights(chosen: Run) -> None:
    """The weights of the first fully connected layer, laid out as the pixels of the image."""
    layer, weights = inspection.pixel_weights(chosen.network_at(chosen.iteration), N_NEURONS)
    values = {"n": len(weights), "layer": layer.name, "low": weights.min(), "high": weights.max()}
    sheet = exact(weights, "seismic", palettes.symmetric_limits(weights), 5, cell_px=KERNEL_PX, widest_px=84, bar=True)
    caption = Words.pixel_weights.format(at=chosen.iteration, **values)
    maps.show(sheet, caption=caption, alt=Words.pixel_weights_alt.format(**values), name="weights-now")


def show_answer(chosen: Run) -> None:
    """What it makes of the session's digit now."""
    own = digit_choice.current()
    at = chosen.iteration
    probs = lookups.activations(chosen.network_at(at), own.image[None, :, :, None])["softmax"][0]
    first, second = np.argsort(-probs)[:2]
    caption = Words.answer.format(title=digit_choice.title(own), at=at, first=first, second=second)
    panels.bars(probs, caption, "answer-now", width=250)
    refusal.note_of(chosen.network_at(at), own, choice.of_run(chosen), at)
