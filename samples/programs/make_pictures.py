#!/usr/bin/env python3
"""Make the README's pictures anew: the first screen of the HTML report on `crash.log`, light and dark.

    python samples/programs/make_pictures.py     # into samples/pictures/

Needs gclog, playwright (`pip install '.[test]'`) and a Chromium on this machine.
"""

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from gclog.incident.pipeline import analyze
from gclog.report.json.v1 import render_json
from gclog.report.render import html
from gclog.report.say.report import document_of

SAMPLES = Path(__file__).resolve().parent.parent
PICTURES = SAMPLES / "pictures"

WIDTH = 1200
MARGIN = 16
"""Below the heap's figure, where the picture ends."""

MOST_BYTES = 200_000
"""A page that is read on a phone should not load more for one picture."""

SCHEMES = ("light", "dark")


def find_chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        sys.exit(f"no Chromium on this machine: looked for {', '.join(names)}")
    return found


def take_picture(browser: Browser, page: Path, scheme: str, picture: Path) -> None:
    """The page from its top to the end of its first figure, once that is drawn."""
    context = browser.new_context(viewport={"width": WIDTH, "height": WIDTH}, color_scheme=scheme, offline=True)
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.wait_for_function("document.querySelector('[data-figure] .main-svg') !== null")
    tab.evaluate("document.fonts.ready")
    end = tab.evaluate("document.querySelector('[data-figure]').closest('.card, figure').getBoundingClientRect().bottom")
    tab.screenshot(
        path=picture, animations="disabled", full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": round(end) + MARGIN}
    )
    context.close()


def main() -> None:
    with contextlib.chdir(SAMPLES.parent):
        report = analyze("samples/crash.log")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "report.html"
        page.write_text(html.render(document_of(report), render_json(report)), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        for scheme in SCHEMES:
            picture = PICTURES / f"report-{scheme}.png"
            take_picture(browser, page, scheme, picture)
            size = picture.stat().st_size
            if size > MOST_BYTES:
                sys.exit(f"{picture.name} has {size:,} bytes, more than {MOST_BYTES:,}")
            print(f"Wrote {picture}, {size:,} bytes", file=sys.stderr)
        browser.close()


if __name__ == "__main__":
    main()
