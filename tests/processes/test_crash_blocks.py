"""Which banners are of a crash, and which are of a text that has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_logs import FATAL, NATIVE, RING, STACK, full, tables_of

from gclog.errors import NothingToAnalyse
from gclog.incident.pipeline import analyze
from gclog.model.crash_records import CrashMarker
from gclog.processes.crash_blocks import CUT_LINES
from gclog.processes.split import split_processes

ROOT = Path(__file__).parents[2]

SENTENCES = ["A sentence of an article."] * 12
FRAME = "    1: leak [0x296618d8b9d1] [/srv/app/leak.js:~3] [pc=0x33a3a16c6189](this=0x1abbb64803f9 <JSGlobal Object>)"


def crashes(lines: list[str]) -> int:
    """Processes that have a banner of a crash or its message."""
    return len(split_processes(tables_of(*lines), len(lines)))


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([f"`{RING}`, a `--prof` log) and answers, in this order", *SENTENCES], id="in a sentence"),
        pytest.param([f"V8 prints `{RING}` by itself, to stdout", "up to Node 14.4"], id="in a sentence, at the end"),
        pytest.param([f"The tail begins with `{RING}`.", *SENTENCES], id="at the end of a sentence"),
        pytest.param(["```", RING, "```", *SENTENCES], id="on a line of its own in an article"),
        pytest.param([f"Look for `{RING}` first,", *SENTENCES, f"then for `{STACK}` in it", "or so"], id="two of them, quoted"),
        pytest.param(
            ["---", *SENTENCES, "`==== JS stack trace` comes next", *SENTENCES, "1: first item...", "2: second item..."],
            id="a list",
        ),
    ],
)
def test_a_banner_with_nothing_of_a_crash_behind_it_is_none(lines: list[str]) -> None:
    assert crashes(lines) == 0


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([RING, "", FATAL, *SENTENCES], id="a fatal message"),
        pytest.param([f"It says `{RING}` and then", FATAL, *SENTENCES], id="a fatal message behind a sentence"),
        pytest.param([RING, *["a line"] * 9, NATIVE, *SENTENCES], id="a native stack"),
        pytest.param([RING, "...", STACK, FRAME, *SENTENCES], id="a JavaScript stack"),
        pytest.param([RING, "...", STACK, *SENTENCES], id="another banner"),
        pytest.param([RING, full(1000), full(1200), *SENTENCES], id="collections"),
        pytest.param(
            [RING, "[7:0x10]  1000 ms: Mark-sweep 20", *SENTENCES[:3]], id="a record that is cut, and the log with it"
        ),
        pytest.param(["it dies:", RING], id="the end of the log"),
        pytest.param([RING, *SENTENCES[:CUT_LINES]], id="nearly the end of the log"),
        pytest.param([full(1000), full(1200), RING, *SENTENCES], id="a process before"),
        pytest.param([RING, *SENTENCES, "npm ERR! code 134", *SENTENCES], id="what npm says of it"),
        pytest.param([RING, *SENTENCES, "Fatal error: JavaScript heap out of memory", *SENTENCES], id="the host's own words"),
    ],
)
def test_a_banner_with_something_of_a_crash_behind_it_is_one(lines: list[str]) -> None:
    assert crashes(lines) == 1


def test_a_sentence_that_goes_on_behind_a_banner_quotes_it() -> None:
    lines = [RING, f"{RING}`, a `--prof` log) and", "==== JS stack trace ======", f"{RING}</p>"]
    markers = [record for record in tables_of(*lines).rare if isinstance(record, CrashMarker)]
    assert [marker.quoted for marker in markers] == [False, True, False, False]


@pytest.mark.parametrize("name", ["README.md", "samples/README.md", "grammars/crash.lark"])
def test_this_projects_own_texts_are_no_crash(name: str) -> None:
    """A grammar has real messages in its samples, and so a death; but none of a banner."""
    try:
        processes = analyze(ROOT / name).processes
    except NothingToAnalyse:
        return
    assert all(process.crash is None or process.crash.message for process in processes)


@pytest.mark.parametrize("major", ["8", "12", "16", "20", "24", "26"])
@pytest.mark.parametrize("below", [0, 1])
def test_a_real_crash_that_is_cut_behind_its_banner_is_one(major: str, below: int, tmp_path: Path) -> None:
    lines = (ROOT / f"samples/gc/crash_tail-node{major}.log").read_text().splitlines(keepends=True)
    banner = next(i for i, line in enumerate(lines) if "Last few GCs" in line)
    (tmp_path / "cut.log").write_text("".join(lines[: banner + 1 + below]))
    (process,) = analyze(tmp_path / "cut.log").processes
    assert process.crash is not None and process.crash.kind == "unknown"
