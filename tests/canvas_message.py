"""What the canvas sends, as a browser would."""

import base64
import io
import json

import numpy as np
from PIL import Image, ImageDraw

SEVEN = [(70, 60), (210, 60), (160, 140), (120, 240)]


def sent(*lines, pen_px=24, objects=None):
    """The canvas's value after these strokes; with other objects when they are given."""
    picture = Image.new("RGBA", (280, 280), "black")
    for line in lines:
        ImageDraw.Draw(picture).line(line, "white", pen_px, joint="curve")
    content = io.BytesIO()
    picture.save(content, "PNG")
    data = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    raw = {"version": "7.4.0", "objects": [path(line) for line in lines] if objects is None else objects}
    return {"drawing": {"raw": raw | {"background": "#000000"}, "data": data}, "backgroundFit": None}


def path(line):
    """One stroke."""
    return {"type": "Path", "path": [["M" if i == 0 else "L", *map(float, point)] for i, point in enumerate(line)]}


def as_json(*lines):
    """The canvas's value as JSON."""
    return json.dumps(sent(*lines))


def huge(n_bytes):
    """A drawing's JSON of so many bytes: one stroke that goes on and on."""
    n = n_bytes // 24
    points = np.random.default_rng(0).uniform(0, 280, (n, 2)).round(4).tolist()
    return json.dumps(sent(SEVEN, objects=[{"type": "Path", "path": [["L", *point] for point in points]}]))
