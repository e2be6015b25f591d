"""The options that more than one command has, each declared once, and what the user gave with them.

    @takes(*REPORT, *READING, kind="compare")
    def compare(before: ..., after: ..., given: Given) -> None:

The command line of `compare` has these options in place of `given`. To add an option that several commands have: a field of `Given`,
its name in a group below, a field of `Settings`, and the code that acts on it.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from gclog.cli.config import FAIL_ON, LEVELS_TO_FAIL, MOST_MB, load_config
from gclog.cli.output import RENDERERS, Kind
from gclog.model.levels import WARNS

if TYPE_CHECKING:
    from gclog.incident.settings import Settings
    from gclog.model.levels import Warn

__all__ = [
    "FAIL_AT_LEVEL",
    "FAIL_AT_LEVEL_OR_SEVERITY",
    "READING",
    "REPORT",
    "WINDOW",
    "FailOn",
    "Given",
    "not_empty",
    "one_of",
    "takes",
]


# ---------------------------------------------------------------- values


def one_of(words: Sequence[str]) -> dict[str, Any]:
    """What makes an option take one of these words: its parser, and what a shell completes."""

    def parse(text: str) -> str:
        if text not in words:
            raise typer.BadParameter(f"{text!r} is none of {', '.join(words)}.")
        return text

    return {"parser": parse, "autocompletion": lambda: list(words)}


if not TYPE_CHECKING:
    Warn = str


def _megabytes(text: str) -> float:
    try:
        mb = float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number of MB.") from None
    if not 1 <= mb <= MOST_MB:
        raise typer.BadParameter(f"{text} is not in the range 1<=x<={MOST_MB} (MB).")
    return mb


def not_empty(text: str | None) -> str | None:
    """For an option whose empty value would pass for its default: the value of an unset variable in a script."""
    if text is not None and not text.strip():
        raise typer.BadParameter("it is empty; leave the option out for its default.")
    return text


def _place(path: Path | None) -> Path | None:
    """Where to write: `-` is stdout, as nothing is."""
    return None if path is None or str(path) == "-" else path


# ---------------------------------------------------------------- the options


@dataclass(frozen=True, slots=True)
class Given:
    """What the user gave, on the command line or else in the settings file. An option that a command lacks has its default here."""

    format: Annotated[str | None, typer.Option("--format", "-f", metavar="FORM")] = None
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", callback=_place, help="Write to this file (default: stdout)."),
    ] = None
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Overwrite the output file (default: refuse if it exists).")
    ] = False
    redact: Annotated[
        bool | None,
        typer.Option(
            "--redact/--no-redact",
            metavar="",
            help="Hide names of files, hosts, processes and functions, and the application's own text (default: show them).",
        ),
    ] = None
    show_strings: Annotated[
        bool,
        typer.Option("--show-strings", metavar="", help="Show the text of strings in heap snapshots (default: hidden)."),
    ] = False
    heap_limit: Annotated[
        float | None,
        typer.Option(
            "--heap-limit",
            metavar="MB",
            parser=_megabytes,
            help="--max-old-space-size of the processes, in MB (default: named in the log, or estimated).",
        ),
    ] = None
    memory_limit: Annotated[
        float | None,
        typer.Option(
            "--memory-limit",
            metavar="MB",
            parser=_megabytes,
            help="The container's limit of all memory, in MB (default: named by the kernel's lines or a diagnostic report).",
        ),
    ] = None
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="MOMENT",
            help="Only collections from this moment on (default: the first): 90s, 14m or 2h30m on V8's clock, 2026-03-14T03:12 on"
            " the log's.",
        ),
    ] = None
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="MOMENT", help="Only collections up to this moment (default: the last)."),
    ] = None
    started: Annotated[
        str | None,
        typer.Option(
            "--started",
            metavar="DATE",
            help="When the process started, to lay an access log beside its collections: 2026-03-14T03:12:00Z (default: by dates in its log).",
        ),
    ] = None
    isolate: Annotated[
        str | None,
        typer.Option("--isolate", metavar="ADDRESS", help="Only this isolate, as printed: 0x55d0c8a0 (default: all)."),
    ] = None
    history: Annotated[
        list[Path] | None,
        typer.Option(
            "--history",
            metavar="PATH",
            help="Earlier runs of the program to judge by: a file of `gclog history add`, a log, a folder of logs; may be repeated"
            " (default: none).",
        ),
    ] = None
    fail_on: Annotated[str | None, typer.Option("--fail-on", metavar="LEVEL")] = None
    warn: Annotated[
        Warn | None,
        typer.Option(
            metavar="WHEN",
            help="How early alarms are raised: early, with more of them for nothing, balanced or late (default: balanced).",
            **one_of(WARNS),
        ),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            callback=not_empty,
            help="Encoding of the logs (default: detected from their bytes).",
        ),
    ] = None
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Settings and thresholds (default: the nearest gclog.toml, or table tool.gclog in pyproject.toml).",
        ),
    ] = None
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def settings(self, logs: Sequence[str] = (), **own: Any) -> Settings:
        """What the analysis of these logs needs to know of it; `own` are settings that come from the command itself.

        Reads the earlier runs. Raises UsageError, InputError.
        """
        from gclog.cli.moments import parse_date, parse_moment
        from gclog.incident.settings import Settings

        settings = Settings(
            heap_limit_mb=self.heap_limit,
            memory_limit_mb=self.memory_limit,
            since=None if self.since is None else parse_moment(self.since),
            until=None if self.until is None else parse_moment(self.until),
            started_ms=None if self.started is None else parse_date(self.started),
            isolate=self.isolate,
            warn=self.warn or "balanced",
            encoding=self.encoding,
            thresholds=self.thresholds,
            **own,
        )
        if not self.history:
            return settings
        from gclog.incident.history import load_history

        return dataclasses.replace(settings, history=load_history(self.history, settings, logs))


REPORT = ("format", "output", "force", "redact")
"""Of every command that writes a report."""

READING = ("heap_limit", "warn", "fail_on", "encoding", "config")
"""Of every command that judges logs."""

WINDOW = ("since", "until")


@dataclass(frozen=True, slots=True)
class FailOn:
    """What a command's `--fail-on` takes, and when it makes the exit code 1."""

    words: Sequence[str]
    when: str
    metavar: str = "LEVEL"

    @property
    def help(self) -> str:
        if len(self.words) == 1:
            return f"With {self.words[0]}: exit with 1 {self.when} (default: never)."
        return f"Exit with 1 {self.when} (default: never): {', '.join(self.words)}."


