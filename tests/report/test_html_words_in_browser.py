"""Words of the glossary in a page: explained where they are first used, by finger and by keyboard, without scripts, on paper."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from axe import fetch_axe, find_violations
from browsing import NEEDS_BROWSER, Visit, open_browser
from markupsafe import Markup
from rendered import render_html

import gclog
from gclog.diagnose.glossary import WORDS
from gclog.report.render.words import Glossary

pytestmark = NEEDS_BROWSER

SAMPLES = Path(__file__).parents[2] / "samples"

browser = pytest.fixture(scope="module")(open_browser)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "report.html"
    path.write_text(render_html(gclog.analyze(SAMPLES / "gc" / "leak-node20.log")), encoding="utf-8")
    return path


def test_each_word_is_explained_once_and_first_where_it_is_first_used(browser: Any, file: Path) -> None:
    with Visit(browser, file) as visit:
        words = [word.lower().removesuffix("s") for word in visit.page.locator(".term").all_text_contents()]
        assert {"live set", "mark-compact", "strike", "pause"} <= set(words)
        assert [word for word, count in Counter(words).items() if count > 1] == []
        notes = visit.page.locator(".word").all_text_contents()
        assert len(notes) == len(words)
        assert any(WORDS["live set"] in note for note in notes)
        body = visit.page.locator(".headline, main dd, main p, main td").all_text_contents()
        assert "live set" in next(text for text in body if "live set" in text)
        assert visit.page.locator(".term", has_text="live set").first.evaluate("one => one.closest('.headline') !== null")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_word_opens_its_note_by_touch_and_by_keyboard(browser: Any, file: Path, scripts: bool) -> None:
    with Visit(browser, file, scripts=scripts, width=390) as visit:
        term = visit.page.locator(".headline .term", has_text="live set")
        note = visit.page.locator(f"#{term.get_attribute('popovertarget')}")
        assert not note.is_visible()
        term.click()
        assert note.is_visible() and WORDS["live set"] in note.inner_text()
        box = note.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
        visit.page.keyboard.press("Escape")
        assert not note.is_visible()
        term.focus()
        visit.page.keyboard.press("Enter")
        assert note.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_wrong_with_an_open_note(browser: Any, file: Path, scheme: str, width: int) -> None:
    with Visit(browser, file, width=width, scheme=scheme) as visit:
        visit.page.locator(".term").first.click()
        assert find_violations(visit.page, fetch_axe()) == []


def test_paper_has_the_notes_at_its_end(browser: Any, file: Path) -> None:
    with Visit(browser, file, width=720) as visit:
        visit.page.emulate_media(media="print")
        notes = visit.page.locator(".word")
        assert notes.count() > 5 and all(note.is_visible() for note in notes.all())
        assert visit.page.locator(".headline .term").first.evaluate("one => getComputedStyle(one).textDecorationLine") == "none"


HTML = Markup(
    '<p title="a mu">the live set</p><p><code>strike</code> <a href="#x">mu</a> and live sets</p><svg><text>mu</text></svg><td>Mu &lt;mu&gt;</td>'
)


def test_what_the_log_says_and_controls_are_left_alone() -> None:
    glossary = Glossary()
    marked = glossary.mark(HTML)
    assert [word for _, word, _ in glossary.notes] == ["live set", "Mu"]
    assert '<p title="a mu">the <button type="button" class="term" popovertarget="word-1">live set</button></p>' in marked
    assert "<code>strike</code>" in marked and "and live sets</p>" in marked and "&lt;mu&gt;" in marked
    assert Glossary().mark(Markup("<p>nothing</p>")) == "<p>nothing</p>"
