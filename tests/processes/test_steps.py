"""Logs twice as long cost twice as much: counted in steps, so that no busy machine fails it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest
from made_logs import FATAL, RING, full, tables_of
from steps import count_steps

from gclog.model.crash_records import FatalError
from gclog.model.records import HeapOption
from gclog.processes.split import split_processes
from gclog.source.open import expand, open_source

FEW = 100


def restarts(count: int) -> list[str]:
    """Runs of one program, each begun with its options."""
    runs = ((f"node --max-old-space-size={64 + n % 3} app.js", full(1000), full(2000)) for n in range(count))
    return list(chain.from_iterable(runs))


def split(lines: list[str]) -> Callable[[], object]:
    tables = tables_of(*lines)
    return lambda: split_processes(tables, len(lines))


def errors_that_differ(count: int) -> Callable[[], object]:
    errors = [
        FatalError(line=n, wall_ms=None, location=f"Place{n}", message="Allocation failed", banner="v8")
        for n in range(1, count)
    ]
    tables = dataclasses.replace(tables_of(FATAL), rare=tuple(errors))
    return lambda: split_processes(tables, count)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda count: split([RING, FATAL] * count), id="banners and fatal messages alternating"),
        pytest.param(lambda count: split(restarts(count)), id="restarts that name their options"),
        pytest.param(errors_that_differ, id="fatal errors that differ"),
    ],
)
def test_twice_as_many_cost_twice_as_much(make: Callable[[int], Callable[[], object]]) -> None:
    count_steps(make(2))  # what is done once in a process
    assert count_steps(make(2 * FEW)) < 2.2 * count_steps(make(FEW))


def test_a_restart_has_the_options_that_were_named_last_before_it() -> None:
    processes = split_processes(tables_of(*restarts(20)))
    options = [[one for one in process.rare if isinstance(one, HeapOption)] for process in processes]
    assert [len(own) for own in options[:-1]] == [1] * 19
    assert [own[-1].mb for own in options] == [64.0 + n % 3 for n in range(20)]


def test_many_lines_of_a_source_are_looked_for_once(tmp_path: Path) -> None:
    log = tmp_path / "many.log"
    log.write_text("".join(f"line {number:90d}\n" for number in range(40_000)))

    def steps(count: int) -> int:
        with open_source(expand([str(log)])[0], None) as source:
            for _ in source.blocks():
                pass
            return count_steps(lambda: source.fetch(range(1, 40_000, 40_000 // count)))

    base = steps(2)
    assert steps(2000) - base < 2.2 * (steps(1000) - base)
