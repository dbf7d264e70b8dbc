"""Train a network and watch it learn: curves, kernels that form out of noise, the answer to one's own drawing."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnnviz.analysis import inspection
from cnnviz.experiments import keras_source
from cnnviz.network import store
from cnnviz.network.config import layers, n_weights
from cnnviz.network.presets import Plan
from cnnviz.percentages import percent, probability
from cnnviz.render import charts, figures, palettes, tiles
from cnnviz.training import run, scheduler
from cnnviz.training.run import Run
from cnnviz.ui import choice, digits, lookups, panels, plan_form, refusal, results, state


class Words:
    """What this page says."""

    title = "Train"
    intro = "Choose a network and a recipe, start it, and watch it learn; the run goes on when you leave this page."
    setup = "A new run"
    start = "Start"
    started = "{name} has begun."
    impossible = "This network cannot be built. {reason}"
    weights = "Weights"
    chart = "The network of these settings."
    chart_alt = "Flow chart of the network with {n} weights."
    code = "The same in Keras"
    code_caption = "The whole program for these settings; it runs as it is where Keras and TensorFlow are installed."
    runs = "Runs"
    none = "No run yet. Start one above."
    run = "Run"
    all_runs = "All runs: {n}"
    list_columns = ("Run", "State", "Iterations", "Of", "Validation accuracy", "Experiment")
    list_caption = "Every run of this server, the latest first, as of when this page was opened."
    list_alt = "Table of {n} runs with state and iterations."
    finished = "Finished after {n:,} iterations and {time} of training. It stands in the sidebar as a network."
    stopped = (
        "Ended after {n:,} iterations, of {planned:,} planned, and {time} of training. It stands in the sidebar as a "
        "network."
    )
    never = "Stopped before it began."
    starts = "{n:,} iterations, learning rate {rate:g}, seed {seed}"
    failed = "This run has failed. {reason} Its state at iteration {n:,} is kept."
    at = "Iteration {at:,} of {target:,}, {left}"
    left = "about {time} of training left"
    left_unknown = "time left not known yet"
    testing = "Training has ended at iteration {n:,}; now every snapshot reads the test digits."
    pause, resume, stop, extend, delete = "Pause", "Resume", "Stop", "Train on: {n:,}", "Delete"
    delete_sure = "Delete {name} for good"
    stop_help = "Ends the run here; what it has learnt becomes a network in the sidebar."
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
    answer_alt = "Probability of each digit: {shares}."
    no_drawing = "Draw a digit on the Draw page to watch here how its answer settles."
    table = "Test accuracy on the way, beside what two renderings of the tutorial report for hvass."
    table_alt = "Table of test accuracy at five moments of the training."
    table_later = "Test accuracy at each snapshot is measured when the run pauses or ends."
    columns = ("Iterations", "This run", "Tutorial, first rendering", "Tutorial, second rendering")
    problem = "A run could not be read: {reason}"


TUTORIALS = {0: (0.042, 0.109), 1: (0.053, 0.130), 100: (0.708, 0.666), 1000: (0.935, 0.931), 10_000: (0.987, 0.988)}
"""Test accuracy by iteration that M. E. H. Pedersen's tutorial 02 reports, in two runs."""
LOOK_EVERY_S = 1.0
N_LAST = 100
CHOSEN = "train run"


def show() -> None:
    """The page from top to bottom."""
    panels.head(Words.title, Words.intro, of_network=False)
    for problem in scheduler.of_server().problems:
        st.warning(Words.problem.format(reason=problem), icon=":material/warning:")
    set_up()
    show_runs()


