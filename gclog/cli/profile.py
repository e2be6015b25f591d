"""`gclog profile`: its options, and what they make."""

from __future__ import annotations

import dataclasses
import enum
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gclog.cli.output import render_text, say, write
from gclog.errors import NothingToAnalyse, UsageError

if TYPE_CHECKING:
    from gclog.model.report import Report
    from gclog.profile.code_map import Symbols
    from gclog.profile.node_tool.process import NodeFigures
    from gclog.profile.options import ProfileOptions
    from gclog.profile.source_map import SourceMap
    from gclog.report.say.profile_sections import ProfileView

__all__ = ["profile"]

NO_TICK = "there is not one tick in it"
RUN_WITH_PROF = "Run node with --prof, and give its isolate-*-v8.log."

MESSAGES_SHOWN = 3
"""Of each kind of message of node's tool; a log can have thousands."""


class ProfileFormat(enum.StrEnum):
    """The forms of a profile."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    PROF_PROCESS = "prof-process"
    SPEEDSCOPE = "speedscope"
    COLLAPSED = "collapsed"
    CPUPROFILE = "cpuprofile"
    PPROF = "pprof"


_SUFFIXES = {
    ".speedscope.json": ProfileFormat.SPEEDSCOPE,
    ".json": ProfileFormat.JSON,
    ".md": ProfileFormat.MARKDOWN,
    ".markdown": ProfileFormat.MARKDOWN,
    ".html": ProfileFormat.HTML,
    ".htm": ProfileFormat.HTML,
    ".cpuprofile": ProfileFormat.CPUPROFILE,
    ".collapsed": ProfileFormat.COLLAPSED,
    ".folded": ProfileFormat.COLLAPSED,
    ".pb.gz": ProfileFormat.PPROF,
    ".pprof": ProfileFormat.PPROF,
    ".txt": ProfileFormat.TEXT,
    ".log": ProfileFormat.TEXT,
}
"""The longer before the shorter that it ends with."""


class Tree(enum.StrEnum):
    """Call trees of the text."""

    BOTTOM_UP = "bottom-up"
    TOP_DOWN = "top-down"


def profile(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG...",
            help="v8.log files of --prof, packed ones too; folders; - is stdin. GC logs of the same isolates beside them.",
        ),
    ],
    format: Annotated[
        ProfileFormat | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORM",
            help="Form of the profile: " + ", ".join(ProfileFormat) + "; prof-process is the text of node --prof-process, "
            "to the letter (default: by the suffix of --output, else text).",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Write to this file instead of stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="Functions in the text.")] = 20,
    tree: Annotated[Tree, typer.Option(help="Call tree in the text: callers below callees, or callees below callers.")] = (
        Tree.BOTTOM_UP
    ),
    js: Annotated[bool, typer.Option("--js", "-j", help="Only ticks in VM state JS.")] = False,
    gc: Annotated[bool, typer.Option("--gc", "-g", help="Only ticks in VM state GC.")] = False,
    parser: Annotated[bool, typer.Option("--parser", "-p", help="Only ticks in VM state PARSER.")] = False,
    bytecode: Annotated[
        bool, typer.Option("--bytecode-compiler", "-b", help="Only ticks in VM state BYTECODE_COMPILER.")
    ] = False,
    compiler: Annotated[bool, typer.Option("--compiler", "-c", help="Only ticks in VM state COMPILER.")] = False,
    other: Annotated[bool, typer.Option("--other", "-o", help="Only ticks in VM state OTHER.")] = False,
    external: Annotated[bool, typer.Option("--external", "-e", help="Only ticks in VM state EXTERNAL.")] = False,
    only_summary: Annotated[bool, typer.Option("--only-summary", help="Only the summary.")] = False,
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Leave ticks of unknown code out of the total.")
    ] = False,
    separate_ic: Annotated[
        str | None, typer.Option(metavar="BOOL", help="Inline caches apart from their callers.  [default: as that Node does]")
    ] = None,
    separate_bytecodes: Annotated[
        str, typer.Option(metavar="BOOL", help="Bytecode handlers apart from their callers.")
    ] = "false",
    separate_builtins: Annotated[str, typer.Option(metavar="BOOL", help="Builtins apart from their callers.")] = "true",
    separate_stubs: Annotated[str, typer.Option(metavar="BOOL", help="Stubs apart from their callers.")] = "true",
    separate_sparkplug_handlers: Annotated[
        str,
        typer.Option(
            "--separate-sparkplug-handlers",
            "--separate-baseline-handlers",
            metavar="BOOL",
            help="Taken and without effect, as in node.",
        ),
    ] = "false",
    call_graph_size: Annotated[
        int | None,
        typer.Option(
            "--call-graph-size", "--depth", min=0, help="Levels of a call tree below the first.  [default: 5; top-down 20]"
        ),
    ] = None,
    range: Annotated[
        str | None,
        typer.Option(metavar="FROM,TO", help="Only ticks between two moments of the log, in ms; auto for an open end."),
    ] = None,
    source_map: Annotated[Path | None, typer.Option(help="Source map whose places stand before the names.")] = None,
    symbols: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="Where names of C++ functions come from: a folder with the binaries of the log or their .debug files, or a "
            ".json list of [name, first address, end]; may be given several times.  "
            "[default: the binaries where the log has them, if they fit; prof-process: none]",
        ),
    ] = None,
    target: Annotated[Path | None, typer.Option(help="Folder below which the binaries have the paths of the log.")] = None,
    no_symbols: Annotated[bool, typer.Option("--no-symbols", help="Look for no native symbols.")] = False,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the logs.  [default: found by their bytes]")] = None,
) -> None:
    """Say where a process spent its CPU time, from the log that node --prof wrote.

    Example: gclog profile isolate-0x55d0c8a0-812-v8.log --output profile.html
    """
    from gclog.files import check_output
    from gclog.profile.options import CALL_GRAPH_SIZE, ProfileOptions, parse_range
    from gclog.profile.source_map import SourceMap
    from gclog.report.say.profile_sections import ProfileView

    if output is not None and str(output) == "-":
        output = None
    chosen = format or _form_of(output)
    if output is not None:
        check_output(output, logs, force)

    states = {
        "js": js,
        "gc": gc,
        "parser": parser,
        "bytecode_compiler": bytecode,
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
    given = None if no_symbols else _symbols(symbols or [], target, chosen is not ProfileFormat.PROF_PROCESS)
    content: str | bytes
    if chosen is ProfileFormat.PROF_PROCESS:
        content = _prof_process(logs, options, given, original, encoding)
    else:
        report = _read(logs, options, given, original, encoding)
        view = ProfileView(top=top, tree=tree.value, depth=call_graph_size, only_summary=only_summary)
        content = _render(report, chosen, view, output)
    write(content, output)


def _form_of(output: Path | None) -> ProfileFormat:
    """The form that the name of the output file asks for."""
    if output is None or not output.suffix:
        return ProfileFormat.TEXT
    for suffix, form in _SUFFIXES.items():
        if output.name.lower().endswith(suffix):
            return form
    raise UsageError(
        f"no form of a profile has the suffix {output.suffix}",
        where=str(output),
        remedy=f"Give --format {', '.join(ProfileFormat)}.",
    )


def _truth(text: str) -> bool:
    """As node's tool reads it: `true` and `1`."""
    return text in ("true", "1")


