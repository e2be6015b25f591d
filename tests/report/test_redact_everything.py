"""Redaction by keep-list: a marker in every text field of every result, found by reflection, comes through in no form of any result."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from gclog.cli.output import RENDERERS, Kind, render
from gclog.model.comparison import Change, CompareReport
from gclog.model.fleet import FleetReport
from gclog.model.heap import HeapDiff, PathStep
from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, CallNode, Deoptimisation, StateSlice
from gclog.model.profile_comparison import ProfileCompareReport
from gclog.model.report import ProfileReport, Report
from gclog.model.sampled import SampledHeap, SampledProcesses
from gclog.report.redact.keep import keep
from gclog.report.redact.names import Pseudonyms
from gclog.report.redact.report import redact
from gclog.report.redact.rules import RULES, OwnText, headline, title, users_words
from gclog.report.redact.text import GONE, TextRedactor

MARK = "Zorblax"
"""In no vocabulary: not V8's, not Node's, not this program's."""

PID = 48151
SECRET = f"the {MARK} of {MARK}"
QUOTED = (
    f"as it says: /srv/{MARK}/x.log, http://{MARK}.example/y, {MARK}@{MARK}.example, process {PID}, 0x23{MARK.encode().hex()}"
)
"""What a sentence of this program may quote."""

RESULTS: tuple[type, ...] = (
    Report,
    CompareReport,
    ProfileCompareReport,
    FleetReport,
    ProfileReport,
    HeapDiff,
    SampledHeap,
    SampledProcesses,
)
TOP = tuple(cls.__name__ for cls in RESULTS)
FEW = 2
"""Children deep of a tree."""


class Planter:
    """Builds a result of any class from its type hints: one of each list, the marker in every text, numbers of 0 and 1."""

    def __init__(self, alternative: int) -> None:
        self.alternative = alternative
        self.planted: set[tuple[str, str]] = set()

    def result(self, cls: Any, deep: int = 0) -> Any:
        hints = typing.get_type_hints(cls)
        return cls(**{one.name: self.field(cls, one.name, hints[one.name], deep) for one in dataclasses.fields(cls)})

    def field(self, cls: type, name: str, hint: Any, deep: int) -> Any:
        if name == "pid":
            return PID
        if (cls, name) == (StateSlice, "ticks"):
            return (1,) * len(STATES)
        rule = RULES.get(cls, {}).get(name)
        if rule is users_words:
            return "my own words"
        text = QUOTED if isinstance(rule, OwnText) or rule in (title, headline) else SECRET
        value = self.value(cls, hint, text, deep)
        if MARK in repr(value):
            self.planted.add((cls.__name__, name))
        return value

    def value(self, owner: type, hint: Any, text: str, deep: int) -> Any:
        origin, parts = typing.get_origin(hint), typing.get_args(hint)
        if hint is CallNode and deep > FEW:
            return CallNode(0, 1, 1, ())
        if dataclasses.is_dataclass(hint):
            return self.result(hint, deep + 1)
        if origin is Literal:
            return parts[0]
        if origin in (types.UnionType, typing.Union):
            # A change with a verdict has its figures.
            if owner is Change:
                return self.value(owner, parts[0], text, deep)
            choices = [part for part in parts if part is not types.NoneType]
            return self.value(owner, choices[self.alternative % len(choices)], text, deep)
        if origin is dict:
            return {self.value(owner, parts[0], text, deep): self.value(owner, parts[1], text, deep)}
        if origin is tuple and parts[-1] is not Ellipsis:
            return tuple(self.value(owner, part, text, deep) for part in parts)
        if origin in (tuple, Sequence):
            return () if parts[0] is CallNode and deep > FEW else (self.value(owner, parts[0], text, deep),)
        return {str: text, int: 0, float: 1.0, bool: True}[hint]


def with_text(cls: type, seen: set[type]) -> set[tuple[str, str]]:
    """Every field of a class, and of the classes below it, that has a text."""
    if cls in seen:
        return set()
    seen.add(cls)
    found: set[tuple[str, str]] = set()
    for name, hint in typing.get_type_hints(cls).items():
        waiting = [hint]
        while waiting:
            part = waiting.pop()
            waiting += [] if typing.get_origin(part) is Literal else typing.get_args(part)
            if part is str:
                found.add((cls.__name__, name))
            elif dataclasses.is_dataclass(part) and isinstance(part, type):
                found |= with_text(part, seen)
    return found


TEXTS = set().union(*(with_text(cls, set()) for cls in RESULTS))
USERS = {("Report", "title"), ("Report", "note")}


def in_report(profile: ProfileReport) -> Report:
    return Report("9.9", (), (), profiles=(profile,))


KINDS: dict[type, Kind] = {
    Report: "report",
    CompareReport: "compare",
    ProfileCompareReport: "compare-profiles",
    FleetReport: "fleet",
    ProfileReport: "profile",
    HeapDiff: "heap",
    SampledHeap: "sampled",
    SampledProcesses: "sampled-processes",
}


def shown_in(form: str, result: Any) -> str:
    whole = in_report(result) if isinstance(result, ProfileReport) else result
    return str(render(KINDS[type(result)], form, whole, to_stdout=False))


