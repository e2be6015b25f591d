"""Thresholds of rules: declared with their reason, overridden by name, and the ladder from a value to a severity."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from gclog.errors import UsageError
from gclog.model.dataclass import Dataclass
from gclog.model.finding import Severity

__all__ = ["declare", "grade", "override"]


_Thresholds = TypeVar("_Thresholds", bound=Dataclass)


def declare(default: float, reason: str) -> Any:
    """A field of a rule's `Thresholds`, with why it is what it is; `gclog explain` prints both."""
    return dataclasses.field(default=default, metadata={"reason": reason})


def override(defaults: _Thresholds, values: Mapping[str, float], rule: str) -> _Thresholds:
    """The thresholds of `rule` with some of them replaced. UsageError: no such threshold."""
    names = [field.name for field in dataclasses.fields(defaults)]
    for name in values:
        if name not in names:
            import difflib  # only for a mistake

            near = difflib.get_close_matches(name, names, n=1)
            known = f"did you mean {near[0]}?" if near else f"it has: {', '.join(names) or 'none'}"
            raise UsageError(f"the rule {rule} has no threshold {name}", remedy=f"Correct its name: {known}")
    return dataclasses.replace(defaults, **values)


def grade(value: float, *, info: float, warning: float, error: float) -> Severity | None:
    """How severe a value is that is bad when it is large; None below `info`."""
    if value >= error:
        return "error"
    if value >= warning:
        return "warning"
    return "info" if value >= info else None
