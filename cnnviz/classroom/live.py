"""What happens in rooms, in one place for pages and for browsers: who does something, and what each may know of it."""

from __future__ import annotations

import dataclasses
import json
import logging
import statistics
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from cnnviz.classroom import breaking, prompts, pseudonyms
from cnnviz.classroom.breaking import Attempt
from cnnviz.classroom.prompts import Prompt
from cnnviz.state.database import DatabaseError
from cnnviz.state.questions import Question, Questions
from cnnviz.state.rooms import Member, Room, RoomError, Rooms, Standing

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

FOLLOW, PAUSED, NAMES, PLACE, PARAMS, SCENE = "follow", "paused", "names", "place", "params", "scene"
"""Of a scene: whether students follow, have still screens, are shown by name; the page, its address, its number."""
SWITCHES = (FOLLOW, PAUSED, NAMES)
RACE, GROUPS, EXPERIMENT, QUESTION = "race", "groups", "experiment", "question"
"""Of a scene: a race; its groups by name, its experiment once it has begun, the question that was asked of it."""
VALUE, IMAGE, ADDRESS = "value", "image", "address"
"""Of an answer: what `prompts.checked` gives; of a drawing its 784 bytes in base64, and how an address shows it."""
WHY = "Why?"
MAX_SENTENCES = 60
log = logging.getLogger(__name__)


