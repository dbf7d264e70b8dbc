"""Rooms in which a class works together for a day: who is there, and what is on everybody's screens.

Nobody has an account or gives a name: a browser is known by the SHA-256 of its token, a member by a pseudonym.
Whatever changes in a room makes its version grow in the same transaction, so a server need only ask for versions.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnnviz.lazy import LazyModule, load
from cnnviz.state.database import now, transaction

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

sqlalchemy: Any = LazyModule("sqlalchemy")
tables: Any = LazyModule("cnnviz.state.tables")

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Of codes: no vowels, so that none is a word, and nothing that looks like a number."""
CODE_LENGTH = 4
KEEP_S = 24 * 60 * 60
MAX_MEMBERS = 200
MAX_PROGRESS = 200
MAX_SCENE = 20_000
"""Characters; a drawing in an address has at most half of that."""


class RoomError(ValueError):
    """What is asked for cannot be; the message is a sentence for a person."""


@dataclass(frozen=True)
class Room:
    """A room that is open.

    Attributes:
        code: four letters.
        teacher: the fingerprint of who opened it.
        version: grows with whatever changes in it.
        scene: what is on everybody's screens; what it means is the pages' business.
    """

    code: str
    teacher: str
    version: int
    scene: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Member:
    """Somebody in a room.

    Attributes:
        token_hash: the fingerprint of the browser.
        number: 1 for who came first.
        name: a pseudonym that nobody else in the room has.
        progress: how far somebody is in a lesson, in words; "" where none is walked.
    """

    token_hash: str
    number: int
    name: str
    progress: str = ""


@dataclass(frozen=True)
class Standing:
    """What a browser is in a room.

    Attributes:
        code: of the room.
        name: the pseudonym; "" of the teacher.
        number: of the member; 0 of the teacher.
    """

    code: str
    name: str = ""
    number: int = 0

    @property
    def is_teacher(self) -> bool:
        """True of who opened the room."""
        return self.number == 0


