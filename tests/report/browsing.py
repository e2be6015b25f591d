"""A real Chromium for the tests of HTML pages, and a visit to a page in it."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from programs import PATIENCE_S

REQUIRED = bool(os.environ.get("GCLOG_REQUIRE_BROWSER"))
"""Set where a browser is known to be: then these tests fail without one, instead of being skipped."""

if not REQUIRED:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
sync_api: Any = importlib.import_module("playwright.sync_api")
sync_api.expect.set_options(timeout=1000 * PATIENCE_S)

CHROMIUM = next(filter(None, map(shutil.which, ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"))), None)

NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not REQUIRED, reason="no Chromium on this machine"),
]


ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # Pages of the browser's own window, which nobody sees: each new window rendered them, at half the cost of a report.
    "--disable-features=PreloadTopChromeWebUI,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
]


def open_browser() -> Iterator[Any]:
    """A fixture: the browser, for as long as its tests run."""
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Visit:
    """A page opened offline, with all that it asked for and complained of."""

    def __init__(self, browser: Any, path: Path, *, width: int = 1280, scheme: str = "light", scripts: bool = True) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, java_script_enabled=scripts
        )
        self.context.set_default_timeout(1000 * PATIENCE_S)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri())

    def draw_all(self) -> None:
        """Opens and scrolls to every picture, and waits until each is drawn."""
        self.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        for holder in self.page.query_selector_all("[data-figure]"):
            holder.evaluate("holder => holder.parentNode.scrollIntoView()")
            self.page.wait_for_function("holder => holder.querySelector('.main-svg') !== null", arg=holder)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


class DrawnPages:
    """Pages with all their pictures drawn, for tests that only look: each is opened once in each width and colour scheme."""

    def __init__(self, browser: Any, files: Mapping[str, Path]) -> None:
        self._browser = browser
        self._files = files
        self._open: dict[tuple[str, int, str], Visit] = {}

    def visit(self, name: str, *, width: int = 1280, scheme: str = "light") -> Visit:
        """A visit to the page, scrolled to its top. What a test changed there, the next one would see."""
        key = (name, width, scheme)
        if key not in self._open:
            self._open[key] = Visit(self._browser, self._files[name], width=width, scheme=scheme)
            self._open[key].draw_all()
        visit = self._open[key]
        visit.page.evaluate("scrollTo(0, 0)")
        return visit

    def close(self) -> None:
        """Close them all."""
        for visit in self._open.values():
            visit.context.close()
