"""Settings from a file: thresholds of rules, and defaults of options, from `gclog.toml` or `[tool.gclog]` in `pyproject.toml`.

    heap-limit = 4096                     # MB, as --heap-limit
    fail-on = "impending"                 # as --fail-on
    warn = "early"                        # as --warn

    [thresholds.gc-share-high]            # a rule; `gclog explain gc-share-high` names its thresholds
    warning_share = 0.2

In `pyproject.toml` the tables are `[tool.gclog]` and `[tool.gclog.thresholds.gc-share-high]`. The file is looked for from the working
directory upwards, to the root of the repository (`.git`) or the home folder; outside of both, in the working directory only: a folder
further up may be anybody's. The nearest file counts, and the command line overrides it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gclog.errors import InputError, UsageError
from gclog.model.levels import LEVELS, SEVERITIES, WARNS, Warn

__all__ = ["FAIL_ON", "FILE_NAME", "LEVELS_TO_FAIL", "MOST_MB", "PYPROJECT", "Config", "find_config", "load_config"]

FILE_NAME = "gclog.toml"
PYPROJECT = "pyproject.toml"
TABLE = ("tool", "gclog")
"""The place in a pyproject.toml."""

REPOSITORY = ".git"
MOST_MB = 16 * 1024 * 1024
"""16 TB: a larger number was meant as bytes."""

LEVELS_TO_FAIL = LEVELS[LEVELS.index("rising") :]
FAIL_ON = (*LEVELS_TO_FAIL, *reversed(SEVERITIES))
"""Levels of a verdict and severities of a finding that `fail-on` takes."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says; None for what it does not set. `path`: the file, if there is one; `thresholds`: rule id -> name -> value."""

    path: Path | None = None
    heap_limit_mb: float | None = None
    fail_on: str | None = None
    warn: Warn | None = None
    encoding: str | None = None
    redact: bool | None = None
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def load_config(path: Path | None, cwd: Path) -> Config:
    """The settings of a file, or of the one that is found from `cwd` upwards; no settings if there is none.

    Raises UsageError (not TOML, an unknown key, a wrong type) and InputError (cannot be read).
    """
    if path is None:
        path = find_config(cwd, _home())
        if path is None:
            return Config()
    table = _own_table(_read(path), path)
    if table is None:
        raise UsageError("has no table [tool.gclog]", where=str(path), remedy=f"Add one, or give --config a {FILE_NAME}.")
    return _check(table, path)


def find_config(cwd: Path, home: Path | None) -> Path | None:
    """The nearest file with settings, from `cwd` upwards; `gclog.toml` before `pyproject.toml`. Raises UsageError, InputError."""
    for folder in _folders(cwd.resolve(), home):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
        project = folder / PYPROJECT
        if project.is_file() and _mentions_us(project) and _own_table(_read(project), project) is not None:
            return project
    return None


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except RuntimeError:  # no such user, no HOME
        return None


def _folders(cwd: Path, home: Path | None) -> Iterator[Path]:
    """The folders to look in: up to the root of the repository or the home folder, if `cwd` is in one of them."""
    within = [cwd, *cwd.parents]
    end = next((at for at, folder in enumerate(within) if folder == home or (folder / REPOSITORY).exists()), 0)
    yield from within[: end + 1]


def _mentions_us(project: Path) -> bool:
    """Whether a pyproject.toml may have our table: a broken one without it must not be an error."""
    try:
        return b"gclog" in project.read_bytes()
    except OSError:
        return False


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise InputError(what, where=str(path), remedy="Check the file, and who may read it.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"is not TOML: {error}", where=str(path), remedy="Correct it: https://toml.io has the rules."
        ) from error


def _own_table(data: dict[str, Any], path: Path) -> dict[str, Any] | None:
    if path.name != PYPROJECT:
        return data
    inner: Any = data
    for name in TABLE:
        inner = inner.get(name) if isinstance(inner, dict) else None
    return inner if isinstance(inner, dict) else None


# ---------------------------------------------------------------- checks


