"""`gclog profile`: its options, and what they make."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gclog.cli.options import REPORT, Given, one_of, takes
from gclog.cli.output import choose_form, redact, render, say, write
from gclog.errors import NothingToAnalyse, UsageError

if TYPE_CHECKING:
    from gclog.incident.settings import Settings
    from gclog.model.report import Report
    from gclog.profile.code_map import Symbols
    from gclog.profile.node_tool.process import NodeFigures
    from gclog.profile.source_map import SourceMap

__all__ = ["profile"]

NO_TICK = "there is not one tick in it"
RUN_WITH_PROF = "Run node with --prof, and give its isolate-*-v8.log; or with --cpu-prof, and give its .cpuprofile."

PROF_PROCESS = "prof-process"
REPORTS = ("text", "markdown", "json", "html")
"""Forms that hold the whole report; the others hold profiles."""

MESSAGES_SHOWN = 3
"""Of each kind of message of node's tool; a log can have thousands."""


if TYPE_CHECKING:
    from gclog.report.say.profile_sections import TreeKind
else:
    TreeKind = str


def _state(name: str, *short: str) -> Any:
    state = name.upper().replace("-", "_")
    return typer.Option(f"--{name}", *short, metavar="", help=f"Only ticks in VM state {state} (default: all states).")


def _separate(help: str, *names: str) -> Any:
    return typer.Option(*names, metavar="BOOL", help=help)


@takes(*REPORT, "encoding", "config", kind="profile")
def profile(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG",
            help="v8.log files of --prof, CPU profiles (.cpuprofile), compressed or not, folders; - is stdin. GC logs of the same isolates may be given too.",
        ),
    ],
    given: Given,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="Functions listed in the text.")] = 20,
    tree: Annotated[
        TreeKind,
        typer.Option(
            metavar="TREE",
            help="Call tree in the text: bottom-up (callers below callees) or top-down.",
            **one_of(("bottom-up", "top-down")),
        ),
    ] = "bottom-up",
    function: Annotated[
        str | None,
        typer.Option(
            "--function",
            metavar="NAME",
            help="Show all callers and all callees of one function, by its name or place: parse, app.js:12 (default: none).",
        ),
    ] = None,
    js: Annotated[bool, _state("js", "-j")] = False,
    gc: Annotated[bool, _state("gc", "-g")] = False,
    parser: Annotated[bool, _state("parser", "-p")] = False,
    bytecode_compiler: Annotated[bool, _state("bytecode-compiler", "-b")] = False,
    compiler: Annotated[bool, _state("compiler", "-c")] = False,
    other: Annotated[bool, _state("other")] = False,
    external: Annotated[bool, _state("external", "-e")] = False,
    only_summary: Annotated[
        bool, typer.Option("--only-summary", metavar="", help="Only the summary (default: functions and trees too).")
    ] = False,
    ignore_unknown: Annotated[
        bool,
        typer.Option(
            "--ignore-unknown", metavar="", help="Leave ticks of unknown code out of the total (default: count them)."
        ),
    ] = False,
    separate_ic: Annotated[
        str | None, _separate("Inline caches apart from their callers (default: as the log's Node does).")
    ] = None,
    separate_bytecodes: Annotated[str, _separate("Bytecode handlers apart from their callers.")] = "false",
    separate_builtins: Annotated[str, _separate("Builtins apart from their callers.")] = "true",
    separate_stubs: Annotated[str, _separate("Stubs apart from their callers.")] = "true",
    separate_sparkplug_handlers: Annotated[
        str,
        _separate("Accepted and without effect, as in node.", "--separate-sparkplug-handlers", "--separate-baseline-handlers"),
    ] = "false",
    call_graph_size: Annotated[
        int | None,
        typer.Option(
            "--call-graph-size",
            "--depth",
            metavar="N",
            min=0,
            help="Levels of a call tree below the first (default: 5; 20 for top-down).",
        ),
    ] = None,
    range: Annotated[
        str | None,
        typer.Option(
            metavar="FROM,TO",
            help="Only ticks between two moments of the log, in ms; auto for an open end (default: auto,auto).",
        ),
    ] = None,
    source_map: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Source map that gives functions their original places (default: none).")
    ] = None,
    symbols: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="Where names of C++ functions come from, may be repeated: a folder with the log's binaries or their .debug files,"
            " or a .json list of (name, first address, end) (default: the binaries at the log's own paths, if they match;"
            " prof-process: none).",
        ),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder below which the binaries have the log's paths (default: the root folder)."),
    ] = None,
    no_symbols: Annotated[
        bool, typer.Option("--no-symbols", metavar="", help="Look for no native symbols (default: see --symbols).")
    ] = False,
) -> None:
    """Show where a process spent its CPU time, from the log of node --prof or a CPU profile.

    Example: gclog profile isolate-0x55d0c8a0-812-v8.log --output profile.html
    """
    from gclog.profile.options import CALL_GRAPH_SIZE, ProfileOptions, parse_range
    from gclog.profile.source_map import SourceMap
    from gclog.report.say.profile_sections import ProfileView

    form = choose_form("profile", given, logs)
    states = {
        "js": js,
        "gc": gc,
        "parser": parser,
        "bytecode_compiler": bytecode_compiler,
        "compiler": compiler,
        "other": other,
        "external": external,
    }
    wanted = [name for name, asked in states.items() if asked]
    if len(wanted) > 1:
        raise UsageError("only one VM state can be asked for", remedy="Give one of -j -g -p -b -c -o -e.")
    first, last = parse_range(range) if range else (None, None)
    options = ProfileOptions(
        state=wanted[0] if wanted else None,
        from_ms=first,
        to_ms=last,
        separate_ic=None if separate_ic is None else _truth(separate_ic),
        separate_bytecodes=_truth(separate_bytecodes),
        separate_builtins=_truth(separate_builtins),
        separate_stubs=_truth(separate_stubs),
        ignore_unknown=ignore_unknown,
        only_summary=only_summary,
        call_graph_size=CALL_GRAPH_SIZE if call_graph_size is None else call_graph_size,
    )
    original = SourceMap(source_map) if source_map else None
    names = None if no_symbols else _symbols(symbols or [], target, by_default=form != PROF_PROCESS)
    settings = given.settings(profile=options, symbols=None if names is None else lambda: names, snapshots=False)
    if form == PROF_PROCESS:
        if given.redact:
            raise UsageError("prof-process is node's text to the letter, names and all", remedy="Give another --format.")
        write(_prof_process(logs, settings, original), given.output)
        return
    report = _read(logs, settings, original)
    report = redact(report if function is None else _with_focus(report, function), given)
    view = ProfileView(top=top, tree=tree, depth=call_graph_size, only_summary=only_summary)
    content = render("profile", form, *_held(report, form, given), to_stdout=given.output is None, view=view)
    write(content, given.output)


