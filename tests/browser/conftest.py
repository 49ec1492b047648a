"""A real stack, a real browser, and nothing in between."""

from __future__ import annotations

import shutil
import signal
import socket
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("browser", "acceptance", "service")]

from house import House
from own_facade import OwnFacade
from pages import Watched

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
IS_BUILT = (ROOT / "ui" / "dist" / "index.html").is_file()
REMEDY = (
    "There is no chromium. On Debian and Ubuntu: apt-get install chromium"
    if IS_BUILT
    else "The dashboard was not built. To build it: make ui"
)
ARGUMENTS = ["--no-sandbox", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage"]


def pytest_collection_modifyitems(items):
    """Where there is no browser or no dashboard, one skip stands for all tests that need them."""
    mine = [item for item in items if item.get_closest_marker("browser")]
    if mine and not (CHROMIUM and IS_BUILT):
        mine[0].add_marker(pytest.mark.skip(reason=REMEDY))
        items[:] = [item for item in items if item not in mine[1:]]


def a_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """A home whose stack is up for all tests, with the address of its facade."""
    house = House(tmp_path_factory.mktemp("browser") / "home", a_free_port())
    port = a_free_port()
    up = house.learn("up", "--plain", LEARN_PORT=str(port), LEARN_MODEL="lexicon")
    house.url = f"http://127.0.0.1:{port}"
    try:
        up.hear("Serving:", within_s=120)
        yield house
        up.send(signal.SIGINT)
        assert up.wait(20) == 0
    finally:
        house.end()


# not for the session: while Playwright's loop runs in a thread, no other test there can start one
@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Opens a page in a context of its own: `open_page(url, …)`; at the end no page may have raised anything,
    or broken its policy.
    """
    with ExitStack() as contexts:
        pages = []

        def go(url, *, context=None, **options):
            if context is None:
                context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
                contexts.callback(context.close)
                context.set_default_timeout(20_000)
            page = Watched(context.new_page())
            pages.append(page)
            page.goto(url)
            return page

        yield go
        for page in pages:
            assert page.faults == []


@pytest.fixture
def own_facade(stack, tmp_path):
    """Facades of a test's own, on the shared stack's Prefect and store or on others: `with
    own_facade(**environment) as facade`.
    """

    @contextmanager
    def go(**environment):
        home = tmp_path / "facade"
        home.mkdir(exist_ok=True)
        given = {
            "PREFECT_API_URL": stack.api,
            "PREFECT_API_AUTH_STRING": stack.auth_string,
            **environment,
        }
        facade = OwnFacade(
            home, a_free_port(), given.pop("LEARN_STORE", f"sqlite:///{stack.store.path}"), **given
        )
        try:
            yield facade.start()
        finally:
            facade.stop(signal.SIGTERM)

    return go
