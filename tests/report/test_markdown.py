"""The Markdown report: the answers in their order, the digits of the terminal, and nothing of the log as markup."""

from __future__ import annotations

import dataclasses
import gzip
import importlib.util
import re
from pathlib import Path

import pytest
from made_reports import (
    END_MS,
    HOSTILE,
    make_bare,
    make_empty,
    make_fleet,
    make_healthy,
    make_hostile,
    make_process,
    make_report,
    make_rising,
)
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_reading import read_github
from rendered import render_markdown, render_terminal, verdict_markdown

from gclog.model.not_known import NotKnown
from gclog.model.profile import Frame, Profile, ProfileNote
from gclog.model.report import ProfileReport, Report
from gclog.profile.build import build_profiles
from gclog.profile.options import ProfileOptions
from gclog.report.say import figures as figures_wording
from gclog.source.blocks import Block

SAMPLES = Path(__file__).parents[2] / "samples"

needs_cmark = pytest.mark.skipif(importlib.util.find_spec("cmarkgfm") is None, reason="cmarkgfm is not installed")

MARKDOWN = (
    "@octo-org/team #12 GH-12 octo/repo#3 !7 ~label $x^2$ &5 :tada: PROJ-1",
    "[a](http://evil.example) ![b](http://evil.example/x.png) <http://evil.example> http://evil.example www.evil.example a@b.example",
    "| a | b |\n| - | - |\n\\| `x|y` \\",
    "```\n## out\n````\n~~~\n- [ ] x\n1. y\n> z",
    "`a``b` ``` \\` **x** __y__ ~~z~~ [^1] &lt; &#64; <details>",
    "\n/close\n/assign @team",
    "````",
)

REPORTS = {
    "death": make_report(),
    "forecast": make_report(processes=(make_rising(),)),
    "healthy": make_report(processes=(make_healthy(),)),
    "bare": make_report(processes=(make_bare(),)),
    "fleet": make_fleet(),
    "empty": make_empty(),
    **{f"hostile-{n}": make_hostile(text) for n, text in enumerate((*HOSTILE, *MARKDOWN))},
}


@pytest.fixture(params=REPORTS.values(), ids=REPORTS.keys())
def any_report(request: pytest.FixtureRequest) -> Report:
    report: Report = request.param
    return report


@pytest.fixture(scope="module")
def profile() -> Profile:
    data = gzip.decompress((SAMPLES / "ticks" / "node20.log.gz").read_bytes())
    return build_profiles("isolate-0x55d0-812-v8.log", [Block(data, 1)], ProfileOptions())[0]


def parse(text: str) -> list[Token]:
    blocks = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return [token for block in blocks for token in (block, *(block.children or ()))]


def test_the_verdict_is_the_headline_and_what_to_do_comes_next() -> None:
    lines = render_markdown(make_report()).splitlines()
    assert lines[0] == "## EXHAUSTED: The heap reached its limit of 96.0 MB after 14 min 20 s"
    assert lines[2] == "**What to do:** find what is kept: raising the limit buys 1 h 34 min for 512.0 MB, no more"
    assert "| Foreseeable | 7 min before the end, from line 287 on |" in lines
    assert "| Time left | none: it died at +14 min 20 s, line 566 |" in lines


def test_the_sections_come_in_the_order_of_the_questions() -> None:
    text = render_markdown(make_report(processes=(make_process(), make_rising())))
    titles = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert titles == [
        "2 processes, the most severe first",
        "Findings",
        "Figures",
        "Pauses by collector",
        "What could be known when",
        "Crash",
        "What was read",
    ]


def test_evidence_stands_in_a_fence_with_its_line_numbers() -> None:
    text = render_markdown(make_report())
    assert "```\n562  [29125:0x19b50d50]   860000 ms: Mark-sweep 97.5" in text
    assert "\n566  FATAL ERROR: Ineffective mark-compacts" in text


def test_a_report_fits_a_ticket() -> None:
    assert len(render_markdown(make_fleet(300))) < 12_000


def test_of_many_processes_the_first_ones_are_shown_and_the_rest_counted() -> None:
    text = render_markdown(make_fleet(100))
    assert text.count("\n| **OK** | process ") == 19
    assert "\nand 79 more\n" in text


def test_an_empty_report_says_so() -> None:
    assert render_markdown(make_empty()).startswith("## No process: nothing in the input is a garbage collection of V8.")


def test_every_figure_is_written_with_the_terminals_digits(any_report: Report) -> None:
    if not any_report.processes:
        return
    shown = "".join(token.content for token in parse(render_markdown(any_report)) if token.type in ("text", "code_inline"))
    process = any_report.processes[0]
    for figure in (*figures_wording.pause_figures(process), *figures_wording.heap_figures(process)):
        assert figure.value in shown
        assert figure.value in render_terminal(any_report)


