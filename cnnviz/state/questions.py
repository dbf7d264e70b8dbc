"""Questions in a room and what its members answer: one answer each, which cannot be changed once it is revealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cnnviz.lazy import LazyModule
from cnnviz.state.database import now, transaction, upsert
from cnnviz.state.rooms import RoomError, grow, is_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

sqlalchemy: Any = LazyModule("sqlalchemy")
tables: Any = LazyModule("cnnviz.state.tables")

Status = Literal["open", "revealed", "closed"]
MAX_QUESTION, MAX_ANSWER = 80_000, 16_000
"""Characters of JSON: a question may carry a picture, an answer a drawing."""


@dataclass(frozen=True)
class Question:
    """Something that is asked.

    Attributes:
        number: 1 for the first in its room.
        content: what is asked, and what the network says; the pages know what it means.
        status: "open" as long as answers count, then "revealed", where everybody sees them, or "closed".
    """

    number: int
    content: Mapping[str, Any]
    status: Status


class Questions:
    """The tables of questions and answers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def ask(self, code: str, teacher: str, content: Mapping[str, Any]) -> Question:
        """Ask something; what was asked before is closed, if it was not revealed.

        Raises:
            RoomError: when it is not the teacher who asks, or it is too much.
        """
        text, table = _question_text(content), tables.questions
        with transaction(self.engine) as connection:
            self._need_teacher(connection, code, teacher)
            before = table.update().where(table.c.room == code, table.c.status == "open")
            connection.execute(before.values(status="closed"))
            last = sqlalchemy.select(sqlalchemy.func.max(table.c.number)).where(table.c.room == code)
            number = (connection.execute(last).scalar() or 0) + 1
            connection.execute(table.insert().values(room=code, number=number, content=text, status="open"))
            grow(connection, code)
        return Question(number, content, "open")

    def last(self, code: str) -> Question | None:
        """What was asked last in a room."""
        table = tables.questions
        with transaction(self.engine) as connection:
            row = connection.execute(table.select().where(table.c.room == code).order_by(table.c.number.desc())).first()
        return Question(row.number, json.loads(row.content), row.status) if row else None

    def answer(self, code: str, number: int, token_hash: str, content: Mapping[str, Any]) -> bool:
        """Give an answer, in place of one that was given before.

        Returns:
            False, and nothing is written, when the question is not open any more, or the browser is not a member.

        Raises:
            RoomError: when it is too long.
        """
        text = json.dumps(content)
        if len(text) > MAX_ANSWER:
            raise RoomError(f"An answer may have at most {MAX_ANSWER:,} characters.")
        row = {"room": code, "question": number, "token_hash": token_hash, "content": text}
        with transaction(self.engine) as connection:
            # The row of the question is written, so that nobody reveals it until this transaction has ended.
            c = tables.questions.c
            of_it = (c.room == code, c.number == number, c.status == "open")
            is_open = connection.execute(tables.questions.update().where(*of_it).values(status="open")).rowcount
            if not is_open or not self._is_member(connection, code, token_hash):
                return False
            connection.execute(upsert(self.engine, tables.answers, row | {"given_at": now(self.engine)}))
            grow(connection, code)
        return True

    def set_status(self, code: str, teacher: str, number: int, status: Status) -> None:
        """Reveal a question, or close it.

        Raises:
            RoomError: when it is not the teacher who wants that.
        """
        table = tables.questions
        with transaction(self.engine) as connection:
            self._need_teacher(connection, code, teacher)
            it = table.update().where(table.c.room == code, table.c.number == number)
            connection.execute(it.values(status=status))
            grow(connection, code)

    def settle(self, code: str, teacher: str, number: int, content: Mapping[str, Any]) -> None:
        """Reveal a question that was asked before it was known what is right.

        Args:
            code: of the room.
            teacher: who reveals it.
            number: of the question.
            content: what was asked, now with what is right.

        Raises:
            RoomError: when it is not the teacher who wants that, there is no such question, or it is too much.
        """
        text, table = _question_text(content), tables.questions
        with transaction(self.engine) as connection:
            self._need_teacher(connection, code, teacher)
            it = table.update().where(table.c.room == code, table.c.number == number)
            if not connection.execute(it.values(content=text, status="revealed")).rowcount:
                raise RoomError("This question has not been asked.")
            grow(connection, code)

    def all(self, code: str) -> list[Question]:
        """Everything that was asked in a room, in order."""
        table = tables.questions
        with transaction(self.engine) as connection:
            rows = list(connection.execute(table.select().where(table.c.room == code).order_by(table.c.number)))
        return [Question(row.number, json.loads(row.content), row.status) for row in rows]

    def who_answered(self, code: str, number: int) -> list[str]:
        """The fingerprints of those who have answered; members that were removed count no more."""
        return [row.token_hash for row in self._rows(code, number)]

    def given(self, code: str, number: int) -> float:
        """When the last answer was given, or changed, in seconds since 1970; 0 before there is one."""
        a = tables.answers.c
        last = sqlalchemy.select(sqlalchemy.func.max(a.given_at)).where(a.room == code, a.question == number)
        with transaction(self.engine) as connection:
            return float(connection.execute(last).scalar() or 0.0)

    def answers(self, code: str, number: int, *, also_open: bool = False) -> dict[str, dict[str, Any]]:
        """The answers by the members' fingerprints, in the order in which they were given.

        Args:
            code: of the room.
            number: of the question.
            also_open: give them before they are revealed, too, as drawings for the teacher; else there are none then.
        """
        question = tables.questions
        query = sqlalchemy.select(question.c.status).where(question.c.room == code, question.c.number == number)
        with transaction(self.engine) as connection:
            status = connection.execute(query).scalar()
        if status != "revealed" and not (also_open and status):
            return {}
        return {row.token_hash: json.loads(row.content) for row in self._rows(code, number)}

    def of_member(self, code: str, number: int, token_hash: str) -> dict[str, Any] | None:
        """What one member has answered so far, for that member alone."""
        mine = (row for row in self._rows(code, number) if row.token_hash == token_hash)
        row = next(mine, None)
        return json.loads(row.content) if row else None

    def _rows(self, code: str, number: int) -> list[Any]:
        a, m = tables.answers.c, tables.members.c
        who = tables.answers.join(tables.members, (a.room == m.room) & (a.token_hash == m.token_hash))
        query = sqlalchemy.select(a.token_hash, a.content).select_from(who)
        with transaction(self.engine) as connection:
            given = query.where(a.room == code, a.question == number, m.removed.is_(False)).order_by(a.given_at)
            return list(connection.execute(given))

    def _is_member(self, connection: Connection, code: str, token_hash: str) -> bool:
        m = tables.members.c
        query = sqlalchemy.select(m.number).where(m.room == code, m.token_hash == token_hash, m.removed.is_(False))
        return connection.execute(query).first() is not None

    def _need_teacher(self, connection: Connection, code: str, teacher: str) -> None:
        if not is_of(connection, code, teacher):
            raise RoomError("Only the teacher who opened the room can do that.")


def _question_text(content: Mapping[str, Any]) -> str:
    """A question's content as JSON; raises RoomError when it is too long."""
    text = json.dumps(content)
    if len(text) > MAX_QUESTION:
        raise RoomError("This picture is too large for a question.")
    return text
