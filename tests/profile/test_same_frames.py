"""Which frame is which after a deploy: lines that moved, folders with other names, functions without one."""

from __future__ import annotations

import pytest

from gclog.model.profile import Frame
from gclog.profile.same_frames import pair_frames


def function(name: str, script: str = "/srv/app.js", line: int = 1, package: str | None = None) -> Frame:
    return Frame(name, "function", "node_modules" if package else "application", "JS", script, line, 1, package)


CASES: dict[str, tuple[list[Frame], list[Frame], dict[int, int]]] = {
    "the same place": ([function("f"), function("g", line=9)], [function("g", line=9), function("f")], {0: 1, 1: 0}),
    "lines that moved": ([function("f", line=1)], [function("f", line=40)], {0: 0}),
    "functions without a name, in their order": (
        [function("(anonymous)", line=1), function("(anonymous)", line=5)],
        [function("(anonymous)", line=3), function("(anonymous)", line=8)],
        {0: 0, 1: 1},
    ),
    "one more of them: only those in their old place": (
        [function("(anonymous)", line=1), function("(anonymous)", line=5)],
        [function("(anonymous)", line=1), function("(anonymous)", line=3), function("(anonymous)", line=9)],
        {0: 0},
    ),
    "another release's folder": (
        [function("f", "/srv/101/lib/a.js"), function("f", "/srv/101/lib/b.js"), function("m", "/srv/101/m.js")],
        [function("f", "/srv/102/lib/b.js"), function("f", "/srv/102/lib/a.js"), function("m", "/srv/102/m.js")],
        {0: 1, 1: 0, 2: 2},
    ),
    "a package in another folder": (
        [function("send", "/a/node_modules/express/lib/send.js", package="express")],
        [function("send", "/b/c/node_modules/express/lib/send.js", package="express")],
        {0: 0},
    ),
    "a name that is there once": ([function("f", "/x/one/app.js")], [function("f", "/y/two/app.js")], {0: 0}),
    "files of one name are not one": (
        [function("(anonymous)", "/x/one/index.js"), function("g", "/x/two/index.js")],
        [function("(anonymous)", "/x/three/index.js"), function("g", "/z/w/index.js")],
        {1: 1},
    ),
    "a function of another package": (
        [function("f", "/n/node_modules/a/i.js", package="a")],
        [function("f", "/n/node_modules/b/i.js", package="b")],
        {},
    ),
    "a script that one tool calls Eval": (
        [Frame("f", "function", "application", "Eval", "/a.js", 1, 1), function("f", "/a.js")],
        [function("f", "/a.js"), Frame("f", "function", "application", "Script", "/a.js", 1, 1)],
        {0: 1, 1: 0},
    ),
    "a library in another folder": (
        [Frame("/opt/n20/bin/node", "shared_library", "native", library="/opt/n20/bin/node")],
        [Frame("/opt/n22/bin/node", "shared_library", "native", library="/opt/n22/bin/node")],
        {0: 0},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_frames_are_paired(case: str) -> None:
    known, found, pairs = CASES[case]
    assert pair_frames(known, found) == pairs
