"""Records of a v8.log (`gclog.model.tick_records`) from what `LogReader` gives: ticks in rows, other lines as fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gclog.model.records import Record
from gclog.model.tick_records import Tick
from gclog.recognise.convert import converters, empty_values
from gclog.recognise.v8_log import TICK_FIELDS, LogLine, TickRow, TickRun

__all__ = ["log_records"]


def log_records(items: Iterable[TickRun | LogLine]) -> Iterator[Record]:
    """The records, in the order of their lines; a blank line has none."""
    for item in items:
        match item:
            case TickRun(first_line=first, rows=rows):
                for number, row in enumerate(rows, first):
                    yield _tick(number, row)
            case LogLine(rule=None):
                continue
            case LogLine(number=number, rule=rule, fields=fields):
                assert rule is not None
                yield _record(rule.record, number, fields)


def _tick(number: int, row: TickRow) -> Tick:
    fields = {name: text.decode() for name, text in zip(TICK_FIELDS, row, strict=True) if text}
    tick = _record(Tick, number, fields)
    assert isinstance(tick, Tick)
    return tick


def _record(kind: type[Record], number: int, fields: dict[str, str]) -> Record:
    convert = converters(kind)
    values = dict(empty_values(kind), line=number)
    for name, text in fields.items():
        values[name] = convert[name](text)
    return kind(**values)
