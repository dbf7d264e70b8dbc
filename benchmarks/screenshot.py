"""Make the pictures in docs: every place with a drawn seven, and scikit-learn's digits, as it stands in a browser.

Of the room the wall, with digits of scikit-learn's in the place of what a class would draw, and a question revealed.

python benchmarks/screenshot.py [docs]
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import browser

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cnnviz.classroom.live import LiveRooms
from cnnviz.data import dataset
from cnnviz.data.dataset import BUNDLED
from cnnviz.state import database
from cnnviz.state.sessions import fingerprint
from cnnviz.ui import places

SEVEN = [(75, 70), (205, 66), (165, 140), (125, 235)]
BAR = [(105, 150), (195, 150)]
N_MEMBERS = 24
SIZE = {"width": 1440, "height": 860}
COLOURS = 128
"""Enough for a page, and a third of the bytes."""


def draw(opened: Any, address: str) -> None:
    """The seven, which then is the digit of every place."""
    opened.goto(address)
    opened.wait_for_selector("canvas.upper-canvas")
    for stroke in (SEVEN, BAR):
        browser.draw(opened, stroke, steps=12)
        opened.wait_for_timeout(4000)
    opened.get_by_role("heading", name="Answer").wait_for()


def picture(opened: Any) -> Image.Image:
    """What stands in the window, once nothing is under way."""
    opened.mouse.move(1420, 40)
    opened.wait_for_timeout(2500)
    opened.wait_for_function("!document.querySelector('[data-testid=stSpinner], [data-testid=stProgress]')")
    opened.wait_for_timeout(1000)
    return Image.open(io.BytesIO(opened.screenshot())).convert("RGB").quantize(COLOURS)


def classroom(opened: Any, runs: str, target: Path) -> None:
    """A room of twenty-four: what they draw on the wall, and what they guess."""
    opened.get_by_role("button", name="Open a room").click()
    code = opened.locator(".st-key-room-code h1").inner_text()
    engine = database.connect(database.default_url(Path(runs)))
    live, test = LiveRooms(lambda: engine), dataset.load(BUNDLED, "test")
    members = [fingerprint(f"{i:043}") for i in range(N_MEMBERS)]
    for member in members:
        live.join(code, member)
    ask(opened, "Draw a digit", ("Digit", "7"))
    number = waited_for(live, code)
    sevens = np.flatnonzero(test.labels == 7)
    for member, i in zip(members, sevens, strict=False):
        image = np.round(test.images[i, :, :, 0] * 255).astype(np.uint8)
        live.hand_in(code, member, number, base64.b64encode(image.tobytes()).decode(), {})
    opened.locator(".st-key-wall .cell").nth(N_MEMBERS - 1).wait_for()
    opened.get_by_role("button", name="Close the question").click()
    picture(opened).save(target / "wall.png", optimize=True)
    ask(opened, "Which digit will the network say?")
    number = waited_for(live, code)
    for i, member in enumerate(members):
        live.answer(code, member, number, (7, 7, 7, 2, 7, 1, 7, 10)[i % 8])
    opened.get_by_role("button", name="Reveal").click()
    opened.locator(".room table").wait_for()
    picture(opened).save(target / "reveal.png", optimize=True)
    live.close()
    engine.dispose()


def ask(opened: Any, about: str, *chosen: tuple[str, str]) -> None:
    """Ask the class something of the list, with what is chosen then by its label."""
    opened.get_by_role("button", name="Ask the class").click()
    dialog = opened.get_by_role("dialog")
    for label, option in (("About", about), *chosen):
        dialog.get_by_role("combobox", name=label).click()
        opened.get_by_role("option", name=option, exact=True).click()
        opened.wait_for_timeout(2000)
    dialog.get_by_role("button", name="Ask", exact=True).click()
    dialog.wait_for(state="detached")


def waited_for(live: LiveRooms, code: str) -> int:
    """The number of the question that is open, once there is one."""
    while (question := live.questions.last(code)) is None or question.status != "open":
        time.sleep(0.1)
    return question.number


def main() -> None:
    """Draw, go from place to place, take the pictures."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else browser.ROOT / "docs")
    target.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as runs,
        browser.page(viewport=SIZE) as opened,
        browser.server(CNNVIZ_DATA="bundled", CNNVIZ_RUNS=runs) as (address, _),
    ):
        draw(opened, address)
        for i, name in enumerate(places.PLACES):
            opened.get_by_test_id("stTopNavLink").nth(i).click()
            picture(opened).save(target / f"{places.address(name)}.png", optimize=True)
        classroom(opened, runs, target)


if __name__ == "__main__":
    main()
