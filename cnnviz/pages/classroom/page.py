"""A class works together: a room, lessons, and what each hands in."""

from cnnviz.pages.classroom import lessons, race, report, room
from cnnviz.ui import parts
from cnnviz.ui.state import ClassroomPage


class Words:
    """What the head of this page says."""

    title = "Class"
    parts = {"room": "Room", "race": "Race", "lessons": "Lessons", "report": "My report"}


PARTS = {"room": room.show, "race": race.show, "lessons": lessons.show, "report": report.show}

PARTS[parts.ask(Words.title, ClassroomPage.part, Words.parts)]()
