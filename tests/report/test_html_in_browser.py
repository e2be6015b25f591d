"""The HTML report in a real Chromium: nothing is loaded, nothing in the log acts, everything can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import NEEDS_BROWSER, DrawnPages, Visit, open_browser, sync_api
from hundred_ticks import make_hostile_profile, make_no_ticks, make_profile_report, make_profiled, make_wide
from made_reports import make_bare, make_empty, make_fleet, make_healthy, make_hostile, make_report, make_rising
from rendered import render_html

pytestmark = NEEDS_BROWSER

REPORTS = {
    "death": make_report(),
    "forecast": make_report(processes=(make_rising(),)),
    "healthy": make_report(processes=(make_healthy(),)),
    "bare": make_report(processes=(make_bare(),)),
    "fleet": make_fleet(),
    "hostile": make_hostile(),
    "empty": make_empty(),
    "profile": make_profiled(),
    "profile beside a death": make_report(profiles=(make_profile_report(),)),
    "profiles": make_profiled(make_profile_report(), make_wide(800), make_no_ticks()),
    "hostile profile": make_profiled(make_hostile_profile()),
}
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("html")
    paths = {name: folder / f"{name}.html" for name in REPORTS}
    for name, path in paths.items():
        path.write_text(render_html(REPORTS[name]), encoding="utf-8")
    return paths


browser = pytest.fixture(scope="module")(open_browser)


@pytest.fixture(scope="module")
def drawn(browser: Any, files: dict[str, Path]) -> Iterator[DrawnPages]:
    pages = DrawnPages(browser, files)
    yield pages
    pages.close()


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_loaded_and_nothing_is_complained_of(
    drawn: DrawnPages, files: dict[str, Path], name: str, scheme: str
) -> None:
    visit = drawn.visit(name, scheme=scheme)
    assert visit.requests == [files[name].as_uri()]
    assert visit.complaints == []


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_no_page_has_to_be_scrolled_sideways(drawn: DrawnPages, name: str, width: int) -> None:
    assert drawn.visit(name, width=width).page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_section_is_seen(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"]) as visit:
        for name in ("heap", "findings", "timeline", "pauses", "gc-share", "reasons", "crash"):
            assert visit.page.locator(f"#p1-{name} h2").is_visible()
        for name in ("answer", "quality", "method"):
            assert visit.page.locator(f"#{name}").is_visible()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_the_first_screen_has_the_three_answers(browser: Any, files: dict[str, Path], width: int) -> None:
    with Visit(browser, files["death"], width=width) as visit:
        for answer in visit.page.locator("#answer .answers dd").all():
            box = answer.bounding_box()
            assert box is not None and box["y"] + box["height"] < 900


def test_the_plot_takes_the_place_of_the_static_drawing(drawn: DrawnPages) -> None:
    page = drawn.visit("death").page
    assert page.locator("#p1-heap .plot .main-svg").first.is_visible()
    assert not page.locator("#p1-heap .static").is_visible()
    assert page.locator("#p1-heap .plot .scatterlayer .trace").count() == 6


def test_without_scripts_the_verdict_and_a_static_drawing_are_seen(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"], scripts=False) as visit:
        assert "The heap reached its limit of 96.0" in visit.page.locator("h1").inner_text()
        drawing = visit.page.locator("#p1-heap svg.picture")
        assert drawing.is_visible()
        assert visit.page.locator("#p1-heap .curves li").count() == 6
        assert not visit.page.locator("#p1-heap .plot").is_visible()


def test_on_paper_the_static_drawing_is_printed_dark_on_white(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"], scheme="dark") as visit:
        visit.draw_all()
        visit.page.emulate_media(media="print")
        assert visit.page.locator("#p1-heap .static").is_visible()
        assert not visit.page.locator("#p1-heap .plot").is_visible()
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_plot_follows_a_change_to_dark(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"]) as visit:
        visit.draw_all()
        label = visit.page.locator("#p1-heap .xtick text").first
        sync_api.expect(label).to_have_css("fill", "rgb(22, 25, 31)")
        visit.page.emulate_media(color_scheme="dark")
        sync_api.expect(label).to_have_css("fill", "rgb(233, 235, 239)")


def test_a_link_in_the_table_opens_the_process(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["fleet"]) as visit:
        assert not visit.page.locator("#p2 .headline").is_visible()
        visit.page.click("#processes a[href='#p2']")
        visit.page.wait_for_selector("#p2 .headline", state="visible")


def test_hostile_text_is_inert_and_readable(drawn: DrawnPages) -> None:
    page = drawn.visit("hostile").page
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img, main a[href^='javascript'], main style").count() == 0
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    assert page.locator("h1").inner_text().startswith("</script><img src=x onerror=window.hacked=1>")
    assert "{{ 7*7 }}" not in page.title()


def test_a_script_that_is_not_the_pages_own_does_not_run(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "spoilt.html"
    spoilt = render_html(make_report()).replace(
        "</main>", "<script>window.hacked = 1</script><img src=x onerror='window.hacked=1'></main>"
    )
    path.write_text(spoilt, encoding="utf-8")
    with Visit(browser, path) as visit:
        assert visit.page.evaluate("window.hacked") is None
        assert any("Content Security Policy" in complaint for complaint in visit.complaints)
