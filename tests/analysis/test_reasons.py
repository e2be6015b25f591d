"""Classes of reasons: no reason in two of them, and the collections found by them."""

from __future__ import annotations

import itertools

from made_collections import made

from gclog.analysis.measure.reasons import ASKED_FOR, EXTERNAL_PRESSURE, LAST_RESORT, TOOLING, find_lines, find_spontaneous

TABLE = made({"reason": "testing"}, {"reason": "last resort"}, {"reason": "heap profiler"}, {}, {"reason": "task"})


def test_no_reason_means_two_things() -> None:
    for one, other in itertools.combinations((ASKED_FOR, TOOLING, LAST_RESORT, EXTERNAL_PRESSURE), 2):
        assert not one & other


def test_lines_by_reason() -> None:
    assert find_lines(TABLE, ASKED_FOR) == (1,)
    assert find_lines(TABLE, LAST_RESORT | TOOLING) == (2, 3)


def test_spontaneous_are_those_that_nobody_asked_for() -> None:
    assert find_spontaneous(TABLE)["line"].tolist() == [2, 4, 5]
