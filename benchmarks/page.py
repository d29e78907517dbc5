"""The page on a slow line: first paint, and how much travels. ``python -m benchmarks.page``.

A fresh Chromium profile for each visit, its network slowed through the DevTools protocol. Two profiles:
"slow 4G" as Lighthouse simulates it (150 ms, 1.6 Mbit/s), and the same as DevTools applies it to each
request (562.5 ms, 1.44 Mbit/s). The weight is what travels until every view was opened, compressed and
with headers: the page loads the modules of a view when it is first shown.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.common import ROOT, Figure, server, write

ROUNDS = 7
BAR_MS = 1000
BAR_BYTES = 100_000
SLOW_4G = {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
APPLIED = {"latency": 562.5, "downloadThroughput": 1.44e6 / 8, "uploadThroughput": 675e3 / 8}

_PAINTS = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_USABLE = "#documents .document"
_VIEWS = ("ask", "sets", "search", "status", "questions")


def main() -> int:
    """Measure and write ``results/page.json``."""
    with (
        tempfile.TemporaryDirectory() as folder,
        server(Path(folder)) as (_, url),
        sync_playwright() as tools,
    ):
        browser = tools.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        quick = [_visit(browser, url, SLOW_4G) for _ in range(ROUNDS)]
        slow = [_visit(browser, url, APPLIED) for _ in range(ROUNDS)]
        wire = _weight(browser, url)
        browser.close()
    paint, usable = (statistics.median(times) for times in zip(*quick, strict=True))
    applied, _ = (statistics.median(times) for times in zip(*slow, strict=True))
    figures = [
        Figure("first paint, slow 4G", round(paint), "ms", f"< {BAR_MS}", paint < BAR_MS),
        Figure("first paint, slow 4G applied", round(applied), "ms", f"< {BAR_MS}", applied < BAR_MS),
        Figure("library shown, slow 4G", round(usable), "ms", "-", reached=True),
        Figure("sent for every view, compressed", wire, "bytes", f"< {BAR_BYTES}", wire < BAR_BYTES),
        Figure("the same files unpacked", _unpacked(), "bytes", "-", reached=True),
    ]
    return write("page", figures)


def _visit(browser: Browser, url: str, line: dict[str, float]) -> tuple[float, float]:
    """Milliseconds to the first contentful paint and to the library of a first visit."""
    context = browser.new_context()
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", {"offline": False, **line})
    page.goto(url)
    page.wait_for_selector(_USABLE)
    usable = page.evaluate("performance.now()")
    while (paint := page.evaluate(_PAINTS)) is None:
        page.wait_for_timeout(20)
    context.close()
    return paint, usable


def _unpacked() -> int:
    """Bytes of the page's files on the disk, which the bar is not about."""
    return sum(path.stat().st_size for path in (ROOT / "frontend").rglob("*") if path.is_file())


def _weight(browser: Browser, url: str) -> int:
    """Bytes of the page's own files as they travel, headers included, all views opened once."""
    context = browser.new_context()
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    ours: set[str] = set()
    total = 0

    def asked(event: dict[str, Any]) -> None:
        response = event["response"]
        if "/static/" in response["url"] or response["url"] == url:
            ours.add(event["requestId"])

    def loaded(event: dict[str, Any]) -> None:
        nonlocal total
        if event["requestId"] in ours:
            total += int(event["encodedDataLength"])

    tools.on("Network.responseReceived", asked)
    tools.on("Network.loadingFinished", loaded)
    page.goto(url)
    for view in _VIEWS:
        page.goto(f"{url}#{view}")
        page.wait_for_timeout(500)
    page.click("#generate-button")
    page.wait_for_selector("#study-title")
    context.close()
    return total


if __name__ == "__main__":
    sys.exit(main())