FAIL_AT_LEVEL_OR_SEVERITY = FailOn(FAIL_ON, "at this level or severity, or worse")
FAIL_AT_LEVEL = FailOn(LEVELS_TO_FAIL, "if a process is at this level or worse at the end")


# ---------------------------------------------------------------- commands


def takes(*names: str, kind: Kind | None = None, fail_on: FailOn = FAIL_AT_LEVEL) -> Callable[..., Callable[..., None]]:
    """A command that takes these options in place of its parameter `given`.

    kind      what it renders: which forms `--format` takes
    fail_on   what `--fail-on` takes
    """

    def declare(name: str) -> inspect.Parameter:
        own = _DECLARED[name]
        annotation: Any = own.annotation
        if name == "format" and kind is not None:
            forms = list(RENDERERS[kind])
            said = f"Form of the report: {', '.join(forms)} (default: by the suffix of --output, else text)."
            annotation = Annotated[str | None, typer.Option("--format", "-f", metavar="FORM", help=said, **one_of(forms))]
        if name == "fail_on":
            option = typer.Option("--fail-on", metavar=fail_on.metavar, help=fail_on.help, **one_of(fail_on.words))
            annotation = Annotated[str | None, option]
        return own.replace(annotation=annotation)

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True)
        signature = inspect.Signature(list(_in_place_of_given(own, [declare(name) for name in names])))

        @functools.wraps(command)
        def run(*words: Any, **named: Any) -> None:
            bound = signature.bind(*words, **named)
            bound.apply_defaults()
            plain = dict(bound.arguments)
            given = Given(**{name: plain.pop(name) for name in names})
            command(given=_merge(given, names, fail_on.words), **plain)

        run.__dict__["__signature__"] = signature
        run.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
        return run

    return wrap


def _declare_fields() -> dict[str, inspect.Parameter]:
    """The fields of `Given` that are options."""
    hints = get_type_hints(Given, include_extras=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    return {
        one.name: inspect.Parameter(one.name, keyword, default=one.default, annotation=hints[one.name])
        for one in dataclasses.fields(Given)
        if one.name != "thresholds"
    }


_DECLARED = _declare_fields()


def _in_place_of_given(own: inspect.Signature, shared: Sequence[inspect.Parameter]) -> Iterator[inspect.Parameter]:
    """The parameters of a command with those of the shared options; what comes after them is given by name."""
    found = False
    for parameter in own.parameters.values():
        if parameter.name == "given":
            found = True
            yield from shared
        else:
            yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) if found else parameter


def _merge(given: Given, names: Sequence[str], fail_on: Sequence[str]) -> Given:
    """With what the settings file says, if the command line does not. What the command has no option for is left out, and a level
    that its `--fail-on` does not take.

    Raises UsageError, InputError.
    """
    file = load_config(given.config, Path.cwd())
    return dataclasses.replace(
        given,
        heap_limit=file.heap_limit_mb if given.heap_limit is None else given.heap_limit,
        warn=given.warn or file.warn,
        encoding=given.encoding or file.encoding,
        redact="redact" in names and bool(file.redact if given.redact is None else given.redact),
        fail_on=given.fail_on or (file.fail_on if "fail_on" in names and file.fail_on in fail_on else None),
        thresholds=file.thresholds,
    )
