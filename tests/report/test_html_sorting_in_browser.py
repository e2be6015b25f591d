"""The table of constructors in a browser: sorted and filtered by a script, whole without one; what else holds an object opens on demand."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe import fetch_axe, find_violations
from browsing import NEEDS_BROWSER, Visit, open_browser
from made_heaps import make_growth
from rendered import render_as

from gclog.model.heap import ClassFigures, ClassGrowth, HeapDiff, PathStep, Referrers

pytestmark = NEEDS_BROWSER

browser = pytest.fixture(scope="module")(open_browser)


def growth(name: str, counts: tuple[int, int, int], retained: int) -> ClassGrowth:
    figures = tuple(ClassFigures(count, 10 * count, retained * place) for place, count in enumerate(counts, 1))
    return ClassGrowth(name, figures, 0, 0, counts[1] - counts[0], 100, 0.0, True)


def heap() -> HeapDiff:
    """Four constructors whose order is another one by each column, and an object that two others refer to as well."""
    diff = make_growth()
    (grower,) = diff.growers
    steps = (PathStep("last", "property", "Cache", 77), PathStep("[3]", "element", "Array", 79))
    others = Referrers(12, steps)
    classes = (
        grower.growth,
        growth("Zebra", (1, 2, 900), 5),
        growth("alpha</b>", (5, 6, 7), 90_000),
        growth("Beta", (50, 60, 70), 2000),
    )
    return dataclasses.replace(diff, classes=classes, growers=(dataclasses.replace(grower, others=others),))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sorting") / "heap.html"
    path.write_text(render_as("heap", "html", heap(), version="1.2.3"), encoding="utf-8")
    return path


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def visit(request: pytest.FixtureRequest, browser: Any, file: Path) -> Iterator[Visit]:
    with Visit(browser, file, width=request.param) as made:
        yield made
        assert made.complaints == [] and made.requests == [file.as_uri()]


def names(page: Any) -> list[str]:
    """Of the rows that are shown, from above."""
    rows = page.locator("#constructors tbody tr").all()
    places = [(row.bounding_box()["y"], row.locator("th").inner_text()) for row in rows if row.is_visible()]
    return [name for _, name in sorted(places)]


AS_REPORTED = ["Session", "Zebra", "alpha</b>", "Beta"]


def test_a_column_is_chosen_to_sort_by_and_the_reports_own_order_comes_back(visit: Visit) -> None:
    assert names(visit.page) == AS_REPORTED
    choice = visit.page.get_by_label("Sort by")
    choice.select_option("Objects")
    assert names(visit.page) == ["Session", "Zebra", "Beta", "alpha</b>"]
    choice.select_option("Retained")
    assert names(visit.page) == ["alpha</b>", "Session", "Beta", "Zebra"]
    choice.select_option("Constructor")
    assert names(visit.page) == ["alpha</b>", "Beta", "Session", "Zebra"]
    choice.select_option("as reported")
    assert names(visit.page) == AS_REPORTED


def test_the_filter_leaves_the_names_that_contain_it(visit: Visit) -> None:
    visit.page.get_by_label("Filter").fill("E")
    assert names(visit.page) == ["Session", "Zebra", "Beta"]
    assert visit.page.locator("output").inner_text() == "3 of 4"
    visit.page.get_by_label("Filter").fill("")
    assert names(visit.page) == AS_REPORTED and visit.page.locator("output").inner_text() == ""


def test_a_title_sorts_its_column_and_turns_it_round(browser: Any, file: Path) -> None:
    with Visit(browser, file) as visit:
        title = visit.page.locator("#constructors thead th", has_text="Objects")
        title.get_by_role("button").click()
        assert title.get_attribute("aria-sort") == "descending"
        title.get_by_role("button").press("Enter")
        assert title.get_attribute("aria-sort") == "ascending"
        assert names(visit.page) == ["alpha</b>", "Beta", "Zebra", "Session"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_name_leads_to_its_path_and_what_else_holds_it_opens(browser: Any, file: Path, scripts: bool) -> None:
    with Visit(browser, file, scripts=scripts, width=390) as visit:
        visit.page.locator("#constructors tbody a", has_text="Session").click()
        assert visit.page.url.endswith("#grower-1")
        other = visit.page.locator("#grower-1 details")
        assert not other.locator("li").first.is_visible()
        other.locator("summary", has_text="What else holds it: 12").click()
        assert other.locator("li").all_inner_texts() == ["Cache @77 .last", "Array @79 [3]", "and 10 more"]


def test_without_scripts_the_table_is_whole_and_has_no_controls(browser: Any, file: Path) -> None:
    with Visit(browser, file, scripts=False) as visit:
        assert names(visit.page) == AS_REPORTED
        assert visit.page.locator("button:not(.term), input, select").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_a_sorted_table(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.get_by_label("Sort by").select_option("Retained")
    visit.page.get_by_label("Filter").fill("s")
    visit.page.locator("#grower-1 summary").click()
    assert find_violations(visit.page, fetch_axe()) == []
