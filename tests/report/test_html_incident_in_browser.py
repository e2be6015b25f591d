"""The page of a real incident, with what grows: everybody can use it, and it fits a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe import fetch_axe, find_violations
from browsing import NEEDS_BROWSER, Visit, open_browser
from rendered import render_html

from gclog.incident.pipeline import analyze

pytestmark = NEEDS_BROWSER

SAMPLE = Path(__file__).parents[2] / "samples" / "incident" / "incident-node14.tar.xz"

browser = pytest.fixture(scope="module")(open_browser)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("incident") / "report.html"
    path.write_text(render_html(analyze(SAMPLE)), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong_with_an_incident(browser: Any, page: Path, width: int) -> None:
    with Visit(browser, page, width=width) as visit:
        visit.draw_all()
        assert find_violations(visit.page, fetch_axe()) == []


def test_on_a_phone_an_incident_does_not_scroll_sideways(browser: Any, page: Path) -> None:
    with Visit(browser, page, width=390) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert visit.page.locator("#p1-grows .way li").count() == 19
