"""The flame graph in a real Chromium: zoom, search, both directions, by mouse, touch and keyboard; and without a script."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import pytest
from browsing import NEEDS_BROWSER, Visit, open_browser, sync_api
from hundred_ticks import make_hostile_profile, make_profile_report, make_profiled, make_wide
from made_cpu import cpu_profile, spread, write_cpu_profile
from programs import PATIENCE_S
from rendered import render_as, render_html

from gclog import units
from gclog.compare.compare import compare
from gclog.model.not_known import NotKnown
from gclog.model.profile import ProfileUnit
from gclog.model.report import ProfileReport

pytestmark = NEEDS_BROWSER

REPORTS = {
    "profile": make_profiled(),
    "profiles": make_profiled(make_profile_report(), make_wide(800)),
    "5,000 boxes": make_profiled(make_wide(5000)),
    "hostile profile": make_profiled(make_hostile_profile()),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("flames")
    paths = {name: folder / f"{name}.html" for name in REPORTS}
    for name, path in paths.items():
        path.write_text(render_html(REPORTS[name]), encoding="utf-8")
    return paths


browser = pytest.fixture(scope="module")(open_browser)

ROW = 19
"""Height of a box in the flame graph."""

PERCENT_SHARES = (
    0.0, 0.0004, 0.0005, 0.0625, 0.1234, 0.1875, 0.25, 0.3333, 0.0175, 0.0125, 0.4375, 0.5625, 0.6875, 0.9994, 0.9995, 1.0,
)  # fmt: skip
"""With such whose tenths of a percent lie exactly between two: 6.25 %, 18.75 %."""


class Graph:
    """The first flame graph of a page."""

    def __init__(self, visit: Visit) -> None:
        self.page = visit.page
        self.canvas = self.page.locator("canvas").first
        self.canvas.scroll_into_view_if_needed()

    def box(self, share: float, level: int) -> tuple[float, float]:
        """A place in the window: so far across the graph, on a level of boxes."""
        frame = self.canvas.bounding_box()
        return frame["x"] + share * frame["width"], frame["y"] + (level + 0.5) * ROW

    def click(self, share: float, level: int) -> None:
        self.page.mouse.click(*self.box(share, level))

    def point(self, share: float, level: int) -> None:
        self.page.mouse.move(*self.box(share, level))

    def pixel(self, share: float, level: int) -> tuple[int, ...]:
        """The colour in the middle of a box's upper edge, where there is no text."""
        return tuple(
            self.canvas.evaluate(
                """(canvas, [share, y]) => Array.from(canvas.getContext("2d").getImageData(
                    Math.floor(share * canvas.width), y * devicePixelRatio, 1, 1).data.slice(0, 3))""",
                [share, level * ROW + 2],
            )
        )

    def say(self, what: str) -> Any:
        return sync_api.expect(self.page.locator(f".flame-{what}").first)


ORANGE, BLUE, YELLOW = (240, 168, 48), (102, 189, 235), (230, 216, 64)