@dataclass(frozen=True, slots=True)
class _Key:
    """A key of a file by its dotted name, as error messages call it, with its value."""

    path: Path
    name: str
    value: Any

    def refuse(self, wanted: str) -> UsageError:
        return UsageError(f"{self.name} is {self._say()}", where=str(self.path), remedy=f"It must be {wanted}.")

    def _say(self) -> str:
        match self.value:
            case bool():
                return str(self.value).lower()
            case dict():
                return "a table"
            case list():
                return "a list"
            case _:
                return repr(self.value)

    def child(self, name: str) -> _Key:
        return _Key(self.path, f"{self.name}.{name}", self.value[name])


def _unknown(path: Path, name: str, what: str, known: Iterable[str], more: str = "") -> UsageError:
    """An unknown name, with the one that was probably meant."""
    import difflib

    bare, names = name.rsplit(".", 1)[-1], list(known)
    near = difflib.get_close_matches(bare, names, n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names) or 'none'}."
    return UsageError(f"{name}: {what}", where=str(path), remedy=remedy + more)


def _number(key: _Key) -> float:
    value = key.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise key.refuse("a number")
    return float(value)


def _megabytes(key: _Key) -> float:
    value = _number(key)
    if not 1 <= value <= MOST_MB:
        raise key.refuse(f"a number of MB from 1 to {MOST_MB}")
    return value


def _fail_on(key: _Key) -> str:
    if not isinstance(key.value, str) or key.value not in FAIL_ON:
        raise key.refuse(f"one of {', '.join(FAIL_ON)}")
    return key.value


def _warn(key: _Key) -> Warn:
    for word in WARNS:
        if key.value == word:
            return word
    raise key.refuse(f"one of {', '.join(WARNS)}")


def _text(key: _Key) -> str:
    if not isinstance(key.value, str):
        raise key.refuse("a text")
    return key.value


def _switch(key: _Key) -> bool:
    if not isinstance(key.value, bool):
        raise key.refuse("true or false")
    return key.value


def _thresholds(key: _Key) -> dict[str, dict[str, float]]:
    """Thresholds by rule, every name checked. The registry is loaded only if a file has thresholds."""
    from gclog.diagnose.registry import RULES

    if not isinstance(key.value, dict):
        raise key.refuse("a table for each rule: [thresholds.gc-share-high]")
    rules = {rule.id: [known.name for known in dataclasses.fields(rule.defaults)] for rule in RULES}
    found: dict[str, dict[str, float]] = {}
    for id in key.value:
        rule = key.child(id)
        if id not in rules:
            raise _unknown(key.path, rule.name, "there is no such rule", rules, " `gclog explain` lists all.")
        if not isinstance(rule.value, dict):
            raise rule.refuse(f"a table: [{rule.name}], then one line for each threshold")
        for name in rule.value:
            if name.replace("-", "_") not in rules[id]:
                raise _unknown(key.path, f"{rule.name}.{name}", f"the rule {id} has no such threshold", rules[id])
        found[id] = {name.replace("-", "_"): _number(rule.child(name)) for name in rule.value}
    return found


_SETTINGS: dict[str, tuple[str, Callable[[_Key], Any]]] = {
    "heap-limit": ("heap_limit_mb", _megabytes),
    "fail-on": ("fail_on", _fail_on),
    "warn": ("warn", _warn),
    "encoding": ("encoding", _text),
    "redact": ("redact", _switch),
    "thresholds": ("thresholds", _thresholds),
}
"""Key of a file -> field of Config, and the check of its value."""


def _check(table: dict[str, Any], path: Path) -> Config:
    values: dict[str, Any] = {}
    before = ".".join(TABLE) + "." if path.name == PYPROJECT else ""
    for name, value in table.items():
        plain = name.replace("_", "-")
        if plain not in _SETTINGS:
            raise _unknown(path, f"{before}{name}", "there is no such setting", _SETTINGS)
        attribute, check = _SETTINGS[plain]
        if attribute in values:
            raise UsageError(f"{before}{name} is given twice", where=str(path), remedy=f"Keep one: {plain}.")
        values[attribute] = check(_Key(path, f"{before}{name}", value))
    return Config(path=path, **values)
