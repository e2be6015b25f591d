"""The buttons that copy and save, in a real Chromium: what they give, that the page asks nobody, and what they do when refused."""

from __future__ import annotations

import base64
import csv
import io
import json
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from browsing import NEEDS_BROWSER, Visit, open_browser, sync_api
from hundred_ticks import make_hostile_profile, make_profiled
from made_heaps import make_growth
from made_reports import make_hostile, make_process, make_report
from rendered import render_as, render_html, verdict_markdown
from test_compare_reports import report as make_comparison
from test_fleet_reports import FLEET

from gclog.report.json.comparison import render_compare_json
from gclog.report.json.fleet import render_fleet_json
from gclog.report.json.heap import render_heap_json
from gclog.report.json.v1 import render_json

pytestmark = NEEDS_BROWSER

FORMULA = '=HYPERLINK("http://evil.example","x")'
REPORTS = {
    "death": make_report(),
    "profile": make_profiled(),
    "hostile": make_hostile("</script><img src=x onerror=window.hacked=1>"),
    "formula": make_hostile(FORMULA),
    "hostile profile": make_profiled(make_hostile_profile("</text><script>window.hacked=1</script>")),
}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("saving")
    paths = {name: folder / f"{name}.html" for name in REPORTS}
    for name, path in paths.items():
        path.write_text(render_html(REPORTS[name]), encoding="utf-8")
    return paths


browser = pytest.fixture(scope="module")(open_browser)


def saved(visit: Visit, button: Any) -> tuple[str, bytes]:
    """The name and the bytes of what a button saves."""
    with visit.page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def figure_button(visit: Visit, figure: str, name: str) -> Any:
    return visit.page.locator(f"figure[data-name='{figure}'] .tools").get_by_text(name, exact=True)


def told(visit: Visit) -> Any:
    return sync_api.expect(visit.page.locator("#told"))


