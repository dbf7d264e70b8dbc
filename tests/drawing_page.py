"""What the tests of Draw in a real browser share."""

import numpy as np
from PIL import Image, ImageDraw

SEVEN = [(70, 60), (210, 60), (160, 140), (120, 240)]


def open_draw(opened, address):
    """Open the page until it can be drawn on."""
    opened.goto(address)
    opened.wait_for_selector("canvas.upper-canvas")


def answered(opened, digit):
    """Wait for an answer; gives its heading."""
    heading = opened.get_by_role("heading", name=f"Answer: {digit}")
    heading.wait_for()
    return heading


def inked(opened):
    """How many pixels of the canvas are not black."""
    return opened.locator("canvas.dc-canvas.lower-canvas").evaluate(
        """canvas => { const seen = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return seen.filter((value, at) => at % 4 === 0 && value > 0).length; }"""
    )


def choose(opened, way):
    """A way of giving a digit."""
    opened.get_by_role("radio", name=way, exact=True).or_(
        opened.get_by_role("button", name=way, exact=True)
    ).first.click()


def photograph(path):
    """Write a photographed seven, seven.jpg, into a folder."""
    rows, columns = np.mgrid[0:600, 0:450]
    paper = Image.fromarray((120 + 110 * (rows + columns) / 1050).astype(np.uint8))
    ImageDraw.Draw(paper).line([(140, 150), (310, 150), (250, 300), (200, 460)], 40, 26, joint="curve")
    paper.save(path / "seven.jpg")
