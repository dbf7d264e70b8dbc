"""The room in which a class works together: opened by a teacher, joined by a code of four letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlparse

import streamlit as st

from cnnviz.classroom.live import NAMES
from cnnviz.pages.classroom import overview, wall
from cnnviz.state.database import DatabaseError
from cnnviz.state.rooms import CODE_LENGTH, Member, RoomError, Standing
from cnnviz.ui import access, asking, browser, panels, present, rooms, server, session, sharing, state
from cnnviz.ui.state import RoomKeys


class Words:
    """What this part says."""

    intro = (
        "In a room a class works together: everybody guesses before the network answers, draws on the same wall, and "
        "sees what the teacher sees."
    )
    code, join = "Code of the room", "Come in"
    anonymous = (
        "You get a name made up of two words. No account; after a day the room and all that is in it are deleted."
    )
    no_cookie = "Your browser keeps no cookie, so it cannot be in a room."
    you = "You are **{name}** in room **{code}**. What your teacher asks appears at the top of every page."
    leave = "Leave the room"
    for_teachers = "For teachers"
    open, open_again = "Open a room", "Open another room"
    opened = "Let the class scan this, or open {link} and type the code."
    here = "Who is here"
    nobody = "Nobody is here yet."
    answered = "{name} · has answered"
    walks = "{name} · {progress}"
    names, names_help = "Show names", "Whose drawing it is, on the wall and here."
    hidden = "Student {number}"
    remove, removed = "Remove", "{name} is out and cannot come back."
    remove_whom = "Remove somebody"
    close, close_sure = "Close the room", "Delete room {code} with everything in it"
    closed = "The room is closed; nothing of it is left."
    away = "Rooms cannot be used now: {reason}"
    lasts = "The room ends by itself after a day."


def show() -> None:
    """Who is in the room, and what it does; outside of one, how to come in."""
    panels.intro(Words.intro)
    standing = RoomKeys.standing.get()
    try:
        if standing is None:
            _ask_code()
            _for_teachers()
        elif standing.is_teacher:
            _teacher(standing)
        else:
            st.markdown(Words.you.format(name=standing.name, code=standing.code))
            st.button(Words.leave, icon=":material/logout:", on_click=rooms.leave)
    except DatabaseError as error:
        st.error(Words.away.format(reason=error), icon=":material/cloud_off:")


def _ask_code() -> None:
    if not browser.token():
        st.info(Words.no_cookie, icon=":material/cookie_off:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(Words.code, key=RoomKeys.code.name, max_chars=CODE_LENGTH, width=200, on_change=_join)
        st.button(Words.join, icon=":material/login:", type="primary", on_click=_join)
    st.caption(Words.anonymous)


def _join() -> None:
    """Callback: come into the room whose code was typed."""
    code = RoomKeys.code.get()
    if code:
        RoomKeys.code.set("")
        rooms.join(code)


def _for_teachers() -> None:
    """Who is a teacher may open a room; who is not may say so."""
    if access.is_teacher():
        st.button(Words.open, icon=":material/add_home:", on_click=_open, type="secondary")
    else:
        access.show_teacher()


def _open() -> None:
    """Callback: open a room; what the button showed when it was drawn does not count."""
    if not access.is_teacher() or not browser.token():
        return
    try:
        room = server.live_rooms().rooms.open(browser.owner())
    except (RoomError, DatabaseError) as error:
        RoomKeys.refused.set(str(error))
        return
    RoomKeys.standing.set(Standing(room.code))


@session.part
def _teacher(standing: Standing) -> None:
    """The code, who is here, and the wall, which comes first once there is something on it.

    Runs again when somebody comes, answers, or puts a drawing on the wall.
    """
    asking.close_dialog()
    rooms.listen(standing.code)
    asked = wall.questions(standing.code)
    drawings = wall.read(standing.code, asked)
    if asked:
        wall.show(asked, drawings)
        _entrance(standing, drawings)
    else:
        _entrance(standing, drawings)
        wall.show(asked, drawings)


def _entrance(standing: Standing, drawings: Sequence[wall.Drawing]) -> None:
    with present.screen("room"), st.container(key=state.stack_of("room").name):
        left, right = st.columns([3, 2], gap="large")
    with left:
        _invite(standing.code)
    with right:
        _here(standing)
        overview.offer(standing, drawings)
        _close(standing)


def _invite(code: str) -> None:
    """The code as large as there is room, and as a QR code."""
    base = _base()
    link = f"{base}?room={code}"
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        st.image(sharing.qr(link), width=QR_PX, alt=sharing.Words.qr_alt, output_format="PNG")
        with st.container(key=RoomKeys.code_frame.name, width="content"):
            st.title(code, anchor=False)
    st.caption(Words.opened.format(link=base))
    if urlparse(link).hostname in sharing.HERE:
        st.caption(sharing.Words.only_here)


def _base() -> str:
    """The address of the application's first page, as the browser reaches this server."""
    here = str(st.context.url or "").partition("?")[0]
    return here.rsplit("/", 1)[0] + "/"


QR_PX = 240


def _here(standing: Standing) -> None:
    """The members, without whom there is nobody to remove."""
    live = server.live_rooms()
    members, room = live.rooms.members(standing.code), live.rooms.find(standing.code)
    if room is None:
        return
    shown = bool(room.scene.get(NAMES, True))
    st.markdown(f"**{Words.here}: {len(members)}**")
    if not members:
        st.caption(Words.nobody)
        return
    question = live.questions.last(standing.code)
    answered = set(live.questions.who_answered(standing.code, question.number)) if question else set()
    called = naming(shown=shown)
    said = [Words.answered.format(name=called(m)) if m.token_hash in answered else called(m) for m in members]
    st.caption(" \u2003".join(said))
    walking = [Words.walks.format(name=called(m), progress=m.progress) for m in members if m.progress]
    if walking:
        st.caption("  \n".join(walking))
    st.toggle(Words.names, shown, help=Words.names_help, on_change=_do, args=(standing.code, NAMES, not shown))
    with st.popover(Words.remove_whom, icon=":material/person_remove:"):
        for member in members:
            st.button(
                called(member),
                key=state.remove_of(member.number).name,
                icon=":material/person_remove:",
                on_click=_do,
                args=(standing.code, "remove", member.number),
            )


def naming(*, shown: bool) -> Callable[[Member], str]:
    """What to call each member on the teacher's screen, which a whole class may see."""
    return lambda member: member.name if shown else Words.hidden.format(number=member.number)


def _do(code: str, wish: str, value: object) -> None:
    """Callback."""
    try:
        server.live_rooms().do(code, browser.owner(), wish, value)
    except (RoomError, DatabaseError) as error:
        st.toast(str(error), icon=":material/error:")


def _close(standing: Standing) -> None:
    with st.popover(Words.close, icon=":material/door_front:"):
        st.caption(Words.lasts)
        words = Words.close_sure.format(code=standing.code)
        st.button(words, icon=":material/delete_forever:", on_click=_delete, args=(standing.code,), type="primary")


def _delete(code: str) -> None:
    """Callback: close the room and delete everything in it."""
    try:
        server.live_rooms().rooms.close(code, browser.owner())
    except DatabaseError as error:
        st.toast(str(error), icon=":material/error:")
        return
    RoomKeys.standing.forget()
    st.toast(Words.closed, icon=":material/check:")