def test_the_graph_takes_the_place_of_the_static_drawing(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        graph = Graph(visit)
        assert not visit.page.locator(".flame .static").is_visible()
        graph.say("name").to_have_text("All 100 ticks")
        visit.page.wait_for_timeout(50)
        assert graph.pixel(0.9, 1) == ORANGE
        assert graph.pixel(0.85, 2) == BLUE
        assert graph.pixel(0.85, 3) == YELLOW


def test_pointing_at_a_box_says_what_it_is(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        graph = Graph(visit)
        graph.point(0.3, 2)
        graph.say("name").to_have_text("hash")
        graph.say("place").to_have_text("/srv/app/hash.js:12:14")
        graph.say("figures").to_have_text(
            "application · here: 70 ticks, 70.0 % · on top: 50 ticks · during GC: 30 ticks, 42.9 % of these · "
            "in all: self 50.0 %, total 70.0 % · 80.0 % optimised, 20.0 % interpreted, 1 deopt, last: wrong map"
        )


def test_a_click_zooms_in_and_a_click_on_the_root_zooms_out(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        graph = Graph(visit)
        graph.click(0.85, 2)
        assert graph.pixel(0.1, 3) == YELLOW
        assert visit.page.locator(".flame-reset").is_enabled()
        graph.click(0.5, 0)
        assert graph.pixel(0.85, 3) == YELLOW and graph.pixel(0.1, 3) != YELLOW
        assert visit.page.locator(".flame-reset").is_disabled()


def test_the_button_zooms_out(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        graph = Graph(visit)
        graph.click(0.85, 2)
        visit.page.click(".flame-reset")
        graph.say("name").to_have_text("All 100 ticks")


def test_the_keyboard_walks_zooms_and_comes_back(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        graph = Graph(visit)
        graph.canvas.focus()
        figure = visit.page.locator(".flame")
        for key, name in (
            ("ArrowDown", "main"),
            ("ArrowRight", "/usr/bin/node".rpartition("/")[2]),
            ("ArrowRight", "node"),
            ("ArrowLeft", "main"),
            ("ArrowDown", "hash"),
            ("ArrowRight", "handle"),
            ("Enter", "handle"),
            ("ArrowUp", "main"),
            ("ArrowDown", "handle"),
            ("ArrowDown", "ArrayMap"),
            ("ArrowDown", "ArrayMap"),
            ("Home", "handle"),
        ):
            visit.page.keyboard.press(key)
            graph.say("name").to_have_text(name)
        assert figure.get_attribute("data-zoom") == "4"
        visit.page.keyboard.press("Escape")
        graph.say("name").to_have_text("All 100 ticks")
        assert figure.get_attribute("data-zoom") == "0"
        visit.page.keyboard.press("/")
        sync_api.expect(visit.page.locator(".flame input")).to_be_focused()


def test_the_search_says_its_share_dims_the_rest_and_walks_the_hits(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        graph = Graph(visit)
        visit.page.fill(".flame input", "NODE")
        # `node` in 20 + 4 ticks, and handle, whose path has node_modules in it, in 20
        graph.say("found").to_have_text("44.0 % of ticks, 2 functions")
        visit.page.wait_for_timeout(50)
        assert graph.pixel(0.9, 1) != ORANGE and graph.pixel(0.85, 2) == BLUE
        search = visit.page.locator(".flame input")
        for key, name in (("Enter", "node"), ("Enter", "handle"), ("Enter", "node"), ("Shift+Enter", "handle")):
            search.press(key)
            graph.say("name").to_have_text(name)
        search.press("Escape")
        graph.say("found").to_have_text("")
        visit.page.fill(".flame input", "no such thing")
        graph.say("found").to_have_text("nothing found")


def test_a_function_below_itself_is_counted_once_by_the_search(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        graph = Graph(visit)
        visit.page.fill(".flame input", "application")
        graph.say("found").to_have_text("96.0 % of ticks, 2 functions")


def test_the_switch_turns_the_graph_bottom_up(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        graph = Graph(visit)
        visit.page.click("[data-view=up]")
        assert visit.page.locator("[data-view=up]").get_attribute("aria-pressed") == "true"
        graph.point(0.84, 1)
        graph.say("name").to_have_text("ArrayMap")
        graph.point(0.84, 2)
        graph.say("name").to_have_text("handle")
        graph.say("figures").to_have_text("npm package · came this way: 20 ticks, 20.0 % · in all: self 0 %, total 20.0 %")


def test_the_graph_follows_a_change_to_dark(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        graph = Graph(visit)
        visit.page.wait_for_timeout(50)
        assert graph.pixel(0.9, 0) == (0xE4, 0xE7, 0xEC)
        visit.page.emulate_media(color_scheme="dark")
        visit.page.wait_for_timeout(100)
        assert graph.pixel(0.9, 0) == (0x34, 0x3B, 0x47)


def test_the_graph_zooms_in_thousands_of_boxes(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["5,000 boxes"]) as visit:
        graph = Graph(visit)
        graph.say("cut").to_contain_text("boxes of the call tree are drawn.")
        graph.click(0.2, 3)
        name = visit.page.locator(".flame-name").inner_text()
        assert name.startswith("function_")
        graph.canvas.focus()
        visit.page.keyboard.press("ArrowDown")
        assert visit.page.locator(".flame-name").inner_text() != name
        assert visit.complaints == []


def test_a_tap_zooms_on_a_phone(browser: Any, files: dict[str, Path]) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True, offline=True)
    page = context.new_page()
    page.goto(files["profile"].as_uri())
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    frame = canvas.bounding_box()
    page.touchscreen.tap(frame["x"] + 0.85 * frame["width"], frame["y"] + 2.5 * ROW)
    sync_api.expect(page.locator(".flame-name")).to_have_text("handle")
    sync_api.expect(page.locator(".flame-reset")).to_be_enabled()
    context.close()


def test_a_graph_in_a_closed_part_of_the_page_is_drawn_when_it_is_opened(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profiles"]) as visit:
        visit.page.locator("details.process summary").first.click()
        canvas = visit.page.locator("#t2 canvas")
        sync_api.expect(canvas).to_be_visible()
        visit.page.wait_for_function("() => document.querySelector('#t2 canvas').width > 300")


def test_the_graph_follows_the_width_of_the_window(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["profile"]) as visit:
        visit.page.wait_for_function("() => document.querySelector('canvas').width > 900")
        visit.page.set_viewport_size({"width": 600, "height": 900})
        visit.page.wait_for_function("() => document.querySelector('canvas').width < 600", timeout=1000 * PATIENCE_S)


@pytest.mark.parametrize("media", ["screen without scripts", "print"])
def test_without_scripts_and_on_paper_the_static_graph_and_the_lists_are_seen(
    browser: Any, files: dict[str, Path], media: str
) -> None:
    with Visit(browser, files["profile"], scripts=media == "print") as visit:
        if media == "print":
            visit.page.emulate_media(media="print")
        assert visit.page.locator(".flame .static svg").is_visible()
        assert visit.page.locator(".flame .static svg g text").count() == 7
        for hidden in (".flame-tools", ".flame-details", ".flame-view"):
            assert not visit.page.locator(hidden).is_visible()
        assert visit.page.locator("#t1-heavy .chain").first.is_visible()
        assert visit.page.locator(":is(#t1-time, #t1-memory, #t1-gc-log) svg.picture").count() == 3


def test_the_script_writes_shares_as_the_report_does(browser: Any, tmp_path: Path) -> None:
    script = resources.files("gclog.report.render").joinpath("templates", "flame.js").read_text(encoding="utf-8")
    body = re.search(r"function percent\(share\) \{.*?\n  \}", script, re.DOTALL)
    assert body is not None
    with Visit(browser, tmp_path) as visit:
        said = visit.page.evaluate(f"shares => {{ {body[0]} return shares.map(percent); }}", list(PERCENT_SHARES))
    assert said == [units.percent(share) for share in PERCENT_SHARES]


def test_hostile_names_of_functions_are_inert_and_readable(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["hostile profile"]) as visit:
        graph = Graph(visit)
        graph.point(0.3, 1)
        graph.say("name").to_contain_text("</script><img src=x onerror=window.hacked=1>")
        assert visit.page.evaluate("window.hacked") is None
        assert visit.page.locator("main img, main a[href^='javascript'], main style").count() == 0
        assert visit.complaints == []


def test_what_changed_is_red_and_blue_in_light_and_dark_and_said_in_words(browser: Any, tmp_path: Path) -> None:
    report = compare(
        write_cpu_profile(tmp_path / "a.cpuprofile", spread({"main;f": 3, "main;g": 1}, 50)),
        write_cpu_profile(tmp_path / "b.cpuprofile", spread({"main;f": 1, "main;g": 3}, 50)),
    )
    path = tmp_path / "changed.html"
    path.write_text(render_as("compare-profiles", "html", report), encoding="utf-8")
    for scheme in ("light", "dark"):
        visit = Visit(browser, path, scheme=scheme)
        graph = Graph(visit)
        graph.canvas.click(position={"x": 4, "y": 2.5 * ROW})
        said = visit.page.locator(".flame-figures").inner_text()
        assert said.startswith("application · here: 75.0 % before, 25.0 % after · on top in all: 75.0 % before"), scheme
        visit.page.keyboard.press("Escape")
        first, last = (colour_at(visit.page, share) for share in (0.1, 0.9))
        assert first[2] > first[0] + 60 and last[0] > last[2] + 60, scheme


def colour_at(page: Any, share: float) -> list[int]:
    """Red, green and blue of a place in the third level of the first graph, off its text."""
    script = """([share, y]) => { const canvas = document.querySelector("canvas"), density = window.devicePixelRatio;
      return [...canvas.getContext("2d").getImageData(share * canvas.width, y * density, 1, 1).data].slice(0, 3); }"""
    found: list[int] = page.evaluate(script, [share, 2 * ROW + 3])
    return found


def test_the_order_of_time_is_a_view_of_its_own(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "time.html"
    profile = cpu_profile(["main;f"] * 30 + ["main;g"] * 30 + ["main;f"] * 40)
    path.write_text(render_html(make_profiled(ProfileReport("a", profile, NotKnown("none")))), encoding="utf-8")
    visit = Visit(browser, path)
    visit.page.get_by_role("button", name="Time order").click()
    graph = Graph(visit)
    said = {}
    for share in (0.1, 0.45, 0.9):
        visit.page.mouse.move(*graph.box(share, 2))
        visit.page.wait_for_timeout(50)
        said[share] = visit.page.locator(".flame-details").inner_text()
    assert "30.0 ms, 30.0 %" in said[0.1] and said[0.1].startswith("f")
    assert "30.0 ms, 30.0 %" in said[0.45] and said[0.45].startswith("g")
    assert "40.0 ms, 40.0 %" in said[0.9] and said[0.9].startswith("f")
    assert not visit.complaints


def test_bytes_have_the_digits_that_the_text_has(browser: Any, tmp_path: Path) -> None:
    script = (resources.files("gclog.report.render") / "templates" / "flame.js").read_text(encoding="utf-8")
    body = re.search(r"function fixed\(.*?function size\(bytes\) \{.*?\n  \}", script, re.DOTALL)
    assert body is not None
    sizes = [
        0,
        1,
        512,
        1023,
        1024,
        99_840,
        996_147,
        996_148,
        1 << 20,
        1_310_720,
        3_407_872,
        1_073_689_395,
        1_073_689_396,
        1 << 30,
        5 << 31,
    ]
    with Visit(browser, tmp_path) as visit:
        said = visit.page.evaluate(f"sizes => {{ {body[0]} return sizes.map(size); }}", sizes)
    assert said == [units.size(one) for one in sizes]
    assert {found[1] for found in re.finditer(r'data\.unit === "(\w+)"', script)} <= set(get_args(ProfileUnit))
