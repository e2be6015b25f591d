"""Every error that a user of gclog can meet.

    GclogError                 exit code
    +-- UsageError             2   the command line, or a call, is invalid
    +-- NothingToAnalyse       3   everything was read, and nothing in it is V8's
    +-- InputError             4   a file cannot be read: missing, permission, not text, corrupt archive
    +-- OutputError            4   a report, or a temporary file, cannot be written
    +-- GrammarError           4   a grammar breaks this project's rules (a broken installation)
    +-- Fault                  70  gclog itself has failed: an exception that nobody foresaw

A message has three parts: what happened, where (path, or path:line), and what to do.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path

__all__ = [
    "DISTRIBUTION",
    "Fault",
    "GclogError",
    "GrammarError",
    "InputError",
    "NothingToAnalyse",
    "OutputError",
    "UsageError",
    "faults_at",
    "install_command",
]

DISTRIBUTION = "gclog-node"
"""The package's name on PyPI, where `gclog`, the import and the command, belongs to another project."""


def install_command(extra: str, version: str | None = None) -> str:
    """The command of pip that adds an extra, for an installation from an index and one from a checkout.

    pip looks at the installed package's own list of extras first. Double quotes are the only kind cmd.exe understands.
    """
    return f'pip install "{DISTRIBUTION}[{extra}]{f"=={version}" if version else ""}"'


class GclogError(Exception):
    """What happened, where, and what to do about it. `exit_code` becomes the process's."""

    exit_code = 4

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n{self.remedy}" if self.remedy else text


class UsageError(GclogError):
    """The command line, or a call, is invalid."""

    exit_code = 2


class NothingToAnalyse(GclogError):
    """Everything was read, and nothing in it is V8's."""

    exit_code = 3


class InputError(GclogError):
    """A file cannot be read: missing, no permission, not text, a corrupt archive."""


class OutputError(GclogError):
    """A report, or a temporary file, cannot be written."""


class GrammarError(GclogError):
    """A grammar breaks this project's rules: it is recursive or ambiguous, or has a field without a leaf rule."""


class Fault(GclogError):
    """gclog itself has failed. It is made from an exception that nobody foresaw, which stays its `__cause__`."""

    exit_code = 70  # EX_SOFTWARE of sysexits.h

    def __init__(self, error: Exception, *, where: str | None = None) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1:]
        at = "".join(f", {Path(one.filename).name}:{one.lineno}" for one in frame)
        beside = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
        words = f"{type(error).__name__}: {error}".partition("\n")[0][:MOST_CHARACTERS]
        super().__init__(
            f"made gclog fail{beside} ({words}{at})" if where else f"gclog has failed{beside} ({words}{at})",
            where=where,
            remedy=FAULT,
        )


FAULT = "This is a fault of gclog, not yours. Please report it, with those lines; `gclog docs troubleshooting` says how."

MOST_CHARACTERS = 200
"""Of an exception's own words: they may hold a whole line of a log."""


@contextlib.contextmanager
def faults_at(where: str) -> Iterator[None]:
    """What is done inside concerns this place, a path or path:line: an exception that nobody foresaw becomes a Fault there."""
    try:
        yield
    except (GclogError, OSError, MemoryError):
        raise
    except Exception as error:
        raise Fault(error, where=where) from error
