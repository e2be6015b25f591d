"""Whether everybody can use the pages: axe-core finds nothing, the keyboard reaches everything, paper shows what was folded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe import fetch_axe, find_violations
from browsing import NEEDS_BROWSER, DrawnPages, Visit, open_browser
from hundred_ticks import make_profile_report, make_profiled
from made_heaps import make_growth
from made_reports import make_fleet, make_hostile, make_report
from rendered import render_as, render_html
from test_compare_reports import report as make_comparison
from test_fleet_reports import FLEET

pytestmark = NEEDS_BROWSER

PAGES: dict[str, Callable[[], str]] = {
    "gc": lambda: render_html(make_report(title="INC-2041", note="Found at 03:12.\nBy Ada.", command="gclog analyze x.log")),
    "many": lambda: render_html(make_fleet(5)),
    "hostile": lambda: render_html(make_hostile("</script> [red] \u202e")),
    "profile": lambda: render_html(make_profiled()),
    "both": lambda: render_html(make_report(profiles=(make_profile_report(),))),
    "compare": lambda: render_as("compare", "html", make_comparison()),
    "fleet": lambda: render_as("fleet", "html", FLEET),
    "heap": lambda: render_as("heap", "html", make_growth(), version="1.2.3"),
}
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("access")
    paths = {name: folder / f"{name}.html" for name in PAGES}
    for name, path in paths.items():
        path.write_text(PAGES[name](), encoding="utf-8")
    return paths


browser = pytest.fixture(scope="module")(open_browser)


@pytest.fixture(scope="module")
def drawn(browser: Any, files: dict[str, Path]) -> Iterator[DrawnPages]:
    pages = DrawnPages(browser, files)
    yield pages
    pages.close()


@pytest.fixture(scope="module")
def axe() -> str:
    return fetch_axe()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_axe_finds_nothing_wrong(drawn: DrawnPages, axe: str, name: str, scheme: str, width: int) -> None:
    assert find_violations(drawn.visit(name, width=width, scheme=scheme).page, axe) == []


@pytest.mark.parametrize("name", ["compare", "fleet", "heap"])
def test_on_a_phone_no_table_is_wider_than_the_page(drawn: DrawnPages, name: str) -> None:
    page = drawn.visit(name, width=WIDTHS["phone"]).page
    wide = page.evaluate("Array.from(document.querySelectorAll('.table'), t => t.scrollWidth - t.clientWidth)")
    assert wide and max(wide) <= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS["phone"]


def test_axe_finds_what_is_wrong(browser: Any, tmp_path: Path, axe: str) -> None:
    """Otherwise the tests above would say nothing."""
    path = tmp_path / "wrong.html"
    pale = "<p style='color:#999'>pale</p><button></button>"
    path.write_text(f"<!DOCTYPE html><html><title>x</title><main><h1>x</h1>{pale}</main></html>", encoding="utf-8")
    with Visit(browser, path) as visit:
        rules = {line.partition(":")[0] for line in find_violations(visit.page, axe)}
    assert {"color-contrast", "button-name", "html-has-lang"} <= rules


@pytest.mark.parametrize("name", ["gc", "profile", "compare", "fleet", "heap"])
def test_the_keyboard_reaches_every_control_and_shows_where_it_is(browser: Any, files: dict[str, Path], name: str) -> None:
    with Visit(browser, files[name]) as visit:
        visit.draw_all()
        visit.page.evaluate("scrollTo(0, 0)")
        wanted = visit.page.evaluate(
            """() => Array.from(document.querySelectorAll("main button, main summary, main a[href], main input, main canvas"))
                .filter(one => one.checkVisibility() && !one.disabled && !one.closest(".modebar")).length"""
        )
        reached, unseen = set(), []
        for step in range(600):
            visit.page.keyboard.press("Tab")
            state = visit.page.evaluate(
                """() => { const one = document.activeElement; if (!one || one === document.body) return null;
                    window.ids = window.ids || new Map();
                    if (!window.ids.has(one)) window.ids.set(one, window.ids.size);
                    const control = one.matches("main button, main summary, main a[href], main input, main canvas")
                        && !one.closest(".modebar");
                    const style = getComputedStyle(one);
                    return [window.ids.get(one), control, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                        one.outerHTML.slice(0, 80)]; }"""
            )
            if state is None:
                break
            if step == 0:
                assert "skip" in state[3]
            if state[1]:
                reached.add(state[0])
                if not state[2]:
                    unseen.append(state[3])
        assert len(reached) == wanted
        assert unseen == []


def test_the_skip_link_goes_past_the_header(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["gc"]) as visit:
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("name", PAGES)
def test_headings_go_down_one_step_at_a_time_from_one_first(drawn: DrawnPages, name: str) -> None:
    found = drawn.visit(name).page.evaluate("Array.from(document.querySelectorAll('h1,h2,h3,h4'), h => h.tagName)")
    levels = [int(tag[1]) for tag in found]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_paper_has_what_was_folded_and_no_buttons(browser: Any, files: dict[str, Path], scripts: bool) -> None:
    with Visit(browser, files["many"], scripts=scripts, width=720) as visit:
        if scripts:
            visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        visit.page.emulate_media(media="print")
        assert visit.page.locator("#p2 .headline").is_visible()
        assert visit.page.locator("#p1-figures details table").is_visible()
        assert not [one for one in visit.page.locator("button:not(.term)").all() if one.is_visible()]
        assert not visit.page.locator(".ticket").first.is_visible()
        if scripts:
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= 720
            visit.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
            assert visit.page.locator("details[open]").count() == 0


def test_without_scripts_there_is_no_button_that_does_nothing(browser: Any, files: dict[str, Path]) -> None:
    for name in ("gc", "profile", "compare", "fleet", "heap"):
        with Visit(browser, files[name], scripts=False) as visit:
            assert not [one for one in visit.page.locator("button:not(.term)").all() if one.is_visible()]
            if name in ("gc", "profile"):
                visit.page.locator(".ticket summary").first.click()
                assert visit.page.locator(".ticket textarea").first.is_visible()


def test_a_title_is_the_first_heading_before_the_verdict(drawn: DrawnPages) -> None:
    page = drawn.visit("gc").page
    assert page.locator("h1").inner_text() == "INC-2041"
    assert page.title() == "INC-2041 · EXHAUSTED: gclog report"
    assert page.locator("p.note").inner_text() == "Found at 03:12.\nBy Ada."