class LiveRooms:
    """Rooms, with what is asked in them; where a database is away, DatabaseError says so.

    Args:
        connect: opens the database, or gives the one that is open.
    """

    def __init__(self, connect: Callable[[], Engine]) -> None:
        self._connect = connect
        self._beside = ThreadPoolExecutor(1, "rooms")
        self.changed: Callable[[], None] = lambda: None
        """Called after each change that was made here, so that browsers hear of it sooner than by the next look."""

    @property
    def rooms(self) -> Rooms:
        """Their tables."""
        return Rooms(self._connect())

    @property
    def questions(self) -> Questions:
        """Their tables."""
        return Questions(self._connect())

    def join(self, code: str, who: str) -> Member:
        """Come into a room under a pseudonym; raises RoomError."""
        member = self.rooms.join(code.strip().upper(), who, pseudonyms.all_names())
        self.changed()
        return member

    def show(self, code: str, teacher: str, place: str, params: Mapping[str, str]) -> None:
        """Have those who follow see a page as the teacher sees it; raises RoomError where it is too much."""
        room = self.rooms.find(code)
        if room is None or not room.scene.get(FOLLOW):
            return
        if (room.scene.get(PLACE), room.scene.get(PARAMS)) == (place, dict(params)):
            return
        shown = {PLACE: place, PARAMS: dict(params), SCENE: room.scene.get(SCENE, 0) + 1}
        self.rooms.change_scene(code, teacher, shown)
        self.changed()

    def show_soon(self, code: str, teacher: str, place: str, params: Mapping[str, str]) -> None:
        """The same beside what is going on here, which does not wait for it; what cannot be shown is left out."""

        def show() -> None:
            try:
                self.show(code, teacher, place, params)
            except (RoomError, DatabaseError) as error:
                log.warning("%s", error)

        self._beside.submit(show)

    def close(self) -> None:
        """Let what is under way end."""
        self._beside.shutdown()

    def note_progress(self, code: str, who: str, progress: str) -> None:
        """Keep how far somebody is in a lesson."""
        self.rooms.note_progress(code, who, progress)
        self.changed()

    def ask(self, code: str, teacher: str, prompt: Prompt) -> Question:
        """Ask the class something; raises RoomError."""
        question = self.questions.ask(code, teacher, prompts.content_of(prompt))
        self.changed()
        return question

    def answer(self, code: str, who: str, number: int, given: Any) -> bool:
        """Give an answer other than a drawing; False when the question is not open any more, or not theirs.

        Raises:
            ValueError: one sentence, for what is no answer; RoomError is one.
        """
        question = self.questions.last(code)
        if question is None or question.number != number or question.status != "open":
            return False
        content = {VALUE: prompts.checked(prompts.of_content(question.content), given)}
        return self._keep(code, who, number, content)

    def hand_in(self, code: str, who: str, number: int, image: str, address: Mapping[str, str]) -> bool:
        """Give a drawing as the answer.

        Args:
            code: of the room.
            who: the browser's fingerprint.
            number: of the question.
            image: uint8 (28, 28) in base64, 255 is ink.
            address: how a page's address shows this drawing; empty where it cannot.
        """
        question = self.questions.last(code)
        if question is None or question.content.get("kind") != "drawing":
            return False
        return self._keep(code, who, number, {IMAGE: image, ADDRESS: dict(address)})

    def hand_in_broken(self, code: str, who: str, number: int, attempt: Attempt) -> bool:
        """Give filters that are switched off as the answer; a better one of before stays. As `hand_in`."""
        question = self.questions.last(code)
        if question is None or question.content.get("kind") != "breaking":
            return False
        before = breaking.of_content(self.questions.of_member(code, number, who))
        return self._keep(code, who, number, dataclasses.asdict(breaking.best(before, attempt)))

    def _keep(self, code: str, who: str, number: int, content: Mapping[str, Any]) -> bool:
        is_kept = self.questions.answer(code, number, who, content)
        self.changed()
        return is_kept

    def settle(self, code: str, teacher: str, question: Question, right: int | None, explanation: str) -> None:
        """Reveal a question of which it is known only now what is right; None where nothing is.

        Raises:
            RoomError: when it is not the teacher.
        """
        prompt = dataclasses.replace(prompts.of_content(question.content), right=right, explanation=explanation)
        self.questions.settle(code, teacher, question.number, prompts.content_of(prompt))
        self.changed()

    def change_race(self, code: str, teacher: str, race: Mapping[str, Any]) -> None:
        """Have everybody told of a race, or of none any more; what was asked of it is closed once it has begun.

        Args:
            code: of the room.
            teacher: who wants that.
            race: GROUPS, EXPERIMENT and QUESTION; empty for none.

        Raises:
            RoomError: when it is not the teacher.
        """
        if not self.rooms.change_scene(code, teacher, {RACE: dict(race)}):
            raise RoomError("Only the teacher who opened the room can do that.")
        last = self.questions.last(code)
        if race.get(EXPERIMENT) and last and last.number == race.get(QUESTION) and last.status == "open":
            self.questions.set_status(code, teacher, last.number, "closed")
        self.changed()

    def do(self, code: str, teacher: str, wish: str, value: Any) -> None:
        """What the teacher does with one click on whichever page.

        Args:
            code: of the room.
            teacher: who wants that.
            wish: "follow", "paused" or "names", which are switched to `value`; "reveal", "close", "why" and "again" of
                the question that was asked last; "remove" the member with the number `value`.
            value: see there.

        Raises:
            RoomError: when it is not the teacher, or cannot be.
        """
        if wish in SWITCHES:
            if not self.rooms.change_scene(code, teacher, {wish: bool(value)}):
                raise RoomError("Only the teacher who opened the room can do that.")
        elif wish == "remove":
            if type(value) is not int:
                raise RoomError("Expected the number of a member.")
            self.rooms.remove(code, teacher, value)
        else:
            self._of_question(code, teacher, wish)
        self.changed()

    def _of_question(self, code: str, teacher: str, wish: str) -> None:
        question = self.questions.last(code)
        if question is None:
            raise RoomError("Nothing has been asked yet.")
        if wish == "reveal":
            self.questions.set_status(code, teacher, question.number, "revealed")
        elif wish == "close":
            self.questions.set_status(code, teacher, question.number, "closed")
        elif wish == "why":
            self.questions.ask(code, teacher, prompts.content_of(Prompt("text", WHY)))
        elif wish == "again":
            asked = self._to_ask_again(code)
            if asked is None:
                raise RoomError("There is no question to ask once more.")
            self.questions.ask(code, teacher, {**asked.content, "again_of": asked.number})
        else:
            raise RoomError("This is not known here.")

    def _to_ask_again(self, code: str) -> Question | None:
        """The last question but for sentences, which were asked of its answers."""
        others = [each for each in self.questions.all(code) if each.content.get("kind") != "text"]
        return others[-1] if others else None

    # What browsers hear: see `server.events.Source`.

    def versions(self, codes: Sequence[str]) -> Mapping[str, int]:
        """A number for each room that is open, which grows when something changes."""
        return self.rooms.versions(codes)

    def may_hear(self, code: str, who: str) -> bool:
        """Whether a browser, by its fingerprint, is in the room, or has opened it."""
        room = self.rooms.find(code)
        return room is not None and (room.teacher == who or who in {m.token_hash for m in self.rooms.members(code)})

    def told(self, code: str) -> dict[str, str]:
        """What a room shows now, JSON: for "" what all students hear, and for the teacher's fingerprint what they hear.

        Whoever is removed is told by what is theirs that they are out.
        """
        room = self.rooms.find(code)
        if room is None:
            return {}
        members = self.rooms.members(code)
        question = self.questions.last(code)
        answered = set(self.questions.who_answered(code, question.number)) if question else set()
        common = self._common(room, len(members), question, len(answered))
        told_to = {"": _json(common)}
        listed = [{"number": m.number, "name": m.name, "answered": m.token_hash in answered} for m in members]
        of_teacher = {"members": listed, NAMES: bool(room.scene.get(NAMES, True)), "sentences": []}
        if question and question.content.get("kind") == "text":
            of_teacher["sentences"] = self._sentences(code, question.number, members)
        of_teacher["mark"] = self._mark(room, members, question)
        told_to[room.teacher] = _json(common | of_teacher)
        told_to |= {who: _json({"room": code, "removed": True}) for who in self.rooms.removed(code)}
        return told_to

    def mark(self, code: str) -> str:
        """A text that is another one once members, questions, answers or names have changed; not for another scene."""
        room = self.rooms.find(code)
        return "" if room is None else self._mark(room, self.rooms.members(code), self.questions.last(code))

    def _mark(self, room: Room, members: Sequence[Member], question: Question | None) -> str:
        here = zlib.crc32(_json([(each.number, each.progress) for each in members]).encode())
        asked = (question.number, question.status) if question else (0, "")
        given = self.questions.given(room.code, question.number) if question else 0
        return _json([here, *asked, given, bool(room.scene.get(NAMES, True))])

    def _common(self, room: Room, n_members: int, question: Question | None, n_answers: int) -> dict[str, Any]:
        scene = room.scene
        told: dict[str, Any] = {"room": room.code, "n": n_members, PAUSED: bool(scene.get(PAUSED))}
        told[FOLLOW] = bool(scene.get(FOLLOW))
        told[SCENE] = scene.get(SCENE, 0)
        if race := scene.get(RACE):
            told[RACE] = {GROUPS: race.get(GROUPS, []), "begun": bool(race.get(EXPERIMENT))}
        if question and question.status != "closed":
            revealed = question.status == "revealed"
            content = question.content if revealed else prompts.public(question.content)
            told["question"] = {"number": question.number, "status": question.status, "prompt": content}
            told["n_answers"] = n_answers
            if revealed:
                told |= self._revealed(room, question)
        return told

    def _revealed(self, room: Room, question: Question) -> dict[str, Any]:
        code, prompt = room.code, prompts.of_content(question.content)
        if prompt.kind == "breaking":
            return {"broken": self._broken(room, question.number)}
        values = self._values(code, question.number)
        told: dict[str, Any] = {"counts": prompts.tally(prompt, values)}
        if prompt.kind == "number" and values:
            told["median"] = statistics.median(values)
        if prompt.again_of:
            told["before"] = prompts.tally(prompt, self._values(code, prompt.again_of))
        return told

    def _values(self, code: str, number: int) -> list[Any]:
        # Those of a question that was asked again are told with it, whether it was revealed or not.
        given = self.questions.answers(code, number, also_open=True)
        return [content[VALUE] for content in given.values() if VALUE in content]

    def _broken(self, room: Room, number: int) -> list[dict[str, Any]]:
        """The table of a breaking contest, with pseudonyms where names are shown."""
        shown = bool(room.scene.get(NAMES, True))
        names = {member.token_hash: member.name for member in self.rooms.members(room.code) if shown}
        given = self.questions.answers(room.code, number).items()
        read = ((names.get(who, ""), breaking.of_content(content)) for who, content in given)
        return breaking.table((name, attempt) for name, attempt in read if attempt)

    def _sentences(self, code: str, number: int, members: Sequence[Member]) -> list[dict[str, Any]]:
        names = {member.token_hash: member.number for member in members}
        given = self.questions.answers(code, number)
        told = [{"number": names.get(who, 0), "text": each.get(VALUE, "")} for who, each in given.items()]
        return told[:MAX_SENTENCES]

    def standing(self, who: str) -> Standing | None:
        """The room that a browser has opened, or is in; None for none."""
        return self.rooms.standing(who)


def group_of(number: int, n_groups: int) -> int:
    """The group of a member, from 0 on: members are dealt in the order in which they came."""
    return (number - 1) % n_groups


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