class Rooms:
    """The tables of rooms and their members."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def open(self, teacher: str) -> Room:
        """Open a room that is there for a day.

        Deleted are rooms that have come to their end, and one that the same teacher has opened before.

        Args:
            teacher: the fingerprint of who opens it.
        """
        self.expire()
        c = tables.rooms.c
        with transaction(self.engine) as connection:
            before = connection.execute(sqlalchemy.select(c.code).where(c.teacher == teacher))
            self._delete(connection, list(before.scalars()))
        insert = load(f"sqlalchemy.dialects.{self.engine.dialect.name}").insert(tables.rooms)
        for _ in range(100):
            code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
            row = {"code": code, "teacher": teacher, "scene": "{}", "version": 1, "ends_at": now(self.engine) + KEEP_S}
            statement = insert.values(row).on_conflict_do_nothing(index_elements=["code"])
            with transaction(self.engine) as connection:
                if connection.execute(statement.returning(tables.rooms.c.code)).first():
                    return Room(code, teacher, 1)
        raise RoomError("No code is free. Close rooms that nobody needs any more.")

    def find(self, code: str) -> Room | None:
        """The room of a code, also in small letters; None when there is none, or it has come to its end."""
        c = tables.rooms.c
        query = sqlalchemy.select(c.code, c.teacher, c.version, c.scene)
        with transaction(self.engine) as connection:
            found = query.where(c.code == code.strip().upper(), c.ends_at > now(self.engine))
            row = connection.execute(found).first()
        return Room(row.code, row.teacher, row.version, json.loads(row.scene)) if row else None

    def standing(self, who: str) -> Standing | None:
        """The room that a browser has opened, or is a member of: the one that it came into last; None for none.

        Args:
            who: the browser's fingerprint.
        """
        r, m = tables.rooms.c, tables.members.c
        is_open = r.ends_at > now(self.engine)
        opened = sqlalchemy.select(r.code).where(r.teacher == who, is_open)
        of_it = tables.members.join(tables.rooms, m.room == r.code)
        joined = sqlalchemy.select(m.room, m.name, m.number).select_from(of_it)
        joined = joined.where(m.token_hash == who, m.removed.is_(False), is_open).order_by(m.seen_at.desc())
        with transaction(self.engine) as connection:
            if (row := connection.execute(opened).first()) is not None:
                return Standing(row.code)
            row = connection.execute(joined).first()
        return Standing(row.room, row.name, row.number) if row else None

    def versions(self, codes: Sequence[str]) -> dict[str, int]:
        """The versions of rooms; those that are closed are missing."""
        c = tables.rooms.c
        query = sqlalchemy.select(c.code, c.version).where(c.code.in_(codes), c.ends_at > now(self.engine))
        with transaction(self.engine) as connection:
            return {row.code: row.version for row in connection.execute(query)}

    def change_scene(self, code: str, teacher: str, changes: Mapping[str, Any]) -> bool:
        """Put something else on everybody's screens.

        Args:
            code: of the room.
            teacher: who wants that; nothing happens when it is not who opened the room.
            changes: what of the scene is another; anything that JSON can hold, all of it up to MAX_SCENE characters.

        Returns:
            whether there is such a room, and the teacher's.

        Raises:
            RoomError: when it is too much.
        """
        table = tables.rooms
        with transaction(self.engine) as connection:
            if not self._locked(connection, code) or not is_of(connection, code, teacher):
                return False
            before = connection.execute(sqlalchemy.select(table.c.scene).where(table.c.code == code)).scalar()
            text = json.dumps(json.loads(before or "{}") | dict(changes), sort_keys=True)
            if len(text) > MAX_SCENE:
                raise RoomError("This drawing is too large to be shown to everybody.")
            if text != before:
                written = table.update().where(table.c.code == code)
                connection.execute(written.values(scene=text, version=table.c.version + 1))
        return True

    def join(self, code: str, token_hash: str, names: Sequence[str]) -> Member:
        """Come into a room, or come back; whoever was there before has the same pseudonym.

        Args:
            code: of the room.
            token_hash: the fingerprint of the browser.
            names: pseudonyms, of which one that nobody has is drawn.

        Raises:
            RoomError: when there is no such room, it is full, or the teacher has removed this browser.
        """
        with transaction(self.engine) as connection:
            room = self._locked(connection, code)
            everybody = self._everybody(connection, code)
            mine = next((row for row in everybody if row.token_hash == token_hash), None)
            if mine and mine.removed:
                raise RoomError("The teacher has removed you from this room.")
            table = tables.members
            if mine:
                of_it = (table.c.room == code, table.c.token_hash == token_hash)
                connection.execute(table.update().where(*of_it).values(seen_at=now(self.engine)))
                return Member(token_hash, mine.number, mine.name, mine.progress)
            if not room:
                raise RoomError(f"There is no room {code} now.")
            if len(everybody) >= MAX_MEMBERS:
                raise RoomError(f"This room is full: {MAX_MEMBERS} are in it.")
            taken = {row.name for row in everybody}
            number = max((row.number for row in everybody), default=0) + 1
            member = Member(token_hash, number, secrets.choice([n for n in names if n not in taken]))
            row = {"room": code, "removed": False, "progress": "", "seen_at": now(self.engine), "number": member.number}
            connection.execute(table.insert().values(row | {"token_hash": token_hash, "name": member.name}))
            grow(connection, code)
        return member

    def members(self, code: str) -> list[Member]:
        """Who is in a room, first who came first."""
        with transaction(self.engine) as connection:
            rows = self._everybody(connection, code)
        return [Member(row.token_hash, row.number, row.name, row.progress) for row in rows if not row.removed]

    def note_progress(self, code: str, who: str, progress: str) -> None:
        """Keep how far a member is in a lesson, for the teacher to see."""
        table = tables.members
        with transaction(self.engine) as connection:
            mine = table.update().where(table.c.room == code, table.c.token_hash == who)
            if connection.execute(mine.values(progress=progress[:MAX_PROGRESS])).rowcount:
                grow(connection, code)

    def removed(self, code: str) -> list[str]:
        """The fingerprints of those whom the teacher has taken out."""
        with transaction(self.engine) as connection:
            return [row.token_hash for row in self._everybody(connection, code) if row.removed]

    def remove(self, code: str, teacher: str, number: int) -> bool:
        """Take a member out, who cannot come back; only who opened the room can. Gives whether that was done."""
        table = tables.members
        with transaction(self.engine) as connection:
            if not is_of(connection, code, teacher):
                return False
            gone = table.update().where(table.c.room == code, table.c.number == number).values(removed=True)
            grow(connection, code)
            return bool(connection.execute(gone).rowcount)

    def leave(self, code: str, who: str) -> None:
        """Take a browser out of a room, with all that it answered there; it may come back as somebody else."""
        with transaction(self.engine) as connection:
            for table in (tables.answers, tables.members):
                gone = table.delete().where(table.c.room == code, table.c.token_hash == who)
                if table is tables.members:
                    gone = gone.where(table.c.removed.is_(False))
                connection.execute(gone)
            grow(connection, code)

    def close(self, code: str, teacher: str) -> bool:
        """Delete a room and all that belongs to it; only who opened it can. Gives whether that was done."""
        with transaction(self.engine) as connection:
            is_mine = is_of(connection, code, teacher)
            if is_mine:
                self._delete(connection, [code])
        return is_mine

    def expire(self) -> None:
        """Delete the rooms that have come to their end."""
        c = tables.rooms.c
        with transaction(self.engine) as connection:
            over = sqlalchemy.select(c.code).where(c.ends_at <= now(self.engine))
            self._delete(connection, list(connection.execute(over).scalars()))

    def _delete(self, connection: Connection, codes: Sequence[str]) -> None:
        for table in (tables.answers, tables.questions, tables.members):
            connection.execute(table.delete().where(table.c.room.in_(codes)))
        connection.execute(tables.rooms.delete().where(tables.rooms.c.code.in_(codes)))

    def _locked(self, connection: Connection, code: str) -> bool:
        """Whether the room is there; nobody else comes in until the transaction ends."""
        c = tables.rooms.c
        touched = tables.rooms.update().where(c.code == code, c.ends_at > now(self.engine)).values(version=c.version)
        return bool(connection.execute(touched).rowcount)

    def _everybody(self, connection: Connection, code: str) -> list[Any]:
        table = tables.members
        return list(connection.execute(table.select().where(table.c.room == code).order_by(table.c.number)))


def is_of(connection: Connection, code: str, teacher: str) -> bool:
    """Whether somebody has opened a room."""
    c = tables.rooms.c
    query = sqlalchemy.select(c.code).where(c.code == code, c.teacher == teacher)
    return connection.execute(query).first() is not None


def grow(connection: Connection, code: str) -> None:
    """Something in a room has changed: whoever shows it looks again."""
    table = tables.rooms
    connection.execute(table.update().where(table.c.code == code).values(version=table.c.version + 1))