def set_up() -> None:
    """The form, and beside it what comes of it."""
    st.subheader(Words.setup, anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        try:
            name, plan = plan_form.ask()
        except ValueError as error:
            st.error(Words.impossible.format(reason=error), icon=":material/error:")
            st.button(Words.start, icon=":material/play_arrow:", type="primary", disabled=True)
            return
        st.button(Words.start, icon=":material/play_arrow:", type="primary", on_click=start, args=(name, plan))
        recipe_ = plan.recipe
        st.caption(Words.starts.format(n=recipe_.iterations, rate=recipe_.learning_rate, seed=plan.seed))
    with right:
        show_plan(plan)


def start(name: str, plan: Plan) -> None:
    """Begin a run and show it."""
    begun = scheduler.of_server().begin(plan, choice.current().source, name)
    st.session_state[CHOSEN] = begun.name
    st.toast(Words.started.format(name=begun.name), icon=":material/play_arrow:")


def show_plan(plan: Plan) -> None:
    """Flow chart, number of weights, and the Keras program."""
    n = n_weights(plan.network)
    st.metric(Words.weights, f"{n:,}", width="content")
    chart = figures.png(figures.network_figure(layers(plan.network), panels.theme()))
    panels.picture(chart, Words.chart, Words.chart_alt.format(n=f"{n:,}"), "planned-network")
    with st.expander(Words.code):
        st.caption(Words.code_caption)
        st.code(keras_source.keras_program(plan), "python")


def show_runs() -> None:
    """The list of runs and the one that is chosen."""
    st.subheader(Words.runs, anchor=False, divider="gray")
    known = {run.name: run for run in reversed(scheduler.of_server().runs())}
    if not known:
        st.info(Words.none, icon=":material/model_training:")
        return
    if st.session_state.get(CHOSEN) not in known:
        st.session_state[CHOSEN] = next(iter(known))
    chosen = known[st.selectbox(Words.run, list(known), key=CHOSEN)]
    with st.expander(Words.all_runs.format(n=len(known))):
        show_list(list(known.values()))
    st.fragment(watch, run_every=LOOK_EVERY_S if chosen.active else None)(chosen, chosen.active)
    if not chosen.active:
        show_milestones(chosen)
    else:
        st.caption(Words.table_later)


def show_list(known: Sequence[Run]) -> None:
    """Every run with its state, the latest first."""
    rows = [
        (
            one.name,
            results.state(one),
            one.iteration,
            one.target,
            percent(one.checks[-1].accuracy, 1) if one.checks else Words.not_yet,
            one.experiment,
        )
        for one in known
    ]
    table = dict(zip(Words.list_columns, zip(*rows, strict=True), strict=True))
    panels.table(table, Words.list_caption, Words.list_alt.format(n=len(rows)), "runs")


def watch(chosen: Run, was_active: bool) -> None:
    """One run as it stands; runs again by itself while there is something to see."""
    if was_active and not chosen.active:
        st.rerun()
    show_status(chosen)
    st.caption(Words.digits.format(digits=digits.title(chosen.source)))
    show_controls(chosen)
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
    if chosen.status == "failed" and chosen.state is None and chosen.wish == "stop":
        st.info(Words.never, icon=":material/stop:")
    elif chosen.status == "failed":
        st.error(Words.failed.format(reason=chosen.reason, n=chosen.iteration), icon=":material/error:")
    elif chosen.status == "finished":
        planned = chosen.plan.recipe.iterations
        ended = Words.stopped if chosen.iteration < planned else Words.finished
        told = ended.format(n=chosen.iteration, planned=planned, time=panels.duration(chosen.seconds))
        st.success(told, icon=":material/check:")
    elif chosen.status == "testing":
        st.progress(1.0, Words.testing.format(n=chosen.iteration))
    else:
        left = Words.left.format(time=panels.duration(chosen.left_s)) if chosen.step_s else Words.left_unknown
        told = Words.at.format(at=chosen.iteration, target=chosen.target, left=left)
        st.progress(min(1.0, chosen.iteration / chosen.target), f"{results.state(chosen).capitalize()}. {told}")


def show_controls(chosen: Run) -> None:
    """Pause, resume, stop, train on, delete: what can be done with it now."""
    room = scheduler.of_server()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if chosen.status in ("waiting", "running"):
            act(Words.pause, ":material/pause:", room.pause, chosen)
            act(Words.stop, ":material/stop:", room.stop, chosen, help=Words.stop_help)
        elif chosen.status in ("paused", "failed"):
            act(Words.resume, ":material/play_arrow:", room.resume, chosen)
            act(Words.stop, ":material/stop:", room.stop, chosen, help=Words.stop_help)
        if chosen.status == "finished":
            more = st.number_input(Words.more_iterations, 1, 1_000_000, chosen.plan.recipe.iterations, width=180)
            if st.button(Words.extend.format(n=more), icon=":material/fast_forward:"):
                room.extend(chosen, int(more))
                st.rerun()
        if not chosen.active:
            with st.popover(Words.delete, icon=":material/delete:", key=f"delete {chosen.name}"):
                act(Words.delete_sure.format(name=chosen.name), ":material/delete:", room.delete, chosen)


def act(words: str, icon: str, what: object, chosen: Run, help: str | None = None) -> None:
    """A button that does something to a run and shows the page anew."""
    if st.button(words, icon=icon, help=help):
        what(chosen)  # type: ignore[operator]
        st.rerun()


def show_figures(chosen: Run) -> None:
    """Accuracies and speed."""
    state = chosen.state
    with st.container(horizontal=True, gap="large"):
        recent = state.accuracies[-N_LAST:] if state is not None else np.zeros(0)
        told = percent(recent.mean(), 1) if len(recent) else Words.not_yet
        st.metric(Words.train_accuracy, told, width="content", help=Words.train_help.format(n=N_LAST))
        if chosen.checks:
            last = chosen.checks[-1]
            hint = Words.validation_help.format(n=last.n, at=last.iteration)
            st.metric(Words.validation_accuracy, percent(last.accuracy, 1), width="content", help=hint)
        if not chosen.active:
            correct, n = test_result(chosen, chosen.iteration)
            hint = Words.test_help.format(correct=correct, n=n)
            st.metric(Words.test_accuracy, percent(correct / n), width="content", help=hint)
        if chosen.step_s:
            st.metric(Words.speed, Words.speed_value.format(rate=1 / chosen.step_s), width="content")


def test_result(chosen: Run, iteration: int) -> tuple[int, int]:
    """Correct answers and number of test digits at one moment of a run that is not training."""
    card = store.open_model(scheduler.of_server().root / chosen.name).card
    known = {s.iteration: (s.correct, s.n) for s in card.snapshots} if card else {}
    if iteration in known:
        return known[iteration]
    test = choice.dataset(source=chosen.source)
    probs = lookups.probabilities(chosen.network_at(iteration), test)
    return int((probs.argmax(axis=1) == test.labels).sum()), len(test)


def show_curves(chosen: Run) -> None:
    """Accuracy and loss of training and validation over the iterations."""
    found = run.curves(chosen)
    if not len(found["iteration"]):
        return
    scale = 1 if chosen.plan.recipe.loss == "mean" else chosen.plan.recipe.batch_size
    found["loss"] = found["loss"] / scale
    checks = {
        "iteration": np.array([check.iteration for check in chosen.checks], float),
        "accuracy": np.array([check.accuracy for check in chosen.checks]),
        "loss": np.array([check.loss for check in chosen.checks]),
    }
    for place, what, title in zip(st.columns(2), ("accuracy", "loss"), (Words.accuracy, Words.loss), strict=True):
        training, validation = Words.series
        series = {training: (found["iteration"], found[what])}
        if chosen.checks:
            series[validation] = (checks["iteration"], checks[what])
        ends = [f"{values[-1]:.3f}" for _, values in series.values()] + [Words.not_yet]
        alt = Words.curve_alt.format(what=title.lower(), n=chosen.iteration, train=ends[0], validation=ends[1])
        chart = charts.curve_chart(series, title, panels.theme(), top=1.0 if what == "accuracy" else None)
        place.altair_chart(chart, alt=alt, key=f"{what} curve")
    per_point = max(1, round(chosen.iteration / len(found["iteration"])))
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
    last = state.Session.digit.get()
    if last is None:
        st.info(Words.no_drawing, icon=":material/draw:")
        return
    at = chosen.iteration
    probs = lookups.activations(chosen.network_at(at), last.image[None, :, :, None])["softmax"][0]
    shares = ", ".join(f"{digit}: {probability(prob)}" for digit, prob in enumerate(probs))
    caption = Words.answer.format(digit=probs.argmax(), at=at)
    bars = tiles.probability_bars(probs, panels.theme())
    panels.picture(bars, caption, Words.answer_alt.format(shares=shares), "answer-now", width=300, inline=True)
    refusal.note_of(chosen.network_at(at), last, choice.of_run(chosen), at)


def show_milestones(chosen: Run) -> None:
    """Test accuracy at the tutorials' moments, beside their figures."""
    card = store.open_model(scheduler.of_server().root / chosen.name).card
    have = {s.iteration for s in card.snapshots} if card else set(chosen.moments)
    rows = []
    for iteration, told in TUTORIALS.items():
        mine = Words.not_yet
        if iteration in have:
            correct, n = test_result(chosen, iteration)
            mine = percent(correct / n, 1)
        rows.append((f"{iteration:,}", mine, *(percent(share, 1) for share in told)))
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    panels.table(table, Words.table, Words.table_alt, "milestones")


show()
