"""Where the commands' output goes: a report to stdout or a file, everything else to stderr. Text has the terminal's width and colours.

To add a form of a report: a renderer in `gclog.report`, and its line in RENDERERS (a new word needs its suffixes in SUFFIXES, too).
"""

from __future__ import annotations

import importlib
import inspect
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from gclog.errors import UsageError

if TYPE_CHECKING:
    from gclog.cli.options import Given

__all__ = [
    "EXIT_AT_LEVEL",
    "EXIT_INTERRUPTED",
    "RENDERERS",
    "SUFFIXES",
    "Kind",
    "choose_form",
    "load",
    "redact",
    "render",
    "say",
    "show",
    "write",
]

EXIT_AT_LEVEL = 1
"""A verdict, a finding or a change is at what `--fail-on` names, or worse."""

EXIT_INTERRUPTED = 130


# ---------------------------------------------------------------- forms

Kind = Literal["report", "profile", "compare", "compare-profiles", "heap", "sampled", "sampled-processes", "fleet", "history"]
"""What a command renders."""

DOCUMENTS: Mapping[Kind, str] = {
    "report": "gclog.report.say.report:document_of",
    "profile": "gclog.report.say.report:document_of",
    "compare": "gclog.report.say.comparison:document_of",
    "compare-profiles": "gclog.report.say.profile_comparison:document_of",
    "heap": "gclog.report.say.heap:document_of",
    "sampled": "gclog.report.say.sampled:document_of",
    "sampled-processes": "gclog.report.say.sampled:document_of_processes",
    "fleet": "gclog.report.say.fleet:document_of",
    "history": "gclog.report.say.history:document_of",
}
"""By kind, the function that puts a result into words."""

DOCUMENT_RENDERERS: Mapping[str, str] = {
    "text": "gclog.report.render.text:render",
    "markdown": "gclog.report.render.markdown:render",
    "html": "gclog.report.render.html:render",
}
"""By form, the function that shows a document of any kind."""

RENDERERS: Mapping[Kind, Mapping[str, str]] = {
    "report": {
        **DOCUMENT_RENDERERS,
        "json": "gclog.report.json.v1:render_json",
    },
    "profile": {
        **DOCUMENT_RENDERERS,
        "json": "gclog.report.json.v1:render_json",
        "prof-process": "gclog.profile.node_tool.text:render_prof_process",
        "speedscope": "gclog.report.export.speedscope:export_all",
        "collapsed": "gclog.report.export.collapsed:export",
        "cpuprofile": "gclog.report.export.cpuprofile:export",
        "pprof": "gclog.report.export.pprof:export",
    },
    "compare": {
        **DOCUMENT_RENDERERS,
        "json": "gclog.report.json.comparison:render_compare_json",
    },
    "compare-profiles": {
        **DOCUMENT_RENDERERS,
        "json": "gclog.report.json.profile_comparison:render_profile_comparison_json",
    },
    "heap": {
        **DOCUMENT_RENDERERS,
        "json": "gclog.report.json.heap:render_heap_json",
    },
    "sampled": {
        **DOCUMENT_RENDERERS,
        "json": "gclog.report.json.sampled:render_sampled_json",
    },
    "sampled-processes": {
        **DOCUMENT_RENDERERS,
        "json": "gclog.report.json.sampled:render_sampled_processes_json",
    },
    "history": {
        **DOCUMENT_RENDERERS,
        "json": "gclog.report.json.history:render_history_json",
    },
    "fleet": {
        **DOCUMENT_RENDERERS,
        "json": "gclog.report.json.fleet:render_fleet_json",
        "csv": "gclog.fleet.table:render_fleet_table",
        "jsonl": "gclog.fleet.table:render_fleet_table",
        "parquet": "gclog.fleet.table:render_fleet_table",
    },
}
"""By kind and form, the function that renders it, loaded only when it is asked for. It is given the result, or its document if it
shows documents, and by name what else it has parameters for of what `render` knows: `width`, `colour`, `unicode`, `version`, `form`,
`whole` (the result as JSON), ..."""