FORMS: dict[type, dict[str, Callable[[Any], str]]] = {
    cls: {form: functools.partial(shown_in, form) for form in ("text", "json", "markdown", "html") if form in RENDERERS[kind]}
    for cls, kind in KINDS.items()
}


def test_the_markers_are_in_every_text_field_of_every_result() -> None:
    planters = Planter(0), Planter(1), Planter(2)
    for planter in planters:
        for cls in RESULTS:
            planter.result(cls)
    planted = set().union(*(planter.planted for planter in planters))
    assert planted >= TEXTS - USERS
    assert ("Frame", "name") in TEXTS
    assert ("EvidenceLine", "text") in TEXTS


@pytest.mark.parametrize("alternative", range(3))
@pytest.mark.parametrize("cls", RESULTS, ids=TOP)
def test_no_marker_comes_through_in_any_form_of_any_result(cls: type, alternative: int) -> None:
    result = Planter(alternative).result(cls)
    hidden = redact(result)
    assert MARK in repr(result)
    for name, shown in ({"result": repr(hidden)} | {form: shown_as(hidden) for form, shown_as in FORMS[cls].items()}).items():
        for word in (MARK, MARK.lower(), str(PID)):
            at = shown.find(word)
            assert at < 0, f"{name}: {shown[max(0, at - 80) : at + 40]}"


@pytest.mark.parametrize("cls", RESULTS, ids=TOP)
def test_every_figure_and_every_closed_choice_stays(cls: type) -> None:
    """As JSON has them, but for what is no figure: pids and lists of what is left out."""
    result = Planter(0).result(cls)
    before, after = (figures_in(json.loads(FORMS[cls]["json"](one))) for one in (result, redact(result)))
    assert before == after


def figures_in(value: Any, at: str = "") -> list[tuple[str, Any]]:
    match value:
        case dict():
            found = [
                figures_in(item, f"{at}.{name}" if " " not in name and GONE not in name else f"{at}.*")
                for name, item in value.items()
            ]
            return [figure for part in found for figure in part]
        case list():
            return [figure for item in value for figure in figures_in(item, at)]
        case bool() | int() | float():
            return [] if at.endswith(".pid") else [(at, value)]
        case _:
            return []


# ---------------------------------------------------------------- what nobody has spoken for


@dataclass(frozen=True, slots=True)
class New:
    """A result that no rule knows."""

    name: str
    count: int
    level: Literal["ok", "rising"]
    shares: dict[str, float]
    lines: tuple[str, ...]
    reason: NotKnown | None
    pid: int | None = None


def redactor() -> TextRedactor:
    return TextRedactor(Pseudonyms())


def test_a_text_that_no_rule_speaks_for_is_hidden() -> None:
    new = New(SECRET, 3, "rising", {"ok": 0.5, "bad": 0.7}, (SECRET, "b"), NotKnown("too short"), PID)
    hidden = New(GONE, 3, "rising", {GONE: 0.5, f"{GONE} 2": 0.7}, (GONE, GONE), NotKnown("too short"), 1)
    assert keep(new, redactor(), {**RULES}) == hidden


def test_a_choice_that_is_not_among_those_there_are_is_a_text() -> None:
    new = New("", 0, typing.cast("Any", "Zorblax"), {}, (), None)
    assert keep(new, redactor(), RULES).level == GONE


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(TypeError, match="a result has no set"):
        keep(New("", 0, "ok", typing.cast("Any", {"a"}), (), None), redactor(), RULES)


def test_only_the_users_words_are_shown_as_they_are() -> None:
    users = {(cls.__name__, field) for cls, rules in RULES.items() for field, rule in rules.items() if rule is users_words}
    assert users == USERS


def test_every_rule_is_of_a_field_that_there_is() -> None:
    for cls, rules in RULES.items():
        assert set(rules) <= set(typing.get_type_hints(cls)), cls.__name__


# ---------------------------------------------------------------- heap snapshots


@pytest.mark.parametrize(
    ("kind", "edge", "name", "shown"),
    [
        ("property", "sessions", "Array", ("name-1", "Array")),
        ("context", "cache", "SessionStore", ("name-1", "class-1")),
        ("internal", "elements", "(object elements)", ("elements", "(object elements)")),
        ("element", "[12]", '"password=1234"', ("[12]", f'"{GONE}"')),
        ("internal", "table", "handleLogin()", ("table", "function-1()")),
        ("root", "(Global handles)", "(Global handles)", ("(Global handles)", "(Global handles)")),
        ("internal", "native", "Node / TLSWrap", ("native", "Node / TLSWrap")),
    ],
)
def test_of_a_path_v8s_and_nodes_words_stay(kind: str, edge: str, name: str, shown: tuple[str, str]) -> None:
    step = keep(PathStep(edge, kind, name, 7), redactor(), RULES)
    assert (step.edge, step.name, step.kind, step.id) == (*shown, kind, 7)


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("wrong map", "wrong map"),
        ("Insufficient type feedback for call", "Insufficient type feedback for call"),
        ("prepare for on stack replacement (OSR)", "prepare for on stack replacement (OSR)"),
        ("the password of Alice", GONE),
        ("", ""),
    ],
)
def test_code_is_thrown_away_for_reasons_in_v8s_words(reason: str, shown: str) -> None:
    assert keep(Deoptimisation(1, 2, "soft", reason, ""), redactor(), RULES).reason == shown
