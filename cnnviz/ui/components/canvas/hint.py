"""What stands on the empty canvas: a faint digit that draws itself, and what to do."""

from __future__ import annotations

import base64
import functools


class Words:
    """What is written there."""

    here = "Draw a digit here"


SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 280 280">
<style>
path {{ fill: none; stroke: #fff; stroke-opacity: .3; stroke-width: 22; stroke-linecap: round; stroke-linejoin: round;
  stroke-dasharray: 1 2; animation: draw 3s ease-in-out 3 both; }}
@keyframes draw {{ 0% {{ stroke-dashoffset: 1; }} 70%, 100% {{ stroke-dashoffset: 0; }} }}
@media (prefers-reduced-motion: reduce) {{ path {{ animation: none; }} }}
text {{ fill: #fff; fill-opacity: .85; font: 15px sans-serif; text-anchor: middle; }}
</style>
<path pathLength="1" d="M 96 78 C 120 40 190 52 186 92 C 183 122 150 128 132 128 C 160 128 196 140 192 178
 C 188 222 112 226 92 188"/>
<text x="140" y="264">{here}</text></svg>"""


@functools.cache
def css() -> str:
    """A style sheet that makes the picture known to frame.css."""
    encoded = base64.b64encode(SVG.format(here=Words.here).encode()).decode()
    return f':root {{\n  --canvas-hint: url("data:image/svg+xml;base64,{encoded}");\n}}\n'
