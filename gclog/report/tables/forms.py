"""Tables for other programs: every collection, finding, pause or function as a row, unrounded, as CSV, JSON or Parquet.

    frame = build_table("collections", report, kept)
    data = render_table(frame, TableForm.CSV)

Units are in the names of the columns. What a log does not say is an empty cell (CSV), null (JSON, Parquet). Rows that belong to a
process begin with its source, pid, isolate and run. Text of the log is text here as well: in CSV a cell that a spreadsheet would
take for a formula gets an apostrophe before it, and control characters are shown, not sent.
"""

from __future__ import annotations

import enum
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gclog.errors import UsageError, install_command
from gclog.model.records import DetailedCollection, SpaceUsage, column_specs
from gclog.model.report import Report
from gclog.processes.process import ProcessTable
from gclog.report.tables.columns import OWNER, REPORT_TABLES
from gclog.report.visible import make_visible

__all__ = ["TABLES", "Kept", "TableForm", "build_table", "form_of", "needs_collections", "render_table"]

Kept = tuple[str, ProcessTable]
"""The name of a source, and a process in it that was analysed."""


class TableForm(enum.StrEnum):
    """The file formats of a table."""

    CSV = "csv"
    JSON = "json"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


_SUFFIXES = {
    ".csv": TableForm.CSV,
    ".json": TableForm.JSON,
    ".jsonl": TableForm.JSON_LINES,
    ".ndjson": TableForm.JSON_LINES,
    ".parquet": TableForm.PARQUET,
    ".pq": TableForm.PARQUET,
}

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a cell instead of showing it (OWASP, CSV injection)."""


def form_of(output: Path | None) -> TableForm:
    """The format by the suffix of the output file; CSV on stdout. Raises UsageError."""
    if output is None:
        return TableForm.CSV
    form = _SUFFIXES.get(output.suffix.lower())
    if form is None:
        suffixes = ", ".join(suffix for suffix in _SUFFIXES if suffix != ".pq")
        raise UsageError(f"no table has the suffix {output.suffix or '(none)'}", where=str(output), remedy=f"Use {suffixes}.")
    return form


COLLECTION_COLUMNS = (*(name for name in column_specs(DetailedCollection) if name != "values"), "ring", "collector")
SPACE_COLUMNS = tuple(column_specs(SpaceUsage))


@dataclass(frozen=True, slots=True)
class _AsRead:
    """A table made from the processes as they were read: its description, its rows in a process, and its columns."""

    about: str
    rows: Callable[[ProcessTable], pd.DataFrame]
    columns: tuple[str, ...]


_AS_READ: Mapping[str, _AsRead] = {
    "collections": _AsRead(
        "every collection, with all that its line says", lambda process: process.collections, COLLECTION_COLUMNS
    ),
    "spaces": _AsRead(
        "the spaces of the heap after each collection (--trace-gc-verbose)", lambda process: process.spaces, SPACE_COLUMNS
    ),
}

TABLES: Mapping[str, str] = {
    **{name: table.about for name, table in _AS_READ.items()},
    **{name: table.about for name, table in REPORT_TABLES.items()},
}
"""All tables by name, with their descriptions."""


def needs_collections(name: str) -> bool:
    """Whether a table is made from the processes as they were read, not from the report."""
    return name in _AS_READ


def build_table(name: str, report: Report, kept: Sequence[Kept] = ()) -> pd.DataFrame:
    """A table by its name (a key of TABLES), with all its columns even if it has no rows. Raises UsageError.

    `kept`: the processes that were analysed, if `needs_collections`.
    """
    if name in _AS_READ:
        return _typed(_together(kept, _AS_READ[name]))
    if name not in REPORT_TABLES:
        raise UsageError(f"there is no table {name}", remedy=f"There are: {', '.join(TABLES)}.")
    table = REPORT_TABLES[name]
    rows = list(table.rows(report))
    return _typed(
        pd.DataFrame({title: pd.Series([column(row) for row in rows], dtype=object) for title, column in table.columns.items()})
    )


def _together(kept: Sequence[Kept], table: _AsRead) -> pd.DataFrame:
    """The rows of all processes, each with the columns of its owner: a row's own pid and isolate may be missing."""
    others = [name for name in table.columns if name not in OWNER]
    parts: list[pd.DataFrame] = []
    for source, process in kept:
        rows = table.rows(process)
        if len(rows):
            owner = {"source": source} | {name: getattr(process, name) for name in OWNER[1:]}
            named = pd.DataFrame({name: pd.Series([value] * len(rows), dtype=object) for name, value in owner.items()})
            parts.append(pd.concat([named, rows[others].reset_index(drop=True)], axis=1))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*OWNER, *others])


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as numbers, integers staying integers even if some are missing; texts as texts, None if missing."""
    return pd.DataFrame({str(name): _typed_column(str(name), frame[name]) for name in frame.columns})


_QUANTITY = re.compile(r".*_(?:ms|us|mb|kb|share|mu|per_s|per_h)")
_NUMBER = re.compile(r"(?:.*_)?(?:pid|line|column|count|ticks)")
"""The types of columns without any value, by name, so that a table has the same types whatever it was made from."""


def _typed_column(name: str, column: pd.Series[Any]) -> Any:
    if column.dtype != object:
        return column.array
    values = [None if _is_missing(value) else value for value in column]
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool} and None not in values:
        return pd.array(values, dtype="bool")
    if kinds == {int} or (not kinds and _NUMBER.fullmatch(name)):
        return pd.array(values, dtype="Int64")
    if (kinds and kinds <= {int, float}) or (not kinds and _QUANTITY.fullmatch(name)):
        return pd.array([math.nan if value is None else value for value in values], dtype="float64")
    return pd.Series(values, dtype=object)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


# ---------------------------------------------------------------- forms


def render_table(frame: pd.DataFrame, form: TableForm) -> bytes:
    """The table as the bytes of a file. Raises UsageError if Parquet's library is not installed."""
    match form:
        case TableForm.CSV:
            return frame.map(_csv_cell).to_csv(index=False, lineterminator="\n").encode("utf-8", "replace")
        case TableForm.JSON:
            return ("[\n" + ",\n".join(_json_rows(frame)) + "\n]\n").encode()
        case TableForm.JSON_LINES:
            return "".join(f"{row}\n" for row in _json_rows(frame)).encode()
        case TableForm.PARQUET:
            return _parquet(frame)


def _csv_cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = make_visible(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _json_rows(frame: pd.DataFrame) -> Iterator[str]:
    columns = [[_json_cell(value) for value in frame[name].tolist()] for name in frame.columns]
    names = [str(name) for name in frame.columns]
    return (json.dumps(dict(zip(names, row, strict=True)), allow_nan=False) for row in zip(*columns, strict=True))


def _json_cell(value: Any) -> Any:
    """A value for JSON: null if missing or infinite."""
    return None if _is_missing(value) or (isinstance(value, float) and math.isinf(value)) else value


def _parquet(frame: pd.DataFrame) -> bytes:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise UsageError(
            "Parquet needs the library pyarrow, which is not installed",
            remedy=f"Install it: {install_command('parquet')}. Or write .csv or .jsonl.",
        ) from None
    texts = frame.map(lambda value: value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value)
    out = io.BytesIO()
    parquet.write_table(arrow.Table.from_pandas(texts, preserve_index=False), out)
    return out.getvalue()