SUFFIXES: Mapping[str, Sequence[str]] = {
    "text": (".txt", ".log"),
    "json": (".json",),
    "markdown": (".md", ".markdown"),
    "html": (".html", ".htm"),
    "csv": (".csv",),
    "jsonl": (".jsonl", ".ndjson"),
    "parquet": (".parquet", ".pq"),
    "speedscope": (".speedscope.json",),
    "collapsed": (".collapsed", ".folded"),
    "cpuprofile": (".cpuprofile",),
    "pprof": (".pb.gz", ".pprof"),
}
"""The suffixes of the output file that ask for a form."""

REDACTOR = "gclog.report.redact.report:redact"
"""The function that gives the result of any command without names."""


def load(place: str) -> Any:
    """The function that `module:function` names."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def choose_form(kind: Kind, given: Given, inputs: Sequence[str] = ()) -> str:
    """The form that is asked for, by name or by the suffix of the output file; that file is checked before anything is read.

    Raises UsageError, OutputError.
    """
    from gclog.files import check_output

    form = given.format or _form_of(kind, given.output)
    if given.output is not None:
        check_output(given.output, inputs, given.force)
    return form


def _form_of(kind: Kind, output: Path | None) -> str:
    if output is None or not output.suffix:
        return "text"
    name = output.name.lower()
    forms = [(suffix, form) for form in RENDERERS[kind] for suffix in SUFFIXES.get(form, ()) if name.endswith(suffix)]
    if not forms:
        raise UsageError(
            f"no form of a report has the suffix {output.suffix.lower()}",
            where=str(output),
            remedy=f"Give --format {', '.join(RENDERERS[kind])}.",
        )
    return max(forms, key=lambda found: len(found[0]))[1]  # .speedscope.json ends with .json


def show(kind: Kind, form: str, result: Any, given: Given) -> None:
    """Write the result in this form, redacted if that is asked for. Raises OutputError."""
    write(render(kind, form, redact(result, given), to_stdout=given.output is None), given.output)


def redact(result: Any, given: Given) -> Any:
    """The result without names, if that is asked for."""
    return load(REDACTOR)(result) if given.redact else result


def render(kind: Kind, form: str, *results: Any, to_stdout: bool, **more: Any) -> str | bytes:
    """The result in this form."""
    import gclog

    place = RENDERERS[kind][form]
    known = {"version": gclog.__version__, "form": form, **_style(to_stdout), **more}
    if place in DOCUMENT_RENDERERS.values():
        if "whole" in inspect.signature(load(place)).parameters:
            known["whole"] = _call(RENDERERS[kind]["json"], results, known)
        results = (_call(DOCUMENTS[kind], results, known),)
    rendered: str | bytes = _call(place, results, known)
    return rendered


def _call(place: str, results: Sequence[Any], known: Mapping[str, Any]) -> Any:
    """Call a function with the results, and by name with what else it has parameters for."""
    function = load(place)
    wanted = list(inspect.signature(function).parameters)[len(results) :]
    return function(*results, **{name: known[name] for name in wanted if name in known})


def _style(to_stdout: bool) -> dict[str, Any]:
    """The width, colours and characters of stdout, if the text goes there, or of a file."""
    from gclog.report.render.text import PLAIN_WIDTH

    on_terminal = to_stdout and sys.stdout.isatty()
    return {
        "width": min(shutil.get_terminal_size((PLAIN_WIDTH, 0)).columns, PLAIN_WIDTH) if on_terminal else PLAIN_WIDTH,
        "colour": on_terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb",
        "unicode": not to_stdout or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8",
    }


# ---------------------------------------------------------------- out


def write(content: str | bytes, output: Path | None) -> None:
    """To stdout, or to a file that appears only when it is complete; a text ends with a line feed. Raises OutputError."""
    from gclog.files import write_file, write_stdout

    if isinstance(content, str) and not content.endswith("\n"):
        content += "\n"
    if output is None:
        write_stdout(content)
    else:
        write_file(output, content)
        say(f"Wrote {output}")


def say(text: str) -> None:
    """Lines for stderr. Names of files and words of the command line may hold anything: none of it reaches a terminal as a command."""
    from gclog.report.visible import make_visible

    typer.echo("\n".join(make_visible(line) for line in text.split("\n")), err=True)
