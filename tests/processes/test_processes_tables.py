"""Records to frames: columns, dtypes, and which row comes from which line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_logs import FATAL, RING, full, scavenge, tables_of

from gclog.model.crash_records import FatalError
from gclog.model.records import COLLECTOR_OF_TYPE, DetailedCollection, HeapOption, MemoryTotal, SpaceUsage, column_specs
from gclog.processes.tables import TableBuilder, Tables
from gclog.recognise.reader import Reader
from gclog.source.open import Block

NVP = (
    "[28766:0x3ac53fd0]       45 ms: pause=1.2 mutator=3.4 gc=s reduce_memory=0 total_size_before=2231320 total_size_after=1048576 "
    "holes_size_before=0 holes_size_after=0 allocated=2097152 promoted=524288 semi_space_copied=262144 nodes_died_in_new=0"
)
SPACE = "[7:0x10] New space,          used:   3903 KB, available:  12216 KB, committed:  32768 KB"
EXTERNAL = "[7:0x10] External memory reported:     21 KB"

DTYPES = {float: "float64", int: "float64", bool: "bool", str: "object"}


def dtypes_wanted() -> dict[str, str]:
    wanted = {
        name: DTYPES[spec.metadata["kind"]] for name, spec in column_specs(DetailedCollection).items() if name != "values"
    }
    return wanted | {"line": "int64", "ring": "bool"} | dict.fromkeys(("type", "form", "collector"), "category")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([scavenge(18), full(99)], id="trace alone"),
        pytest.param([scavenge(18), NVP], id="trace and name=value"),
        pytest.param([scavenge(18), RING, full(99), FATAL], id="trace and ring"),
        pytest.param([RING, full(99), FATAL], id="ring alone"),
        pytest.param([NVP], id="name=value alone"),
    ],
)
def test_whatever_the_lines_the_columns_and_their_types_are_the_same(lines: list[str]) -> None:
    frame = tables_of(*lines).collections
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == dtypes_wanted()


def test_an_empty_log_has_empty_frames_with_all_columns() -> None:
    tables = tables_of("hello")
    assert set(tables.collections.columns) == set(dtypes_wanted())
    assert set(tables.spaces.columns) == set(column_specs(SpaceUsage))
    assert (len(tables.collections), len(tables.spaces), len(tables.totals), tables.rare) == (0, 0, 0, ())


def test_a_number_that_a_line_does_not_say_is_nan_and_a_text_none() -> None:
    row = tables_of(scavenge(18)).collections.iloc[0]
    assert np.isnan(row["incremental_ms"]) and np.isnan(row["promoted_mb"]) and np.isnan(row["wall_ms"])
    assert row["collector_reason"] is None or row["collector_reason"] == ""
    assert (row["line"], row["pid"], row["isolate"], row["used_after_mb"]) == (1, 7.0, "0x10", 3.8)


def test_rows_are_in_the_order_of_their_lines_whatever_their_kind() -> None:
    frame = tables_of(scavenge(18), NVP, scavenge(60), RING, full(99), FATAL).collections
    assert frame["line"].tolist() == [1, 2, 3, 5]
    assert frame["ring"].tolist() == [False, False, False, True]
    assert frame["collector"].tolist() == ["scavenge", "scavenge", "scavenge", "mark_compact"]


def test_a_name_value_line_gives_its_sizes_in_mb() -> None:
    row = tables_of(NVP).collections.iloc[0]
    assert (row["mutator_ms"], row["pause_ms"]) == (3.4, 1.2)
    assert (row["used_after_mb"], row["allocated_mb"], row["promoted_mb"], row["survived_mb"]) == (1.0, 2.0, 0.5, 0.25)


def test_spaces_and_totals_have_a_row_a_line() -> None:
    tables = tables_of(scavenge(18), SPACE, EXTERNAL)
    assert tables.spaces[["line", "space", "used_kb", "committed_kb"]].values.tolist() == [[2, "New space", 3903.0, 32768.0]]
    assert tables.totals[["line", "quantity", "amount_kb"]].values.tolist() == [[3, "external_reported", 21.0]]
    assert set(tables.totals.columns) == set(column_specs(MemoryTotal))


def test_crashes_options_and_messages_stay_records_in_the_order_of_their_lines() -> None:
    tables = tables_of("node --max-old-space-size=200 app.js", scavenge(18), RING, full(99), FATAL)
    assert [(record.line, type(record).__name__) for record in tables.rare] == [
        (1, "HeapOption"),
        (3, "CrashMarker"),
        (5, "FatalError"),
    ]
    assert isinstance(tables.rare[0], HeapOption) and tables.rare[0].mb == 200
    assert isinstance(tables.rare[2], FatalError)


def test_of_other_trace_lines_only_the_number_by_kind_is_kept() -> None:
    tables = tables_of(*["[28894:0x1ba95840]      269 ms: [IncrementalMarking] Start marking"] * 3)
    assert sum(tables.trace_lines.values()) == 3


def read_in_blocks(lines: list[str], size: int) -> Tables:
    reader, builder = Reader(), TableBuilder()
    for at in range(0, len(lines), size):
        builder.add(reader.read(Block("".join(line + "\n" for line in lines[at : at + size]).encode(), at + 1)))
    builder.add(reader.finish())
    return builder.build()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_the_tables_are_the_same_in_blocks_of_any_size(size: int) -> None:
    lines = [scavenge(18 + n) for n in range(20)] + [NVP, SPACE, EXTERNAL, RING, full(99), FATAL]
    apart, together = read_in_blocks(lines, size), tables_of(*lines)
    pd.testing.assert_frame_equal(apart.collections, together.collections)
    pd.testing.assert_frame_equal(apart.spaces, together.spaces)
    assert apart.rare == together.rare


def test_every_type_of_collection_has_its_collector() -> None:
    assert set(COLLECTOR_OF_TYPE.values()) == {"scavenge", "mark_compact", "minor_mark_sweep"}
