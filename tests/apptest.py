"""A page without a browser: opened with AppTest, and what stands on it."""

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from cnnviz.ui import digit
from cnnviz.ui.state import Session
from common import ROOT


def open_page(page="", chosen=None, **state):
    """The application at a page, the first one by default.

    What is given is in the session before the page is opened: values by `Key`, and values by name, with spaces for
    double underscores.
    """
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, value in (chosen or {}).items():
        at.session_state[key.name] = value
    for key, value in state.items():
        at.session_state[key.replace("__", " ")] = value
    if page:  # by its address, as from a bookmark: `switch_page` would need a run of the first page before
        at._page_hash = calc_hash(page.replace("_", "-"))
    return at.run()


def give(at, preparation):
    """Let a drawing be what this session gave last."""
    at.session_state[Session.digit.name] = digit.given(preparation)


def texts(at):
    """Every sentence on the page."""
    kinds = (at.header, at.subheader, at.markdown, at.caption, at.info, at.warning, at.error, at.success)
    return "\n".join(element.value for kind in kinds for element in kind)


def pictures(at):
    """Every picture, as the browser is told of it."""
    return [image for element in at.get("image") for image in element.proto.imgs]


def alts(at):
    """What every picture says to who cannot see it."""
    return [image.alt for image in pictures(at)]
