"""One Chromium and one server for the tests of this folder: each page has cookies, and so a session, of its own."""

import contextlib

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


PAGES, SERVER = pytest.StashKey(), pytest.StashKey()


def refused(*_):
    """In the place of what cannot be taken back: the next test that has the page would have the script as well."""
    raise TypeError("Expected the script as `new_page(init_script=...)`: a page is used again.")


LAPTOP = {"width": 1440, "height": 1000}


class Pages:
    """Pages of one Chromium.  A page that a test has left is emptied and given to the next one.

    To load the application takes a new page twice as long, since it reads all scripts again.
    """

    def __init__(self, chromium):
        self._chromium, self._left = chromium, {}

    @contextlib.contextmanager
    def __call__(self, viewport=LAPTOP, color_scheme="light", init_script="", **options):
        """A page without cookies or storage; other options as for Playwright's `new_context`."""
        left = self._left.setdefault((init_script, *sorted(options.items())), [])
        page = left.pop() if left else self._opened(init_script, options)
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme)
        page.set_default_timeout(browser.PATIENCE_MS)
        try:
            yield page
            self._empty(page)
        except BaseException:
            page.context.close()
            raise
        left.append(page)

    def _opened(self, init_script, options):
        page = self._chromium.new_context(**options).new_page()
        page.add_init_script(init_script)
        page.add_init_script = refused
        return page

    def _empty(self, page):
        page.mouse.move(0, 0)
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.goto("about:blank")
        page.unroute_all()
        page.context.clear_cookies()


@contextlib.contextmanager
def pages():
    """Chromium, and the pages in it."""
    with browser.launched(browser.headless_shell()) as chromium:
        yield Pages(chromium)


@pytest.fixture(scope="module")
def new_page(request):
    """Opens a page in a session of its own, in the Chromium of this folder."""
    assert browser.chromium(), "CI needs a Chromium; .ci/run installs one"
    return of_folder(request, PAGES, pages())


@pytest.fixture(scope="module")
def address(request, tmp_path_factory):
    """The address of the server of this folder, with the bundled digits."""
    runs = str(tmp_path_factory.mktemp("runs"))
    return of_folder(request, SERVER, browser.server(CNNVIZ_DATA="bundled", CNNVIZ_RUNS=runs))[0]
