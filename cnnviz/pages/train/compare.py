"""Runs side by side: what sets them apart, how good they are, and whether the difference may be luck."""

import itertools
from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.experiments import plan_text, statistics
from cnnviz.pages.train import compare_curves
from cnnviz.percentages import percent
from cnnviz.ui import access, choice, digit_choice, lookups, panels, refusal, results, state
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images
from cnnviz.ui.results import Row
from cnnviz.ui.state import ComparePart


class Words:
    """What this page says."""

    title = "Compare"
    intro = "Runs side by side: what sets them apart, and whether one is really better or was only lucky."
    which = "Runs and networks"
    few = "Choose two or more to compare."
    network, iterations, seconds, per_1000 = "Run", "Training steps", "Seconds", "Seconds per 1,000 steps"
    weights, validation, test, interval = "Weights", "Validation", "Test", "95 % interval"
    unknown = "–"
    planned = "iterations"
    table = (
        "Settings that are the same for all are left out. The interval (95 %, Wilson): where the accuracy on "
        "endless digits of this kind would lie. The test digits should judge, not choose: choose by the validation "
        "digits."
    )
    table_tested = (
        "Settings that are the same for all are left out. The interval (95 %, Wilson): where the accuracy on "
        "endless digits of this kind would lie. The test digits should judge, not choose: choose by the validation "
        "digits. Tested on: {names}."
    )
    no_validation = " No validation accuracy, because the validation digits were learnt from too: {names}."
    table_alt = "Table of {n} runs with what differs, time, weights and accuracy."
    best = "**{best}** read most test digits right, {share}, after {steps:,} training steps."
    after = "{name} after {steps:,} training steps"
    luck = "No difference from it that {n:,} digits could show: {names}."
    worse = "Worse, and not by luck with these digits: {names}."
    how_told = (
        "That compares the digits which only one of two networks reads right (McNemar's test); because {n} pairs are "
        "compared, each must be clearer than 5 % (Holm)."
    )
    how_told_of_two = "That compares the digits which only one of the two reads right (McNemar's test, 5 %)."
    unread = "Luck cannot be told here: {names} cannot read the test digits again that are chosen above."
    longer = "It holds for so many training steps; longer training may turn it."
    lengths = "They were not trained for the same number of steps; more training may turn it."
    one_seed = (
        "And it is about these networks, not about their settings: another seed may say otherwise, so an experiment "
        "runs several."
    )
    mixed = "These were tested on different digits ({names}), so their accuracies cannot be compared."
    both = "Two on your digit"
    first, second = "First", "Second"
    seen = "{title}, as both see it."
    seen_alt = "{title}, 28 by 28 grey pixels."
    answer = "{name}, after {at:,} training steps: reads {first}; its second guess is {second}."


MOST = 8


def show() -> None:
    """The page from top to bottom."""
    panels.intro(Words.intro)
    rows = results.rows()
    chosen = st.multiselect(
        Words.which,
        list(rows),
        default=at_first(rows),
        key=ComparePart.names.name,
        persist_state="session",
    )
    picked = [rows[name] for name in chosen]
    if picked:
        show_table(picked)
        best = st.container()
        compare_curves.show(picked)
        show_both(rows)
        with best:  # last, since all of them may have to read the test digits first
            show_best(picked)
    else:
        st.info(Words.few, icon=":material/checklist:")
        show_both(rows)


def own_runs(rows: Mapping[str, Row]) -> list[str]:
    """Names of the runs that this browser began, or nobody in particular, the latest first."""
    return [name for name, row in rows.items() if row.run and row.run.owner in ("", access.owner())]


def at_first(rows: Mapping[str, Row]) -> list[str]:
    """What is compared until one chooses: one's own runs beside the chosen network, or all networks."""
    own, entry = own_runs(rows)[: MOST - 1], choice.current().entry
    if not own:
        return list(rows)[:MOST]
    return [*own, entry.name] if entry and entry.name in rows and entry.name not in own else own


def show_table(rows: list[Row]) -> None:
    """One line a run."""
    columns: dict[str, list[object]] = {Words.network: [row.name for row in rows]}
    validations = [results.validation(row) for row in rows]
    columns[Words.validation] = [results.share_and_interval(*v)[0] if v else Words.unknown for v in validations]
    tests = [results.share_and_interval(*row.test) if row.test else (Words.unknown,) * 2 for row in rows]
    columns[Words.test], columns[Words.interval] = [t[0] for t in tests], [t[1] for t in tests]
    differences = plan_text.differences([row.plan for row in rows])
    columns |= {name: list(values) for name, values in differences.items() if name != Words.planned}
    columns[Words.iterations] = [row.iterations for row in rows]
    columns[Words.seconds] = [round(row.seconds, 1) for row in rows]
    columns[Words.per_1000] = [round(row.seconds_per_1000, 2) for row in rows]
    columns[Words.weights] = [row.n_weights for row in rows]
    names = ", ".join(sorted({row.test_digits for row in rows if row.test}))
    caption = Words.table_tested.format(names=names) if names else Words.table
    if unchecked := [row.name for row in rows if not row.plan.recipe.keep_validation]:
        caption += Words.no_validation.format(names=", ".join(unchecked))
    panels.table(columns, caption, Words.table_alt.format(n=len(rows)), "compare")


