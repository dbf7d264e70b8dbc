"""Who may change a run: the browser that began it, and the teacher.

There are no accounts. A browser is known by its token (`browser`); the teacher's by a passphrase, CNNVIZ_TEACHER in the
environment or in Streamlit's secrets, or, where none is set, by running on the server's own machine.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Sequence

import streamlit as st

from cnnviz import settings
from cnnviz.training.run import Run
from cnnviz.ui import browser, server, session
from cnnviz.ui.state import Key, Session

NAME = "CNNVIZ_TEACHER"
PROOF = "proof"


class Words:
    """What is said of who may do what."""

    others = "Begun by somebody else; you can look."
    refused = "Nothing was changed. You may change only runs that you began; not yours: {names}."
    not_teacher = "Nothing was stopped. Only the teacher may stop all runs."
    teacher = "Teacher"
    passphrase = "Passphrase of the teacher"  # nosec B105 # the label of the field, not a password
    enter = "Enter"
    wrong = "That is not the passphrase."
    wait = "Too many attempts. Wait {seconds} s, then try again."
    is_teacher = "You are the teacher here: you may stop and delete every run."
    stop_all, stop_all_sure = "Stop all runs", "Stop all {n} runs of this server"
    stopped = "{n} runs were stopped."


def owner() -> str:
    """What this browser's runs are known by; "" where it has no token."""
    return browser.owner()


def is_teacher() -> bool:
    """True when this browser has given the passphrase; where none is set, when it is on the server's own machine."""
    phrase = passphrase()
    if not phrase:
        return browser.is_this_machine()
    if Session.teacher_proof.get() is None:
        Session.teacher_proof.set(_stored_proof())
    return hmac.compare_digest(Session.teacher_proof.get() or "", _proof(phrase))


def may_change(run: Run) -> bool:
    """True when this browser may pause, stop, train on and delete a run.

    A run without an owner, as of the command line, of an earlier version, or of a browser without cookies, may be
    changed by everybody: else nobody but a teacher could, and there may be none.
    """
    return not run.owner or hmac.compare_digest(run.owner, owner()) or is_teacher()


def change(names: Iterable[str], what: Callable[[str], object]) -> None:
    """Callback, the only way by which a page changes runs: do something to each of them.

    Whatever the page showed when it was drawn, the owner is looked up now. Nothing is done where this browser may not
    change all of them; why not, or why the scheduler refuses, is what `show_refusal` says.
    """
    known = [run for name in names if (run := server.scheduler().find(name))]
    concerned = frozenset(run.name for run in known)
    Session.refused_change.forget()
    not_mine = [run.name for run in known if not may_change(run)]
    if not_mine:
        Session.refused_change.set((concerned, Words.refused.format(names=", ".join(not_mine))))
        return
    try:
        for run in known:
            what(run.name)
    except ValueError as refused:  # e.g. as many are under way as there may be
        Session.refused_change.set((concerned, str(refused)))


def button(
    words: str,
    icon: str,
    names: Sequence[str],
    what: Callable[[str], object],
    *,
    help: str | None = None,
    key: Key[bool] | None = None,
) -> None:
    """A button that changes runs and shows the page anew.

    `what` is of when the page was drawn: what somebody may just have typed it has to look up when it is called.
    """
    name = key.name if key else None
    if st.button(words, icon=icon, help=help, on_click=change, args=(names, what), key=name):
        st.rerun()


def show_refusal(names: Collection[str]) -> None:
    """Why the last change was refused, if it was one of these runs."""
    concerned, reason = Session.refused_change.get()
    if not concerned.isdisjoint(names):
        st.error(reason, icon=":material/block:")


def passphrase() -> str:
    """The teacher's passphrase; "" where none is set."""
    named = settings.read().teacher
    if named:
        return named
    if not st.secrets.load_if_toml_exists():
        return ""
    secret = st.secrets.get(NAME, "")
    return secret if isinstance(secret, str) else ""


def enter() -> None:
    """Callback: this browser becomes the teacher's when what was typed is the passphrase."""
    typed, phrase = Session.passphrase.get(), passphrase()
    Session.passphrase.set("")
    Session.refused_passphrase.set("")
    if not phrase or not typed:
        return
    seconds = server.attempts().wait_s(owner())
    if seconds:
        Session.refused_passphrase.set(Words.wait.format(seconds=seconds))
    elif not hmac.compare_digest(_digest(typed), _digest(phrase)):
        Session.refused_passphrase.set(Words.wrong)
    else:
        proof = _proof(phrase)
        Session.teacher_proof.set(proof)
        if token := browser.token():
            server.keeper().save(session.TEACHER.format(token=token), {PROOF: proof})


def show_teacher() -> None:
    """Where the teacher says who they are, and what they alone may do."""
    if is_teacher():
        st.caption(Words.is_teacher)
        _show_stop_all()
    elif passphrase():
        with st.popover(Words.teacher, icon=":material/school:"):
            st.text_input(Words.passphrase, type="password", key=Session.passphrase.name, max_chars=200)
            st.button(Words.enter, key=Session.enter_passphrase.name, on_click=enter)
            if Session.refused_passphrase.get():
                st.error(Session.refused_passphrase.get(), icon=":material/lock:")


def _show_stop_all() -> None:
    active = [run.name for run in server.scheduler().runs() if run.active]
    if active:
        with st.popover(Words.stop_all, icon=":material/stop:"):
            st.button(Words.stop_all_sure.format(n=len(active)), key=Session.stop_everything.name, on_click=stop_all)


def stop_all() -> None:
    """Callback: the teacher stops every run."""
    if not is_teacher():
        st.toast(Words.not_teacher, icon=":material/block:")
        return
    st.toast(Words.stopped.format(n=server.scheduler().stop_all_runs()), icon=":material/stop:")


def _digest(text: str) -> bytes:
    """Of one length whatever is typed, so that the time of a comparison says nothing of the passphrase's."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _proof(phrase: str) -> str:
    """What is remembered in place of the passphrase: it holds for this browser, until the passphrase changes."""
    return hmac.new(_digest(phrase), browser.token().encode(), hashlib.sha256).hexdigest()


def _stored_proof() -> str:
    token = browser.token()
    record = server.keeper().load(session.TEACHER.format(token=token)) if token else None
    proof = record.get(PROOF) if record else None
    return proof if isinstance(proof, str) and proof.isascii() else ""
