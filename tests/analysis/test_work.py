"""What a program has allocated, counted over its collections."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from gclog.analysis.measure.work import Work, work_of
from gclog.processes.rows import rows_of

NAN = math.nan


def added(*collections: tuple[float, float, float]) -> list[float]:
    work = Work()
    return [work.add(*collection) for collection in collections]


def test_it_is_what_each_collection_found_beyond_what_the_last_one_left() -> None:
    assert added((50, 3, 1), (90, 5, 2), (120, 9, 4)) == [3, 7, 14]


def test_memory_given_back_in_between_is_not_counted() -> None:
    assert added((50, 3, 1), (90, 0.5, 0.5), (120, 2.5, 1)) == [3, 3, 5]


def test_a_size_that_is_not_said_adds_nothing_and_a_collection_without_a_clock_is_left_out() -> None:
    assert added((50, 3, 1), (90, NAN, 2), (NAN, 9, 8), (120, 5, 2)) == [3, 3, 3, 6]


def test_of_a_log_that_begins_late_it_is_not_known() -> None:
    assert all(map(math.isnan, added((3_600_000, 80, 70), (3_601_000, 90, 71))))


def test_a_whole_log_has_the_same_sums() -> None:
    frame = pd.DataFrame({"at_ms": [50.0, 90.0, 120.0], "used_before_mb": [3.0, np.nan, 9.0], "used_after_mb": [1.0, 2.0, 4.0]})
    assert work_of(rows_of(frame)) == added((50, 3, 1), (90, NAN, 2), (120, 9, 4))
