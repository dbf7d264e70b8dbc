"""One run on the Train page: how it stands, what can be done with it, its curves, kernels and answers."""

import functools

import numpy as np
import streamlit as st

from cnnviz.analysis import inspection
from cnnviz.network import store
from cnnviz.network.cards import BrokenModel
from cnnviz.percentages import percent
from cnnviz.render import charts, palettes, tiles
from cnnviz.training.run import Run, Status, curves
from cnnviz.ui import access, choice, digit_choice, digits, lookups, panels, refusal, results, server, state


class Words:
    """What is said of one run."""

    finished = "Finished after {n:,} iterations and {time} of training. It stands above as a network."
    stopped = (
        "Ended after {n:,} iterations, of {planned:,} planned, and {time} of training. It stands in the sidebar as a "
        "network."
    )
    never = "Stopped before it began."
    failed = "This run has failed. {reason}"
    unbroken = "It had not begun."
    on_disk = "Its state at iteration {n:,} is on disk."
    older_on_disk = (
        "**Not on disk.** {reason} It goes on in memory, and is lost when the server ends; what is on disk is its "
        "state at iteration {n:,}. The server tries again."
    )
    nothing_on_disk = (
        "**Not on disk.** {reason} It goes on in memory, and is lost when the server ends. The server tries again."
    )
    unreadable = "Its curves and weights cannot be read. {reason}"
    interrupted = "The server ended while this run was under way. It can go on from iteration {n:,}."
    interrupted_anew = "The server ended before this run was on disk. Its plan is known; it can begin anew."
    at = "Iteration {at:,} of {target:,}, {left}"
    left = "about {time} of training left"
    left_unknown = "time left not known yet"
    testing = "Training has ended at iteration {n:,}; now every snapshot reads the test digits."
    pause, resume, stop, extend, delete = "Pause", "Resume", "Stop", "Train on: {n:,}", "Delete"
    delete_sure = "Delete {name} for good"
    stop_help = "Ends the run here; what it has learnt becomes a network that you can choose above."
    stop_testing_help = "Tests no further snapshot: the network gets those that are tested, and the last one."
    no_extend = "It cannot be trained on: its recipe brings the learning rate down to 0 at the last iteration."
    more_iterations = "Iterations more"
    train_accuracy, validation_accuracy = "Training accuracy", "Validation accuracy"
    train_help = "Of the images of the last {n} steps, before each step."
    validation_help = "Of {n:,} validation digits at iteration {at:,}."
    test_accuracy, test_help = "Test accuracy", "{correct:,} of {n:,} test digits."
    digits = "This run learns from {digits}, and its test digits are of the same collection."
    speed, speed_value = "Speed", "{rate:.3g} steps/s"
    not_yet = "–"
    accuracy, loss = "Accuracy", "Loss"
    curves = (
        "Accuracy (left) and cross-entropy an image (right): training batches (steps to a point: {n}), and "
        "validation digits."
    )
    series = ("training", "validation")
    curve_alt = "Line chart of {what} over {n:,} iterations; training ends at {train}, validation at {validation}."
    kernels = "The kernels of conv1 at iteration {at:,}; red adds, blue takes away."
    kernels_alt = "{n} kernels of the first convolution layer, weights from {low:+.3f} to {high:+.3f}."
    answer = "Your drawing is read as {digit} at iteration {at:,}."
    no_drawing = "Draw a digit on the Draw page to watch here how its answer settles."
    table = "Test accuracy on the way, beside what two renderings of the tutorial report for hvass."
    table_alt = "Table of test accuracy at five moments of the training."
    columns = ("Iterations", "This run", "Tutorial, first rendering", "Tutorial, second rendering")


TUTORIALS = {0: (0.042, 0.109), 1: (0.053, 0.130), 100: (0.708, 0.666), 1000: (0.935, 0.931), 10_000: (0.987, 0.988)}
"""Test accuracy by iteration that M. E. H. Pedersen's tutorial 02 reports, in two runs."""
N_LAST = 100


def watch(name: str, was_active: bool) -> None:
    """One run as it stands; runs again by itself while there is something to see."""
    chosen = server.scheduler().find(name)  # records are frozen: each time anew
    if chosen is None or chosen.active != was_active:  # deleted, ended or resumed: the page is to be drawn anew
        st.rerun()
    show_status(chosen)
    show_what_is_kept(chosen)
    st.caption(Words.digits.format(digits=digits.title(chosen.source)))
    show_controls(chosen)
    try:
        chosen = server.scheduler().loaded(name) or chosen
    except BrokenModel as error:
        st.error(Words.unreadable.format(reason=error), icon=":material/error:")
    if chosen.state is None:
        return
    show_figures(chosen)
    show_curves(chosen)
    left, right = st.columns(2, gap="large")
    with left:
        show_kernels(chosen)
    with right:
        show_answer(chosen)


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
        sentence = ended.format(n=chosen.iteration, planned=planned, time=panels.duration(chosen.seconds))
        st.success(sentence, icon=":material/check:")
    elif chosen.status is Status.TESTING:
        st.progress(1.0, Words.testing.format(n=chosen.iteration))
    else:
        left = Words.left.format(time=panels.duration(chosen.left_s)) if chosen.step_s else Words.left_unknown
        at = Words.at.format(at=chosen.iteration, target=chosen.target, left=left)
        st.progress(min(1.0, chosen.iteration / chosen.target), f"{results.state(chosen).capitalize()}. {at}")


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
            access.button(Words.stop, ":material/stop:", [name], runs.stop, help)
        if not chosen.active or status is Status.TESTING:
            with st.popover(Words.delete, icon=":material/delete:", key=state.delete_of(name).name):
                access.button(Words.delete_sure.format(name=name), ":material/delete:", [name], runs.delete)