def _symbols(paths: list[Path], target: Path | None, unasked: bool) -> Symbols | None:
    """From a file or folders; `unasked`: from the binaries of this machine where nothing is given.

    Not for node's own text: node cuts the output of `nm`, and which of its names it then has cannot be told from the binary.
    """
    from gclog.profile.symbols import open_symbols
    from gclog.profile.symbols.json_list import JsonSymbols

    match [path for path in paths if path.suffix == ".json" and not path.is_dir()]:
        case [file] if len(paths) == 1 and target is None:
            return JsonSymbols(file)
        case [file, *_]:
            raise UsageError(
                "a list of symbols stands alone", where=str(file), remedy="Give it without --target and another --symbols."
            )
    for folder in [*paths, *([target] if target is not None else [])]:
        if not folder.is_dir():
            raise UsageError("is not a folder", where=str(folder), remedy="Give the folder in which the binaries are.")
    return open_symbols(paths, target) if paths or target is not None or unasked else None


def _read(
    logs: list[str], options: ProfileOptions, symbols: Symbols | None, original: SourceMap | None, encoding: str | None
) -> Report:
    """The profiles, each beside its GC log where that is among the logs. Raises NothingToAnalyse where there is none."""
    from gclog.cli.progress import Progress
    from gclog.incident.pipeline import analyze
    from gclog.incident.settings import Settings
    from gclog.profile.filters import with_original_places

    with Progress() as progress:
        report = analyze(logs, Settings(encoding=encoding, profile=options, symbols=symbols, snapshots=False), progress)
    if not report.profiles:
        raise NothingToAnalyse(NO_TICK, where=", ".join(logs), remedy=RUN_WITH_PROF)
    profiles = report.profiles
    if original is not None:
        profiles = tuple(
            dataclasses.replace(found, profile=with_original_places(found.profile, original)) for found in profiles
        )
    return dataclasses.replace(report, processes=(), profiles=profiles)