def test_no_html_link_or_image_comes_out_of_a_report(any_report: Report) -> None:
    tokens = parse(render_markdown(any_report))
    assert not {token.type for token in tokens} & {"html_block", "html_inline", "link_open", "image", "hr", "code_block"}


def test_hostile_text_changes_nothing_of_the_structure(any_report: Report) -> None:
    """All hostile reports have the same blocks as the one whose text is a plain word."""
    if any_report not in [make_hostile(text) for text in (*HOSTILE, *MARKDOWN)]:
        return
    inline = {"text", "code_inline"}
    plain, hostile = (
        dataclasses.replace(report, note="") for report in (make_hostile("plain"), any_report)
    )  # its lines are items
    expected = [token.type for token in parse(render_markdown(plain)) if token.type not in inline]
    assert [token.type for token in parse(render_markdown(hostile)) if token.type not in inline] == expected


def test_no_line_begins_with_what_a_log_says(any_report: Report) -> None:
    """GitLab carries out `/close` at the beginning of a line, but not within code."""
    text = re.sub(r"^(`{3,})\n.*?\n\1$", "", render_markdown(any_report), flags=re.MULTILINE | re.DOTALL)
    begins = (
        "#",
        "**",
        "|",
        "- ",
        "Last few",
        "JavaScript stack",
        "Native stack",
    )
    others = [line for line in text.splitlines() if line and not line.startswith((*begins, "Unread:", "gclog ", "and "))]
    assert others == []


def test_control_characters_are_shown_and_not_sent() -> None:
    text = render_markdown(make_hostile("\x1b[31m\u202e\x07"))
    assert "^[[31m<U+202E>^G" in text
    assert not {character for character in text if not character.isprintable()} - {"\n"}


@needs_cmark
def test_github_sees_no_link_image_or_html(any_report: Report) -> None:
    page = read_github(render_markdown(any_report))
    assert page.tags <= {"h2", "h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "pre", "code"}
    assert not any(re.search(r"[@#$~!|]|www\.|://", text) for text in page.prose)


def test_the_lines_for_the_clipboard_are_the_verdict_and_its_answers() -> None:
    process = make_rising()
    lines = verdict_markdown(process).splitlines()
    assert lines[0] == "**IMPENDING: On the current trend the heap is exhausted in about 6 min**"
    assert [line.split(":")[0] for line in lines[2:]] == [
        "- What to do",
        "- Foreseeable",
        "- Time left",
        "- Process",
        "- Seen",
    ]
    assert lines[4] == "- Time left: about 6 min 12 s (four in five: 4 min to 10 min 10 s)"
    assert make_rising().forecast.now_ms == END_MS


# ---------------------------------------------------------------- profiles


def test_a_profile_says_who_used_the_cpu(profile: Profile) -> None:
    report = make_report(profiles=(ProfileReport("v8.log", profile, NotKnown("no GC log of this isolate was given")),))
    text = render_markdown(report)
    assert "\n### Profile of `v8.log`\n\n**72.1 % of 505 ticks of work" in text
    assert "| Whose code | Ticks | Share |" in text
    assert "| Own |  | Total | Function | Where | Tiers, deopts |" in text
    assert "- no GC log of this isolate was given" in text


def test_a_profile_alone_has_the_headline() -> None:
    report = make_report(processes=(), profiles=(ProfileReport("v8.log", tiny_profile("burn"), NotKnown("none")),))
    assert render_markdown(report).startswith(
        "## 100 % of 4 ticks in JavaScript: 100 % `burn` `app.js:3` (interpreted); GC 0 %\n"
    )


@pytest.mark.parametrize("text", [*HOSTILE, *MARKDOWN])
def test_names_of_functions_are_no_markup(text: str) -> None:
    report = make_report(processes=(), profiles=(ProfileReport(text, tiny_profile(text), NotKnown(text)),))
    types = {token.type for token in parse(render_markdown(report))}
    assert not types & {"html_block", "html_inline", "link_open", "image", "em_open", "s_open", "hr", "code_block"}


def tiny_profile(name: str) -> Profile:
    """Four ticks in one function of the application's; every text of it is `name`."""
    lines = ["v8-version,11,3,244,8,-node.38,0", "code-creation,JS,10,0,0x1000,100,burn /srv/app.js:3:5,0x2000,~"]
    lines += [f"tick,0x1010,{at * 1000},0,0x0,0" for at in range(1, 5)]
    made = build_profiles("v8.log", [Block(("\n".join(lines) + "\n").encode(), 1)], ProfileOptions())[0]
    if name == "burn":
        return made
    frames = tuple(
        Frame(name, frame.kind, frame.category, script=name, line=3, column=5, tiers=frame.tiers) for frame in made.frames
    )
    return dataclasses.replace(made, frames=frames, notes=(ProfileNote("source", name),), source=name, v8_version=name)