def offer_more(chosen: Run) -> None:
    """Train on, or why it cannot."""
    if not chosen.most_more:
        st.caption(Words.no_extend)
        return
    start = min(chosen.plan.recipe.iterations, chosen.most_more)
    more = st.number_input(Words.more_iterations, 1, chosen.most_more, start, width=180)
    what = functools.partial(server.scheduler().extend, iterations=int(more))
    access.button(Words.extend.format(n=more), ":material/fast_forward:", [chosen.name], what)


def show_figures(chosen: Run) -> None:
    """Accuracies and speed."""
    accuracies = chosen.state.accuracies if chosen.state is not None else np.zeros(0)
    with st.container(horizontal=True, gap="large"):
        recent = accuracies[-N_LAST:]
        training = percent(recent.mean(), 1) if len(recent) else Words.not_yet
        st.metric(Words.train_accuracy, training, width="content", help=Words.train_help.format(n=N_LAST))
        if chosen.checks:
            last = chosen.checks[-1]
            hint = Words.validation_help.format(n=last.n, at=last.iteration)
            st.metric(Words.validation_accuracy, percent(last.accuracy, 1), width="content", help=hint)
        if is_measured(chosen):
            correct, n = test_result(chosen, chosen.iteration)
            hint = Words.test_help.format(correct=correct, n=n)
            st.metric(Words.test_accuracy, percent(correct / n), width="content", help=hint)
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


def show_curves(chosen: Run) -> None:
    """Accuracy and loss of training and validation over the iterations."""
    batches = curves(chosen)
    if not len(batches["iteration"]):
        return
    scale = 1 if chosen.plan.recipe.loss == "mean" else chosen.plan.recipe.batch_size
    batches["loss"] = batches["loss"] / scale
    checks = {
        "iteration": np.array([check.iteration for check in chosen.checks], float),
        "accuracy": np.array([check.accuracy for check in chosen.checks]),
        "loss": np.array([check.loss for check in chosen.checks]),
    }
    for place, what, title in zip(st.columns(2), ("accuracy", "loss"), (Words.accuracy, Words.loss), strict=True):
        training, validation = Words.series
        series = {training: (batches["iteration"], batches[what])}
        if chosen.checks:
            series[validation] = (checks["iteration"], checks[what])
        ends = [f"{values[-1]:.3f}" for _, values in series.values()] + [Words.not_yet]
        alt = Words.curve_alt.format(what=title.lower(), n=chosen.iteration, train=ends[0], validation=ends[1])
        chart = charts.curve_chart(series, title, panels.theme(), top=1.0 if what == "accuracy" else None)
        place.vega_lite_chart(chart, alt=alt, key=state.run_curve_of(what).name)
    per_point = max(1, round(chosen.iteration / len(batches["iteration"])))
    st.caption(Words.curves.format(n=per_point))


def show_kernels(chosen: Run) -> None:
    """The first layer's kernels as they are now."""
    if not chosen.plan.network.convolutions:
        return
    kernels = inspection.kernels(chosen.network_at(chosen.iteration), "conv1", 0)
    limits = palettes.symmetric_limits(kernels)
    picture = tiles.make_grid(kernels, "seismic", limits, columns=8, cell_px=60, bar=True, theme=panels.theme())
    alt = Words.kernels_alt.format(n=len(kernels), low=kernels.min(), high=kernels.max())
    panels.picture(picture, Words.kernels.format(at=chosen.iteration), alt, "conv1-now", inline=True)


def show_answer(chosen: Run) -> None:
    """What it makes of the drawing now."""
    own = digit_choice.current()
    at = chosen.iteration
    probs = lookups.activations(chosen.network_at(at), own.image[None, :, :, None])["softmax"][0]
    panels.bars(probs, Words.answer.format(digit=probs.argmax(), at=at), "answer-now", width=300)
    refusal.note_of(chosen.network_at(at), own, choice.of_run(chosen), at)


def show_milestones(chosen: Run) -> None:
    """Test accuracy at the iterations that the tutorial reports, beside its figures."""
    card = store.open_model(server.scheduler().root / chosen.name).card
    have = {s.iteration for s in card.snapshots} if card else set(chosen.snapshot_iterations)
    rows = []
    for iteration, reported in TUTORIALS.items():
        mine = Words.not_yet
        if iteration in have:
            correct, n = test_result(chosen, iteration)
            mine = percent(correct / n, 1)
        rows.append((f"{iteration:,}", mine, *(percent(accuracy, 1) for accuracy in reported)))
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    panels.table(table, Words.table, Words.table_alt, "milestones")
