"""A real server of our own, and a real headless Chromium that visits it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.browsing import OpenVisit, Visit, running_server

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for the whole run; a test must not count on what its library holds."""
    with running_server(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
def first_start_url(tmp_path: Path) -> Iterator[str]:
    """A server on its first start, for tests of what a new person sees."""
    with running_server(tmp_path) as url:
        yield url


# Playwright's loop counts as running in this thread until it is stopped: a longer scope than a
# module would break the asynchronous tests of the modules after it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if executable is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("Chromium is not installed")
    expect.set_options(timeout=30_000)  # as actions wait: a loaded machine takes longer than Playwright's 5 s
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[OpenVisit]:
    """Open pages of a server in contexts of their own, closed after the test."""
    contexts = []

    def start(url: str, *, width: int = 1280, height: int = 860, scheme: str = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(30_000)
        started = Visit(context.new_page(), url)
        started.watch()
        return started

    yield start
    for context in contexts:
        context.close()