def show_best(rows: list[Row]) -> None:
    """Which is best, and which of the others that can be told from."""
    tested = [row for row in rows if row.test]
    if len(tested) < 2:
        return
    if len({(row.test_digits, row.test[1]) for row in tested if row.test}) > 1:
        st.caption(Words.mixed.format(names=", ".join(sorted({row.test_digits for row in tested}))))
        return
    best = max(tested, key=lambda row: row.test[0] if row.test else 0)
    correct, n = best.test or (0, 1)
    sentences = [Words.best.format(best=best.name, share=percent(correct / n), steps=best.iterations)]
    sentences += told_apart(best, tested, n)
    sentences.append(Words.lengths if len({row.iterations for row in tested}) > 1 else Words.longer)
    st.markdown(" ".join([*sentences, Words.one_seed]))


def told_apart(best: Row, tested: list[Row], n: int) -> list[str]:
    """Which of them are worse than the best, and which chance may have put behind it.

    Every pair counts as a comparison, not only those with the best: that it is the best was seen only afterwards.
    """
    right = {row.name: results.test_right(row) for row in tested}
    known = {name: answers for name, answers in right.items() if answers is not None}
    if len(known) < len(right):
        return [Words.unread.format(names=", ".join(name for name in right if name not in known))]
    pairs = list(itertools.combinations(known, 2))
    alone = [(known[a] & ~known[b], known[b] & ~known[a]) for a, b in pairs]
    p_values = statistics.holm([statistics.mcnemar_p(int(a.sum()), int(b.sum())) for a, b in alone])
    clear = {frozenset(pair) for pair, p in zip(pairs, p_values, strict=True) if p <= statistics.MAX_P}
    apart: dict[bool, list[str]] = {True: [], False: []}
    for row in tested:
        if row is not best:
            is_worse = frozenset((best.name, row.name)) in clear
            apart[is_worse].append(Words.after.format(name=row.name, steps=row.iterations))
    sentences = [Words.luck.format(names=", ".join(apart[False]), n=n)] if apart[False] else []
    sentences += [Words.worse.format(names=", ".join(apart[True]))] if apart[True] else []
    return [*sentences, Words.how_told.format(n=len(pairs)) if len(pairs) > 1 else Words.how_told_of_two]


def show_both(rows: Mapping[str, Row]) -> None:
    """Two networks on the session's digit: the chosen one beside the latest run of one's own."""
    st.subheader(Words.both, anchor=False, divider="gray")
    entries = {name: entry for name, entry in choice.entries().items() if entry.iterations}
    names = list(entries)
    if not names:
        return
    own, title = digit_choice.current(), digit_choice.title(digit_choice.current())
    current = choice.current().entry
    first = names.index(current.name) if current and current.name in names else 0
    others = [name for name in (*own_runs(rows), *names) if name in names and name != names[first]]
    starts = (first, names.index(others[0]) if others else first)
    with st.container(key=state.stack_of("both").name):
        seen, *places = st.columns([1, 2, 2], gap="large")
    with seen:
        sheet = images(own.image[None], panels.map_palette(), 1, cell_px=196, widest_px=168)
        caption, alt = Words.seen.format(title=title), Words.seen_alt.format(title=title)
        maps.show(sheet, caption=caption, alt=alt, name="compared-drawing")
    for i, (place, label) in enumerate(zip(places, (Words.first, Words.second), strict=True)):
        with place:
            name = st.selectbox(label, names, index=starts[i], key=state.compared_at(i).name)
            at = choice.current().iteration if current and name == current.name else entries[name].iterations[-1]
            network = choice.opened(entries[name], at)
            probs = lookups.activations(network, own.image[None, :, :, None])["softmax"][0]
            guess, second = np.argsort(-probs)[:2]
            caption = Words.answer.format(name=name, at=at, first=guess, second=second)
            panels.bars(probs, caption, f"compared-{i + 1}", inline=False, width=320)
            refusal.note_of(network, own, entries[name], at)
