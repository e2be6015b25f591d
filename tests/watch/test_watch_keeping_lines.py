"""What the heap grows with, as a watch tells it: as `gclog analyze` does of the lines up to there."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path

import pytest
from made_views import VIEW

from gclog.diagnose.keeping_lines import name_lines, say_kept
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.grows_with import GrowsWith
from gclog.watch import keeping_lines
from gclog.watch.session import Session, WatchOptions

SAMPLES = Path(__file__).parents[2] / "samples"
LEAK = SAMPLES / "gc" / "queue_thumbnail-node22.log.gz"
LINE = re.compile(r"line ([\d,]+)\)")


def watch(log: Path) -> list[str]:
    """What a watch says that replays a log at once."""
    said: list[str] = []
    Session(WatchOptions(str(log), replay=0), lambda text, is_news: said.append(text)).run()
    return said


def told(log: Path) -> list[str]:
    return [text for text in watch(log) if "grows with" in text]


def found(log: Path) -> str:
    """What an analysis finds."""
    grows = analyze([log]).processes[0].grows_with
    return f"the live set grows with {name_lines(grows)}: {say_kept(grows)}" if isinstance(grows, GrowsWith) else ""


@pytest.mark.parametrize("name", ["gc/queue_thumbnail-node22.log.gz", "gc/queue_figures-node22.log.gz", "crash.log"])
def test_it_is_told_once_as_an_analysis_has_it_of_the_lines_up_to_there(tmp_path: Path, name: str) -> None:
    log = SAMPLES / name
    said = watch(log)
    (note,) = (text for text in said if "grows with" in text)
    data = gzip.decompress(log.read_bytes()) if log.suffix == ".gz" else log.read_bytes()
    changes = [int(LINE.findall(text)[-1].replace(",", "")) for text in said if LINE.search(text)]
    cuts = [data.splitlines(keepends=True)[:line] for line in [*changes, None]]
    so_far = []
    for number, lines in enumerate(cuts):
        (tmp_path / f"{number}.log").write_bytes(b"".join(lines))
        so_far.append(found(tmp_path / f"{number}.log"))
    assert note.startswith("process ")
    assert any(one and one in note for one in so_far)


@pytest.mark.parametrize("name", ["queue_timer-node22.log.gz", "healthy-node22.log", "leak-node22.log"])
def test_nothing_is_told_if_an_analysis_has_nothing(name: str) -> None:
    assert told(SAMPLES / "gc" / name) == []


def test_the_file_is_read_again_only_when_it_has_twice_as_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(keeping_lines, "_say", lambda log, view, line, settings: asked.append(line) or "")
    teller = keeping_lines.KeepingLinesTold(str(LEAK), lambda _: None, Settings())
    growing = replace(VIEW, level="rising", growth="steady")
    for line in (100, 150, 199, 200, 390, 400):
        teller.look(growing, line)
    teller.look(growing, 420, ended=True)
    teller.look(replace(growing, growth="none"), 430, ended=True)
    assert asked == [100, 200, 400, 420]


def test_a_file_that_is_too_large_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_lines, "MOST_BYTES", 1000)
    assert told(LEAK) == []