def _held(report: Report, form: str, given: Given) -> tuple[Any, ...]:
    """What a form holds: the report, all profiles, or one profile and its name. Raises UsageError."""
    if form in REPORTS:
        return (report,)
    if form == "speedscope":
        return ([found.profile for found in report.profiles],)
    if len(report.profiles) != 1:
        raise UsageError(
            f"{len(report.profiles)} profiles, and {form} holds one", remedy="Give one log, or --format speedscope."
        )
    if form == "pprof" and given.output is None and sys.stdout.isatty():
        raise UsageError("pprof is not text", remedy="Give --output profile.pb.gz, or send stdout to a file.")
    return report.profiles[0].profile, report.profiles[0].source


def _truth(text: str) -> bool:
    """As node's tool reads it: `true` and `1`."""
    return text in ("true", "1")


def _symbols(paths: list[Path], target: Path | None, *, by_default: bool) -> Symbols | None:
    """From a file or folders; `by_default`: from the binaries of this machine if nothing is given.

    Not for node's own text: node truncates the output of `nm`, and the binary does not say which names that leaves.
    """
    from gclog.profile.symbols import open_symbols
    from gclog.profile.symbols.json_list import JsonSymbols

    match [path for path in paths if path.suffix == ".json" and not path.is_dir()]:
        case [file] if len(paths) == 1 and target is None:
            return JsonSymbols(file)
        case [file, *_]:
            raise UsageError(
                "a list of symbols cannot be combined",
                where=str(file),
                remedy="Give it without --target and another --symbols.",
            )
    for folder in [*paths, *([target] if target is not None else [])]:
        if not folder.is_dir():
            raise UsageError("is not a folder", where=str(folder), remedy="Give the folder in which the binaries are.")
    return open_symbols(paths, target) if paths or target is not None or by_default else None


