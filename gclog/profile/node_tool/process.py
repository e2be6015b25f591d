"""A v8.log processed as by the Node that wrote it: `node --prof-process`, bugs included.

Bugs reproduced on purpose: it stops at the first blank line and before a last line without a newline; names with commas (V8 8.9 on)
and unknown tiers drop their record; the first of several mappings of a binary wins, however small; libraries hide embedded builtins.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from gclog import units
from gclog.model.profile import STATES
from gclog.profile.code_map import Code, CodeMap, Native, Symbols
from gclog.profile.names import unescape_as_node
from gclog.profile.options import ProfileOptions
from gclog.profile.ticks import Resolver, Stack
from gclog.profile.versions import DEFAULT_V8, NodeRules, rules_of, states_of, version_text
from gclog.recognise.v8_log import LogLine, LogReader, TickRow, TickRun
from gclog.source.open import Block

__all__ = ["NodeFigures", "NodeProcessor", "process_as_node"]

UNKNOWN = "UNKNOWN"

Found = tuple[tuple[str, ...], bool, str | None]
"""The names on a stack, innermost first; whether its top is unknown; the C++ function by which JavaScript entered C++."""


@dataclass(slots=True)
class NodeFigures:
    """The figures in the tick processor's text.

    paths        ticks by the names on the stack, innermost first; only as many as the text displays
    entries      ticks by the C++ function that JavaScript called
    types        `C++` or `library`, for names that are either
    cut          the last line had no newline and was ignored
    other_logs   lines at which another log starts
    stopped      the line at which node's tool silently stops
    messages     what node's tool writes to stderr
    """

    rules: NodeRules
    version_known: bool = False
    ticks: int = 0
    unaccounted: int = 0
    excluded: int = 0
    gc_ticks: int = 0
    paths: Counter[tuple[str, ...]] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    types: dict[str, str] = field(default_factory=dict)
    stopped: int | None = None
    cut: bool = False
    other_logs: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


class NodeProcessor:
    """Fed the lines of one log in order."""

    def __init__(self, options: ProfileOptions, symbols: Symbols | None = None) -> None:
        self._options = options
        self._symbols = symbols
        self._depth = max(options.call_graph_size, 0) + 1
        self._counts: Counter[int] = Counter()
        self._start(None)

    def _start(self, v8: tuple[int, int] | None) -> None:
        rules = rules_of(v8)
        self.figures = NodeFigures(rules, v8 is not None)
        self._code = CodeMap(rules, self._symbols)
        self._resolver = Resolver(self._code, self._number_of)
        self._numbers: dict[Found, int] = {}
        self._hidden = [rules.hides[group] for group in self._options.hidden(rules.major) if group in rules.hides]
        names = states_of(v8 or DEFAULT_V8)
        wanted = self._options.state
        if wanted is not None and wanted not in names:
            self._wanted: bytes | None = b"none"
        else:
            self._wanted = None if wanted is None else str(names.index(wanted)).encode()

    def feed(self, items: Iterable[TickRun | LogLine]) -> None:
        """Process lines, as far as node would read."""
        for item in items:
            if self.figures.stopped is not None:
                return
            match item:
                case TickRun(rows=rows):
                    self._ticks(rows)
                case LogLine(rule=None, number=number):
                    self.figures.stopped = number
                case LogLine():
                    self._line(item)

    def finish(self) -> NodeFigures:
        """The figures after all lines."""
        figures = self.figures
        for (names, unknown, entry), number in self._numbers.items():
            ticks = self._counts[number]
            if names:
                figures.paths[names] += ticks
            if unknown:
                figures.unaccounted += ticks
            if entry is not None:
                figures.entries[entry] += ticks
        return figures

    # ------------------------------------------------------------ records

    def _line(self, item: LogLine) -> None:
        fields = item.fields
        assert item.rule is not None
        match item.rule.record.__name__:
            case "LogVersion" if item.number == 1:
                if self._symbols is not None:
                    self._symbols.begin(version_text(fields))
                self._start((int(fields["major"]), int(fields["minor"])))
            case "LogVersion":
                self.figures.other_logs.append(item.number)
            case "SharedLibrary":
                name = self._text(fields.get("name", ""))
                library, symbols = self._code.add_library(
                    name, int(fields["start"], 16), int(fields["end"], 16), int(fields.get("slide", "0"))
                )
                self.figures.types[library.name] = "library"
                self.figures.types.update(dict.fromkeys(symbols, "C++"))
            case "CodeCreation":
                self._code_creation(item)
            case "CodeMove":
                changes = self._code.move(int(fields["before"], 16), int(fields["after"], 16))
                if changes is None:
                    self._say(f"Code move event for unknown code: 0x{int(fields['before'], 16):x}")
                for change in changes or ():
                    self._resolver.changed(change)
            case "FunctionMove":
                for change in self._code.move(int(fields["before"], 16), int(fields["after"], 16)) or ():
                    self._resolver.changed(change)
            case "CodeDelete":
                self._resolver.changed(self._code.delete(int(fields["address"], 16)))

    def _code_creation(self, item: LogLine) -> None:
        fields, rules = item.fields, self.figures.rules
        tag, name = fields["tag"], fields.get("name", "")
        start, size = int(fields["address"], 16), int(fields["bytes"])
        function = fields.get("function")
        if not rules.quoted and "," in name:
            name, *rest = name.split(",")
            if tag != "RegExp" or not rules.regexp_without_function:
                self._say(f"line {item.number}: unknown code state: {[*rest, function, 'undefined'][1]}")
                return
        name = self._text(name)
        if function is None or (tag == "RegExp" and rules.regexp_without_function):
            self._resolver.changed(self._code.add_code(tag, name, start, size))
            return
        try:
            change = self._code.add_function_code(tag, name, start, size, int(function, 16), fields.get("marker", ""))
        except KeyError:
            self._say(f"line {item.number}: unknown code state: {fields.get('marker', '')}")
            return
        self._resolver.changed(change)

    def _text(self, text: str) -> str:
        rules = self.figures.rules
        return text.replace('""', '"') if rules.quoted else unescape_as_node(text, rules.doubled)

    def _say(self, message: str) -> None:
        self.figures.messages.append(message)

    # ------------------------------------------------------------ ticks

    def _ticks(self, rows: list[TickRow]) -> None:
        figures, options = self.figures, self._options
        if options.from_ms is not None or options.to_ms is not None:
            first = -1.0 if options.from_ms is None else options.from_ms * units.US_PER_MS
            last = float("inf") if options.to_ms is None else options.to_ms * units.US_PER_MS
            rows = [row for row in rows if first <= int(row[1] or 0) <= last]
        figures.ticks += len(rows)
        states = Counter(row[4] for row in rows)
        figures.gc_ticks += states[b"1"]
        if self._wanted is not None:
            rows = [row for row in rows if row[4] == self._wanted]
            figures.excluded += states.total() - len(rows)
        self._counts.update(self._resolver.resolve(rows))

    def _number_of(self, stack: Stack) -> int:
        return self._numbers.setdefault(self._interpret(stack), len(self._numbers))

    def _interpret(self, stack: Stack) -> Found:
        names: list[str] = []
        depth = self._depth
        looking, last, entered = False, None, None
        for place, entry in enumerate(stack):
            if len(names) >= depth and not looking:
                break
            name = sys.intern(name_of(entry))
            is_symbol = isinstance(entry, Native) and entry.symbol
            if place == 0 and isinstance(entry, Native):
                looking = True
            if looking and is_symbol:
                last = name
            if entry is not None:
                if not any(pattern.search(name) for pattern in self._hidden):
                    names.append(name)
            elif place == 0:
                names.append(UNKNOWN)
            if looking and place > 0 and not is_symbol and last:
                entered, looking = last, False
        return tuple(names[:depth]), stack[0] is None, entered


def name_of(entry: object) -> str:
    """The name of an entry as node's tool shows it."""
    match entry:
        case Code(function=None):
            return f"{entry.tag}: {entry.name}"
        case Code(function=function):
            assert function is not None
            own = function.name
            return f"{entry.tag}: {entry.marker}{'<anonymous>' if own[:1] in ('', ' ') else ''}{own}"
        case Native():
            return entry.name
        case _:
            return UNKNOWN


def process_as_node(blocks: Iterable[Block], options: ProfileOptions, symbols: Symbols | None = None) -> NodeFigures:
    """Process a whole log."""
    assert options.state is None or options.state in STATES
    reader = LogReader(as_node=True)
    processor = NodeProcessor(options, symbols)
    for block in blocks:
        whole, _, rest = block.data.rpartition(b"\n")
        processor.feed(reader.read(Block(whole + b"\n", block.first_line) if whole else Block(b"", block.first_line)))
        if processor.figures.stopped is not None:
            break
        processor.figures.cut = bool(rest)
    return processor.finish()
