"""V8's own average mutator utilisation, as real logs print it, against ours computed from their times and pauses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gclog.analysis.measure.mutator import first_cycle_counts, recompute_mu
from gclog.processes.split import split_processes
from gclog.processes.tables import TableBuilder
from gclog.recognise.reader import Reader
from gclog.source.open import expand, open_source

SAMPLES = Path(__file__).parents[2] / "samples" / "gc"

SHORT_MS = 50.0
"""The clock is printed in whole ms: of a shorter time between two collections, half a ms is more than 1 %."""

OFF = 0.015

LOGS = {name: counts for counts, names in {False: (10, 12, 14, 16, 18, 20), True: (22, 24, 25, 26)}.items() for name in names}
"""Node's major version -> whether its V8 counts the first collection (from 11.8 on)."""


def full_collections(path: Path) -> pd.DataFrame:
    builder = TableBuilder()
    for spec in expand([str(path)]):
        with open_source(spec, None) as source:
            reader = Reader()
            for block in source.blocks():
                builder.add(reader.read(block))
            builder.add(reader.finish())
    table = split_processes(builder.build())[0].collections
    return table[(table["collector"] == "mark_compact") & table["average_mu"].notna()].reset_index(drop=True)


@pytest.mark.parametrize("node", LOGS, ids=lambda node: f"node{node}")
def test_the_recomputed_average_is_what_v8_printed(node: int) -> None:
    fulls = full_collections(SAMPLES / f"leak-node{node}.log")
    assert len(fulls) >= 3
    assert first_cycle_counts(fulls) is LOGS[node]
    found = recompute_mu(fulls, first_counts=LOGS[node])
    # The average is a mean over the last few intervals: all of them must be long enough.
    recent = fulls["at_ms"].diff().fillna(np.inf).rolling(5, min_periods=1).min().to_numpy()
    long_enough = recent >= SHORT_MS
    off = np.abs(found.average - fulls["average_mu"].to_numpy())
    assert np.median(off) < OFF
    assert (off[long_enough] < OFF).all()
