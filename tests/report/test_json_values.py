"""Results as values of JSON: by their own field names, unless a format's keys differ."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest

from gclog.model.not_known import NotKnown
from gclog.model.verdict import NoLimit
from gclog.report.json.values import Shape, plain


@dataclass(frozen=True, slots=True)
class Inner:
    share: float | NotKnown
    at_us: int


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    inner: Inner
    parts: tuple[Inner, ...] = ()
    levels: dict[str, int] = dataclasses.field(default_factory=dict)
    note: str | None = None


def test_a_result_is_given_by_its_own_field_names() -> None:
    outer = Outer("a", Inner(0.5, 1500), (Inner(NotKnown("too short"), 0),), {"ok": 1})
    assert plain(outer, {}) == {
        "name": "a",
        "inner": {"share": 0.5, "at_ms": 1.5},
        "parts": [{"share": {"reason": "too short"}, "at_ms": 0.0}],
        "levels": {"ok": 1},
        "note": None,
    }


def test_what_json_does_not_have_is_null_a_reason_or_replaced() -> None:
    assert plain([float("nan"), float("inf"), -1.5, True, "\ud800x"], {}) == [None, None, -1.5, True, "\ufffdx"]
    assert plain(NoLimit("not given"), {}) == {"reason": "not given", "default": None}
    assert plain({"\udc80": (1, 2)}, {}) == {"\ufffd": [1, 2]}


def test_a_shape_says_where_keys_differ_and_no_more() -> None:
    shapes = {
        Outer: Shape(
            first=("part_count", "title"),
            renamed={"name": "title"},
            left_out=("levels",),
            merged=("inner",),
            made={"part_count": lambda outer: len(outer.parts), "note": lambda outer: outer.note or None},
            if_any=("note",),
        )
    }
    shown = plain(Outer("a", Inner(0.5, 1000)), shapes)
    assert list(shown.items()) == [("part_count", 0), ("title", "a"), ("share", 0.5), ("at_ms", 1.0), ("parts", [])]


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", Outer])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no value of JSON"):
        plain(value, {})
