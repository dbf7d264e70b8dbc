"""What a room has done, as one HTML file for its teacher."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from cnnviz.classroom import breaking, prompts, room_report
from cnnviz.classroom.live import VALUE
from cnnviz.classroom.room_report import Asked, Overview
from cnnviz.pages.classroom import wall
from cnnviz.state.rooms import Standing
from cnnviz.ui import panels, reporting, server


class Words:
    """What the button says."""

    download = "Download what the class did"
    file = "room-{code}.html"


def offer(standing: Standing, drawings: Sequence[wall.Drawing]) -> None:
    """The button.

    Args:
        standing: of the teacher.
        drawings: everything that was drawn, as the chosen network reads it.
    """
    drawn = [
        room_report.Drawing(
            each.image, each.member.name, None if each.is_refused else each.said, each.share, each.label
        )
        for each in drawings
    ]
    content = functools.partial(_html, standing.code, drawn, reporting.now())
    panels.download_file(Words.download, content, Words.file.format(code=standing.code), "text/html")


def _html(code: str, drawings: Sequence[room_report.Drawing], date: str) -> str:
    """The file, with what was answered until the button is pressed; made without a session."""
    live = server.live_rooms()
    asked = []
    for question in live.questions.all(code):
        given = live.questions.answers(code, question.number, also_open=True)
        values = [content.get(VALUE, breaking.of_content(content)) for content in given.values()]
        prompt = prompts.of_content(question.content)
        counted = values if prompt.kind == "drawing" else [each for each in values if each is not None]
        asked.append(Asked(prompt, counted))
    members = [member.name for member in live.rooms.members(code)]
    return room_report.html(Overview(code, members, asked, drawings), date)
