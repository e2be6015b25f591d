"""Redaction by keep-list: numbers, closed choices, and texts that a rule allows are kept. Every other text is hidden.

A new text field of any result is hidden until a rule says how it may be shown. A rule belongs to a field of a class and returns what is
shown instead of the text; it applies to each text of a tuple and to each key of a dict.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from gclog.model.dataclass import Dataclass
from gclog.report.redact.text import GONE, TextRedactor

__all__ = ["Rule", "Rules", "fields_with_text", "keep"]

Rule = Callable[[TextRedactor, str, Any], str | None]
"""Returns what is shown instead of a text, given the result that owns the field. None drops the text without leaving a `…`."""

Rules = Mapping[type, Mapping[str, Rule]]

R = TypeVar("R", bound=Dataclass)


def keep(result: R, texts: TextRedactor, rules: Rules) -> R:
    """The same result with every text as its rule shows it and every pid replaced. Raises TypeError for a value of an unknown kind."""
    changed: dict[str, Any] = {}
    cls: type = type(result)
    own = rules.get(cls, {})
    for name, choices in fields_with_text(cls).items():
        value = getattr(result, name)
        if name == "pid":
            shown: Any = None if value is None else texts.names.pid(value)
        else:
            shown = _Kept(result, texts, rules, own.get(name), choices).show(value)
        changed[name] = shown
    return dataclasses.replace(result, **changed) if changed else result


@dataclass(frozen=True, slots=True)
class _Kept:
    """How the values of one field are shown."""

    owner: Any
    texts: TextRedactor
    rules: Rules
    rule: Rule | None
    choices: frozenset[str]

    def show(self, value: Any) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self._text(value)
            case tuple() | list():
                return tuple(shown for item in value if (shown := self.show(item)) is not None or item is None)
            case dict():
                return self._dict(value)
            case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
                return keep(value, self.texts, self.rules)
            case _:
                raise TypeError(f"a result has no {type(value).__name__}")

    def _text(self, text: str) -> str | None:
        if text in self.choices:
            return text
        return GONE if self.rule is None else self.rule(self.texts, text, self.owner)

    def _dict(self, values: dict[Any, Any]) -> dict[Any, Any]:
        """Hidden keys are numbered, so that no value is lost."""
        shown: dict[Any, Any] = {}
        for key, value in values.items():
            name = self.show(key)
            shown[name if name not in shown else f"{name} {len(shown) + 1}"] = self.show(value)
        return shown


@functools.cache
def fields_with_text(result: type) -> dict[str, frozenset[str]]:
    """The fields of a result that can hold a text or a pid at any depth, each with its closed choices."""
    hints = typing.get_type_hints(result)
    names = [field.name for field in dataclasses.fields(result)]
    return {name: _choices(hints[name]) for name in names if name == "pid" or _has_text(hints[name])}


def _choices(hint: Any) -> frozenset[str]:
    """The strings of all Literals in a type hint, nested results excluded."""
    if typing.get_origin(hint) is Literal:
        return frozenset(choice for choice in typing.get_args(hint) if isinstance(choice, str))
    return frozenset().union(*(_choices(part) for part in typing.get_args(hint)))


def _has_text(hint: Any, above: tuple[type, ...] = ()) -> bool:
    """Whether a value of this type can hold a text, directly or in a nested result."""
    if hint in (None, types.NoneType, bool, int, float, Ellipsis) or hint in above:
        return False
    if typing.get_origin(hint) in (tuple, list, dict, Sequence, types.UnionType, typing.Union):
        return any(_has_text(part, above) for part in typing.get_args(hint))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = typing.get_type_hints(hint)
        return "pid" in hints or any(_has_text(hints[field.name], (*above, hint)) for field in dataclasses.fields(hint))
    return True
