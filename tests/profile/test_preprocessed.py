"""What `node --prof-process --preprocess` wrote, beside what the same Node prints of the same log."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import gclog
from gclog.errors import InputError, NothingToAnalyse
from gclog.model.profile import Profile
from gclog.profile.options import ProfileOptions
from gclog.profile.preprocessed import build_preprocessed
from gclog.recognise.documents.preprocessed import read_preprocessed

TICKS = Path(__file__).parents[2] / "samples" / "ticks"
SAMPLE = TICKS / "node12.preprocessed.json.gz"
MARKS = {"~": "interpreted", "*": "optimised"}


def printed() -> Counter[tuple[str, str]]:
    """Self ticks by name and tier as node prints them."""
    flat, _, _ = (TICKS / "node12.txt").read_text().partition(" [Summary]")
    found: Counter[tuple[str, str]] = Counter()
    for ticks, kind, name in re.findall(
        r"^ +(\d+) +[\d.]+% +(?:[\d.]+%)? +(?:(LazyCompile|Function|Script|JS|Builtin|BytecodeHandler|RegExp): )?(\S.*)",
        flat,
        re.M,
    ):
        is_function = kind in ("LazyCompile", "Function", "Script", "JS")
        tier = MARKS.get(name[0], "") if is_function else ""
        found[name.lstrip("~*").split(" ")[0] if is_function else name.rpartition("/")[2] if not kind else name, tier] += int(
            ticks
        )
    return found


def ours(profile: Profile) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for row in profile.flat:
        frame = profile.frames[row.frame]
        if frame.kind == "function":
            found.update(
                {
                    (frame.name.replace("(anonymous)", "<anonymous>").split(" ")[0], one.tier): one.self_ticks
                    for one in frame.tiers
                }
            )
        elif frame.kind != "unknown":
            found[frame.name.rpartition("/")[2], ""] += row.self_ticks
    return found


def test_ticks_are_where_node_says_that_they_are() -> None:
    (found,) = gclog.analyze(SAMPLE).profiles
    assert (found.profile.ticks, found.profile.unaccounted, found.profile.form) == (804, 2, "preprocessed")
    assert +ours(found.profile) == printed()


def test_it_is_a_source_of_its_own_kind_read_to_the_last_line() -> None:
    (source,) = gclog.analyze(SAMPLE).sources
    lines = gzip.decompress(SAMPLE.read_bytes()).count(b"\n")
    assert (source.kind, source.recognised_by) == ("preprocessed", {"v8_log_preprocessed": lines})


CODE = [
    {"name": "/usr/bin/node", "type": "SHARED_LIB"},
    {"name": "v8::Parse(int)", "type": "CPP"},
    {"name": "hash", "type": "JS", "kind": "Opt", "func": 0},
    {"name": "hash", "type": "JS", "kind": "Unopt", "func": 0},
    {"name": "StringAdd", "type": "CODE", "kind": "Builtin", "timestamp": 1},
]


def document(*ticks: dict[str, Any], **more: Any) -> str:
    whole = {"code": CODE, "functions": [{"name": "hash /app/x.js:3:7", "codes": [2, 3]}], "ticks": ticks, "scripts": [None]}
    return json.dumps(whole | more)


def build(text: str, options: ProfileOptions | None = None) -> Profile:
    return build_preprocessed("a.json", read_preprocessed([text.encode()]), options or ProfileOptions())


def test_a_stack_is_read_innermost_first_and_a_function_is_one_in_its_tiers() -> None:
    ticks = [
        {"tm": at, "vm": vm, "s": stack}
        for at, vm, stack in ((1, 0, [4, 8, 2, 0]), (2, 1, [1, 8, 3, 0]), (3, 0, [-1, 99]), (4, 0, []))
    ]
    found = build(document(*ticks))
    rows = {found.frames[row.frame].name: (row.self_ticks, row.total_ticks) for row in found.flat}
    assert rows == {"StringAdd": (1, 1), "v8::Parse(int)": (1, 1), "hash": (0, 2), "(unknown)": (2, 2)}
    assert (found.ticks, found.gc_ticks, found.unaccounted, found.duration_ms) == (4, 1, 2, 0.003)
    hashing = next(frame for frame in found.frames if frame.name == "hash")
    assert (hashing.script, hashing.line, {one.tier for one in hashing.tiers}) == ("/app/x.js", 3, {"optimised", "interpreted"})
    assert build(document(*ticks), ProfileOptions(state="gc")).top_down.total_ticks == 1
    assert build(document(*ticks), ProfileOptions(to_ms=0.002)).ticks == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (document({"tm": 1, "vm": 0, "s": [9, 0]}), "a tick is in code that is not there"),
        (document({"tm": 1, "s": [0, 0]}), "one of its ticks has no moment, state or stack"),
        (document(code=[{"name": "a", "type": "JS"}, {}]), "code has no name or no type"),
    ],
)
def test_a_document_that_is_wrong_is_refused_with_the_reason(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=f"is not a preprocessed tick log: {why}"):
        gclog.analyze(tmp_path / "a.json")


def test_one_that_is_cut_is_read_as_far_as_it_goes_and_one_without_ticks_is_nothing(tmp_path: Path) -> None:
    found = build(document({"tm": 1, "vm": 0, "s": [2, 0]}, {"tm": 2, "vm": 0, "s": [2, 0]})[:-40])
    assert found.ticks == 1 and "truncated-last-line" in [note.id for note in found.notes]
    (tmp_path / "a.json").write_text(document())
    with pytest.raises(NothingToAnalyse, match="without one tick"):
        gclog.analyze(tmp_path / "a.json")