def test_the_verdict_is_copied_as_markdown(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"]) as visit:
        visit.page.evaluate("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
        visit.page.get_by_text("Copy as Markdown").first.click()
        told(visit).to_have_text("Copied as Markdown.")
        assert visit.page.evaluate("window.copied") == verdict_markdown(make_process())
        assert visit.page.locator("#told").get_attribute("role") == "status"


def test_by_the_keyboard_it_is_copied_too(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"]) as visit:
        visit.page.evaluate("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
        visit.page.get_by_text("Copy as Markdown").first.focus()
        visit.page.keyboard.press("Enter")
        told(visit).to_have_text("Copied as Markdown.")


REFUSALS = {
    "no clipboard": "Object.defineProperty(navigator, 'clipboard', { value: undefined })",
    "not allowed": "navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))",
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
@pytest.mark.parametrize("older", [True, False], ids=["the older way works", "nothing works"])
def test_where_copying_is_refused_the_text_is_selected(browser: Any, files: dict[str, Path], refusal: str, older: bool) -> None:
    with Visit(browser, files["death"]) as visit:
        visit.page.evaluate(f"() => {{ {refusal}; document.execCommand = () => {str(older).lower()}; }}")
        visit.page.get_by_text("Copy as Markdown").first.click()
        told(visit).to_contain_text("Copied as Markdown." if older else "the text is selected, copy it with Ctrl+C")
        area = visit.page.locator("#p1-markdown")
        assert area.is_visible()
        selected = area.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
        assert selected == verdict_markdown(make_process())


def test_the_whole_report_is_saved_as_json(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"]) as visit:
        name, data = saved(visit, visit.page.get_by_text("Save all as JSON"))
        assert name == "gclog-report.json"
        assert json.loads(data) == json.loads(render_json(make_report()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_is_saved_as_png_in_the_colours_of_the_page(browser: Any, files: dict[str, Path], scheme: str) -> None:
    with Visit(browser, files["death"], scheme=scheme) as visit:
        name, data = saved(visit, figure_button(visit, "p1-heap", "PNG"))
        assert name == "gclog-p1-heap.png"
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", data[16:24])
        assert width == 2 * 960 and height > 2 * 380
        trend = {"light": "163,33,127", "dark": "255,143,214"}[scheme]
        ground, seen = visit.page.evaluate(
            """async ([text, colour]) => { const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0));
                const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
                const brush = new OffscreenCanvas(image.width, image.height).getContext("2d"); brush.drawImage(image, 0, 0);
                const data = brush.getImageData(0, 0, image.width, image.height).data, [red, green, blue] = colour.split(",").map(Number);
                let seen = false;
                for (let i = 0; i < data.length; i += 4) seen ||= data[i] === red && data[i + 1] === green && data[i + 2] === blue;
                return [brush.getImageData(2, 2, 1, 1).data.slice(0, 3).join(), seen]; }""",
            [base64.b64encode(data).decode(), trend],
        )
        assert ground == {"light": "255,255,255", "dark": "26,30,37"}[scheme]
        assert seen


def test_a_picture_is_saved_as_svg_that_stands_alone(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"]) as visit:
        name, data = saved(visit, figure_button(visit, "p1-heap", "SVG"))
    root = ElementTree.fromstring(data)
    assert name == "gclog-p1-heap.svg"
    assert root.tag == f"{SVG}svg" and root.get("width") == "960"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "rect", "line", "path", "text"}
    assert not [element for element in root.iter() if {"class", "style", "href", "id"} & set(element.attrib)]
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert texts[0] == "Heap" and "live set (after full GC)" in texts and "limit 96.0 MB" in texts
    assert any(text.startswith("Live set from 14.8") for text in texts)
    assert "rgb(163, 33, 127)" in {element.get("stroke") for element in root.iter(f"{SVG}path")}


@pytest.mark.parametrize("figure", ["t1-flame", "t1-states"])
def test_the_pictures_of_a_profile_are_saved_too(browser: Any, files: dict[str, Path], figure: str) -> None:
    with Visit(browser, files["profile"]) as visit:
        assert saved(visit, figure_button(visit, figure, "PNG"))[1][:4] == b"\x89PNG"
        root = ElementTree.fromstring(saved(visit, figure_button(visit, figure, "SVG"))[1])
        assert len(list(root.iter(f"{SVG}rect"))) > 3 or len(list(root.iter(f"{SVG}path"))) > 3


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def test_the_data_of_a_picture_is_saved_as_csv(browser: Any, files: dict[str, Path]) -> None:
    process = make_process()
    with Visit(browser, files["death"]) as visit:
        heap = rows(saved(visit, figure_button(visit, "p1-heap", "CSV"))[1])
        share = rows(saved(visit, figure_button(visit, "p1-gc-share", "CSV"))[1])
    assert heap[0] == ["series", "minutes since the process started", "MB", "line"]
    live = [row for row in heap if row[0] == "live set (after full GC)"]
    assert len(live) == 43
    assert live[-1] == ["live set (after full GC)", "14.333", "90", "559"]
    assert "90 % interval of the trend" not in {row[0] for row in heap}
    assert len(share) == 1 + 200
    assert [float(row[2]) for row in share[1:]] == pytest.approx([100 * one for one in process.series.gc_share], abs=0.001)
    assert float(share[-1][1]) == pytest.approx(14.333, abs=0.001)


def test_a_table_is_saved_as_csv_as_it_is_shown(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"]) as visit:
        button = visit.page.get_by_label("Save the table Pauses by collector as CSV")
        name, data = saved(visit, button)
    assert name == "gclog-p1-pauses-pauses-by-collector.csv"
    assert rows(data)[0] == ["Collector", "Count", "p50", "p90", "p99", "Longest", "Sum"]
    assert rows(data)[-1][:2] == ["All", "559"]
    assert len(rows(data)) == 4


def test_a_formula_in_a_log_is_a_text_in_the_csv(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["formula"]) as visit:
        data = rows(saved(visit, visit.page.get_by_label("Save the table Collections by reason as CSV").first)[1])
        assert data[1][0] == f"'{FORMULA}"
        moments = rows(saved(visit, visit.page.get_by_label("Save the table What could be known when as CSV").first)[1])
    assert moments[1][0] == "+20.0 s"


@pytest.mark.parametrize("clipboard", [True, False], ids=["allowed", "refused"])
def test_a_picture_is_copied_or_where_that_is_refused_saved(browser: Any, files: dict[str, Path], clipboard: bool) -> None:
    with Visit(browser, files["death"]) as visit:
        visit.page.evaluate(
            "ok => { navigator.clipboard.write = items => { window.copied = items[0].types[0];"
            " return ok ? items[0].getType('image/png').then(blob => { window.size = blob.size; }) : Promise.reject(new Error()); }; }",
            clipboard,
        )
        visit.draw_all()  # a chart that is drawn while the button is pressed moves it
        button = figure_button(visit, "p1-pauses", "Copy picture")
        if clipboard:
            button.click()
            told(visit).to_have_text("Copied as a picture.")
            assert visit.page.evaluate("window.copied") == "image/png"
            assert visit.page.evaluate("window.size") > 10_000
        else:
            assert saved(visit, button)[0] == "gclog-p1-pauses.png"
            told(visit).to_contain_text("does not let a page copy a picture: saved as gclog-p1-pauses.png")


@pytest.mark.parametrize("name", REPORTS)
def test_every_button_works_and_nothing_is_asked_for(browser: Any, files: dict[str, Path], name: str) -> None:
    with Visit(browser, files[name]) as visit:
        visit.draw_all()
        visit.page.evaluate(
            "window.made = 0; HTMLAnchorElement.prototype.click = function () { if (this.download) window.made += 1; }"
        )
        buttons = visit.page.locator(".tools button")
        count = visit.page.evaluate(
            """() => Array.from(document.querySelectorAll(".tools button")).filter(b => !/^Copy/.test(b.textContent))
                .map(b => b.click()).length"""
        )
        assert buttons.count() > count > 5
        visit.page.wait_for_function("count => window.made === count", arg=count)
        assert visit.page.evaluate("window.hacked") is None
        assert visit.requests == [files[name].as_uri()]
        assert visit.complaints == []


def test_a_figure_is_zoomed_and_reset(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["death"]) as visit:
        visit.draw_all()
        plot = visit.page.locator("#p1-heap .plot")
        plot.scroll_into_view_if_needed()
        whole = plot.evaluate("plot => plot.layout.xaxis.range.slice()")
        box = visit.page.locator("#p1-heap .nsewdrag").bounding_box()
        visit.page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
        visit.page.mouse.down()
        visit.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=5)
        visit.page.mouse.up()
        visit.page.wait_for_function(
            "([whole]) => { const range = document.querySelector('#p1-heap .plot').layout.xaxis.range;"
            " return range[1] - range[0] < 0.3 * (whole[1] - whole[0]); }",
            arg=[whole],
        )
        visit.page.locator("#p1-heap .modebar-btn[data-val='reset']").click()
        visit.page.wait_for_function(
            "([whole]) => Math.abs(document.querySelector('#p1-heap .plot').layout.xaxis.range[1] - whole[1]) < 1e-6",
            arg=[whole],
        )
        assert visit.complaints == []


# ---------------------------------------------------------------- the other pages

OTHERS = {
    "comparison": (render_as("compare", "html", make_comparison()), render_compare_json(make_comparison()), "changes-changes"),
    "fleet": (render_as("fleet", "html", FLEET), render_fleet_json(FLEET), "ranking-ranking"),
    "heap": (
        render_as("heap", "html", make_growth(), version="9.9"),
        render_heap_json(make_growth(), "9.9"),
        "constructors-constructors",
    ),
}
FIRST_CELLS = {
    "comparison": ["Measure", "GC share of time"],
    "fleet": ["#", "1"],
    "heap": ["Constructor", "Session"],
}


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("others")
    paths = {name: folder / f"{name}.html" for name in OTHERS}
    for name, path in paths.items():
        path.write_text(OTHERS[name][0], encoding="utf-8")
    return paths


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_pages_save_their_document_and_their_tables_and_ask_nobody(
    browser: Any, others: dict[str, Path], name: str
) -> None:
    with Visit(browser, others[name]) as visit:
        file, data = saved(visit, visit.page.get_by_text("Save all as JSON"))
        assert (file, json.loads(data)) == (f"gclog-{name}.json", json.loads(OTHERS[name][1]))
        file, data = saved(visit, visit.page.get_by_text("CSV", exact=True).first)
        assert file == f"gclog-{OTHERS[name][2]}.csv"
        assert [row[0] for row in rows(data)[:2]] == FIRST_CELLS[name]
        assert len({len(row) for row in rows(data)}) == 1
        assert visit.complaints == []
        assert {request.partition(":")[0] for request in visit.requests} <= {"file", "blob"}


def test_the_drawings_of_a_comparison_are_saved_with_what_they_are(browser: Any, others: dict[str, Path]) -> None:
    with Visit(browser, others["comparison"]) as visit:
        name, data = saved(visit, figure_button(visit, "heap-before", "SVG"))
        assert name == "gclog-heap-before.svg"
        assert next(element.text for element in ElementTree.fromstring(data).iter(f"{SVG}text")) == "Heap before"
        assert saved(visit, figure_button(visit, "heap-after", "PNG"))[1][:4] == b"\x89PNG"
