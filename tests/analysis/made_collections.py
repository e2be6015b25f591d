"""Tables of collections written by hand: each row says what matters to a test, the rest is what a log would leave out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from gclog.model.process import Span
from gclog.model.records import COLLECTOR_OF_TYPE, DetailedCollection, column_specs

TEXT_COLUMNS = ("isolate", "form", "type", "reason", "collector_reason", "collector")
FLAG_COLUMNS = ("shared", "reduce", "during_sweeping", "ring")
COLUMNS = [*(name for name in column_specs(DetailedCollection) if name != "values"), "collector", "ring"]


def made(*rows: dict[str, Any], **common: Any) -> pd.DataFrame:
    """A process's table: a scavenge on each line from 1 on, unless a row says otherwise."""
    filled = []
    for line, row in enumerate(rows, 1):
        blank = {name: None if name in TEXT_COLUMNS else False if name in FLAG_COLUMNS else math.nan for name in COLUMNS}
        whole = blank | {"line": line, "type": "Scavenge", "pid": 7.0, "isolate": "0x1"} | common | row
        filled.append(whole | {"collector": COLLECTOR_OF_TYPE[whole["type"]]})
    table = pd.DataFrame(filled, columns=COLUMNS)
    texts = dict.fromkeys(TEXT_COLUMNS, object)
    flags = dict.fromkeys(FLAG_COLUMNS, bool)
    numbers = {name: np.float64 for name in COLUMNS if name not in (*TEXT_COLUMNS, *FLAG_COLUMNS, "line")}
    return table.astype(texts | flags | numbers | {"line": np.int64})


def pauses(*ends_and_lengths: tuple[float, float], **common: Any) -> pd.DataFrame:
    """Collections that ended at the one moment and took the other, ms."""
    return made(*({"at_ms": at_ms, "pause_ms": pause_ms} for at_ms, pause_ms in ends_and_lengths), **common)


def fulls(*moments_and_sizes: tuple[float, float], **common: Any) -> pd.DataFrame:
    """Full collections at a moment (ms) that left so much (MB)."""
    rows = ({"at_ms": at_ms, "used_after_mb": after, "used_before_mb": after + 10} for at_ms, after in moments_and_sizes)
    return made(*rows, **({"type": "Mark-Compact", "pause_ms": 5.0, "reason": "allocation failure"} | common))


def span_of(first_ms: float, last_ms: float) -> Span:
    return Span(first_ms, last_ms, 1, 99, None)