def _read(logs: list[str], settings: Settings, original: SourceMap | None) -> Report:
    """The profiles, each beside its GC log if that is among the logs. Raises NothingToAnalyse if there is none."""
    from gclog.cli.progress import Progress
    from gclog.incident.pipeline import analyze
    from gclog.profile.filters import with_original_places

    with Progress() as progress:
        report = analyze(logs, settings, progress)
    if not report.profiles:
        raise NothingToAnalyse(NO_TICK, where=", ".join(logs), remedy=RUN_WITH_PROF)
    profiles = report.profiles
    if original is not None:
        profiles = tuple(
            dataclasses.replace(found, profile=with_original_places(found.profile, original)) for found in profiles
        )
    return dataclasses.replace(report, processes=(), profiles=profiles)


def _with_focus(report: Report, function: str) -> Report:
    """The report with the callers and callees of a function, in each profile that has it. Raises UsageError if none has."""
    from gclog.profile.focus import focus_on

    profiles = tuple(dataclasses.replace(one, focus=focus_on(one.profile, function)) for one in report.profiles)
    if all(one.focus is None for one in profiles):
        raise UsageError(
            f"no function {function!r} is on a stack",
            remedy="Give its name, a part of it, or its place, as the list of the hottest functions has them.",
        )
    return dataclasses.replace(report, profiles=profiles)


def _prof_process(logs: list[str], settings: Settings, original: SourceMap | None) -> str:
    """As node prints it, log by log. Raises NothingToAnalyse if no log has a tick, UsageError for a document."""
    from gclog.incident.document import profile_form
    from gclog.profile.node_tool.process import process_as_node
    from gclog.profile.node_tool.text import render_prof_process
    from gclog.source.open import expand, open_source

    options, symbols = settings.profile, None if settings.symbols is None else settings.symbols()
    texts, ticks = [], 0
    for spec in expand(logs):
        with open_source(spec, settings.encoding) as source:
            if profile_form(source) is not None:
                raise UsageError(
                    "prof-process is of the v8.log of --prof, and this is a document",
                    where=source.name,
                    remedy="Give another --format.",
                )
            figures = process_as_node(source.blocks(), options, symbols)
            found = [note.text for note in symbols.notes()] if symbols is not None else []
            _warn(source.name, (*source.notes, *_warnings(figures), *found))
            ticks += figures.ticks
            texts.append(render_prof_process(figures, source.name, options, original.original if original else str))
    if not ticks:
        raise NothingToAnalyse(NO_TICK, where=", ".join(logs), remedy=RUN_WITH_PROF)
    return "\n".join(texts)


def _warn(name: str, notes: Iterable[str]) -> None:
    for note in notes:
        say(f"gclog: {name}: {note}")


def _warnings(figures: NodeFigures) -> list[str]:
    """What node's tool, and so this form, gets wrong, and its own messages."""
    said = []
    if not figures.version_known:
        said.append("Unable to read v8-version from log file; processed as Node 20 would.")
    if figures.stopped is not None:
        said.append(f"line {figures.stopped} is empty: node's tool stops here, and so does this form. Other forms read on.")
    if figures.cut:
        said.append("the last line has no end and is left out, as by node's tool.")
    if figures.other_logs:
        said.append(f"another log begins at line {figures.other_logs[0]}: node's tool merges them, and so does this form.")
    kinds: dict[str, list[str]] = {}
    for message in figures.messages:
        kinds.setdefault(re.sub(r"\d+", "", message.rpartition(":")[0]), []).append(message)
    for messages in kinds.values():
        said += messages[:MESSAGES_SHOWN]
        if len(messages) > MESSAGES_SHOWN:
            said.append(f"... and {len(messages) - MESSAGES_SHOWN:,} more like these")
    return said
