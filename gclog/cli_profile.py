"""`gclog profile`: its options, and what they make."""

from __future__ import annotations

import enum
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gclog.errors import NothingToAnalyse, UsageError

if TYPE_CHECKING:
    from gclog.profile.as_node import NodeFigures
    from gclog.profile.code_map import Symbols

__all__ = ["profile"]

MESSAGES_SHOWN = 3
"""Of each kind of message of node's tool; a log can have thousands."""


class ProfileFormat(enum.StrEnum):
    """The forms of a profile."""

    PROF_PROCESS = "prof-process"


def profile(
    logs: Annotated[list[str], typer.Argument(metavar="LOG...", help="v8.log files of --prof; packed ones too; - is stdin.")],
    format: Annotated[
        ProfileFormat, typer.Option("--format", "-f", help="prof-process: the text of node --prof-process, to the letter.")
    ] = ProfileFormat.PROF_PROCESS,
    output: Annotated[Path | None, typer.Option("--output", help="Write to this file instead of stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
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
    call_graph_size: Annotated[int, typer.Option(min=0, help="Levels of callers below the first.")] = 5,
    range: Annotated[
        str | None,
        typer.Option(metavar="FROM,TO", help="Only ticks between two moments of the log, in ms; auto for an open end."),
    ] = None,
    source_map: Annotated[Path | None, typer.Option(help="Source map whose places stand before the names.")] = None,
    symbols: Annotated[Path | None, typer.Option(help="Native symbols: a JSON list of [name, first address, end].")] = None,
    target: Annotated[Path | None, typer.Option(help="Folder in which the binaries of the log lie.")] = None,
    no_symbols: Annotated[bool, typer.Option("--no-symbols", help="Look for no native symbols.")] = False,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the logs.  [default: found by their bytes]")] = None,
) -> None:
    """Say where a process spent its CPU time, from the log that node --prof wrote.

    Example: gclog profile --format prof-process isolate-0x55d0c8a0-812-v8.log
    """
    from gclog.profile.options import ProfileOptions, parse_range
    from gclog.profile.prof_process import render_prof_process
    from gclog.profile.source_map import SourceMap

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
        call_graph_size=call_graph_size,
    )
    original = SourceMap(source_map).original if source_map else str
    given = None if no_symbols else _symbols(symbols, target)
    texts = []
    for name, figures in _as_node(logs, options, given, encoding):
        texts.append(render_prof_process(figures, name, options, original))
    _write("\n".join(texts), output, force)


def _truth(text: str) -> bool:
    """As node's tool reads it: `true` and `1`."""
    return text in ("true", "1")


def _symbols(path: Path | None, target: Path | None) -> Symbols | None:
    from gclog.profile.json_symbols import JsonSymbols

    if path is not None and path.suffix == ".json":
        return JsonSymbols(path)
    if path is not None or target is not None:
        raise UsageError(
            "symbols can be read from a .json file only", where=str(path or target), remedy="Give --symbols FILE.json."
        )
    return None


def _as_node(logs: list[str], options: object, symbols: Symbols | None, encoding: str | None) -> list[tuple[str, NodeFigures]]:
    from gclog.profile.as_node import process_as_node
    from gclog.profile.options import ProfileOptions
    from gclog.source.open import expand, open_source

    assert isinstance(options, ProfileOptions)
    found = []
    for spec in expand(logs):
        with open_source(spec, encoding) as source:
            figures = process_as_node(source.blocks(), options, symbols)
            for note in (*source.notes, *_warnings(figures)):
                typer.echo(f"gclog: {source.name}: {note}", err=True)
            found.append((source.name, figures))
    if not any(figures.ticks for _, figures in found):
        raise NothingToAnalyse(
            "there is not one tick in it", where=", ".join(logs), remedy="Run node with --prof, and give its v8.log."
        )
    return found


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


def _write(text: str, output: Path | None, force: bool) -> None:
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    if output.exists() and not force:
        raise UsageError("the output file exists", where=str(output), remedy="Give --force to overwrite it.")
    from gclog.output import write_file

    write_file(output, text)
    typer.echo(f"Wrote {output}", err=True)
