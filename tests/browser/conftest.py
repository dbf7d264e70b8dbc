"""One Chromium and one server for the tests of this folder: each page has cookies, and so a session, of its own."""

import contextlib
import functools

import pytest

import browser


def of_folder(request, key, opened):
    """What a context manager gives: entered by the first test of the folder that needs it, left after the last."""
    folder = request.node.getparent(pytest.Dir)
    if key not in folder.stash:
        stack = contextlib.ExitStack()
        folder.addfinalizer(stack.close)
        folder.stash[key] = stack.enter_context(opened)
        stack.callback(folder.stash.__delitem__, key)
    return folder.stash[key]


CHROMIUM, SERVER = pytest.StashKey(), pytest.StashKey()


@pytest.fixture(scope="module")
def new_page(request):
    """Opens a page in a session of its own: `browser.page` in the Chromium of this folder."""
    assert browser.chromium(), "CI needs a Chromium; .ci/run installs one"
    return functools.partial(browser.page, of_folder(request, CHROMIUM, browser.launched()))


@pytest.fixture(scope="module")
def address(request, tmp_path_factory):
    """The address of the server of this folder, with the bundled digits."""
    runs = str(tmp_path_factory.mktemp("runs"))
    return of_folder(request, SERVER, browser.server(CNNVIZ_DATA="bundled", CNNVIZ_RUNS=runs))[0]