def _render(report: Report, chosen: ProfileFormat, view: ProfileView, output: Path | None) -> str | bytes:
    match chosen:
        case ProfileFormat.TEXT | ProfileFormat.PROF_PROCESS:
            return render_text(report, output is None, view)
        case ProfileFormat.JSON:
            from gclog.report.json.v1 import render_json

            return render_json(report)
        case ProfileFormat.MARKDOWN:
            from gclog.report.render import markdown
            from gclog.report.say.report import document_of

            return markdown.render(document_of(report, view))
        case ProfileFormat.HTML:
            from gclog.report.render.html import render_html

            return render_html(report)
        case ProfileFormat.SPEEDSCOPE:
            from gclog.report.export.speedscope import export_all

            return export_all([found.profile for found in report.profiles])
        case _:
            return _export(report, chosen, output)


def _export(report: Report, chosen: ProfileFormat, output: Path | None) -> str | bytes:
    """A form that holds one profile."""
    if len(report.profiles) != 1:
        raise UsageError(
            f"{len(report.profiles)} profiles, and {chosen} holds one", remedy="Give one log, or --format speedscope."
        )
    (found,) = report.profiles
    match chosen:
        case ProfileFormat.COLLAPSED:
            from gclog.report.export.collapsed import export as export_collapsed

            return export_collapsed(found.profile, found.source)
        case ProfileFormat.CPUPROFILE:
            from gclog.report.export.cpuprofile import export as export_cpuprofile

            return export_cpuprofile(found.profile, found.source)
        case _:
            from gclog.report.export.pprof import export as export_pprof

            if output is None and sys.stdout.isatty():
                raise UsageError("pprof is no text", remedy="Give --output profile.pb.gz, or send stdout to a file.")
            return export_pprof(found.profile, found.source)


def _prof_process(
    logs: list[str], options: ProfileOptions, symbols: Symbols | None, original: SourceMap | None, encoding: str | None
) -> str:
    """As node prints it, log by log. Raises NothingToAnalyse where no log has a tick."""
    from gclog.profile.node_tool.process import process_as_node
    from gclog.profile.node_tool.text import render_prof_process
    from gclog.source.open import expand, open_source

    texts, ticks = [], 0
    for spec in expand(logs):
        with open_source(spec, encoding) as source:
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
    """Where node's tool, and so this form, goes wrong; its own messages."""
    said = []
    if not figures.version_known:
        said.append("Unable to read v8-version from log file; processed as Node 20 would.")
    if figures.stopped is not None:
        said.append(f"line {figures.stopped} is empty: node's tool stops here, and so does this form. Other forms read on.")
    if figures.cut:
        said.append("the last line has no end and is left out, as node's tool does.")
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
