"""Redaction of texts: lines of a log, fatal messages, stack frames, and sentences that quote them.

What is kept must be recognised, by the grammars that read the log and by the words in them; everything else becomes `…`. Addresses,
pids and names become pseudonyms (`gclog.report.redact.names`).
"""

from __future__ import annotations

import functools
import re

from gclog.grammar.load import load_file
from gclog.model.crash_records import CrashMarker, FatalError, JsFrame, NativeFrame
from gclog.model.records import (
    HeapOption,
    HeapStack,
    KernelKill,
    MemoryFigure,
    MemoryUsage,
    Message,
    PerformanceEntry,
    PlatformMessage,
    Record,
)
from gclog.recognise.formats import load_formats
from gclog.recognise.fragments import Fragment, FragmentReader, Reading
from gclog.report.redact.names import Pseudonyms
from gclog.source.unwrap import unwrap

__all__ = ["FUNCTION_NAME", "GONE", "TextRedactor", "is_native_symbol"]

GONE = "…"

V8_GRAMMARS = ("gc_trace", "gc_verbose", "v8_trace", "crash")
VALUE_GRAMMAR = "gc_nvp"
"""Its samples list the value names, which its rules leave open."""

_LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|/((?:[^/\\\n]|\\.)+)/')
_SAMPLE = re.compile(r"^// sample: (.*)$", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+")

_TOKEN = re.compile(r"0[xX][0-9a-fA-F]+|[^\W\d]\w*|\d\w*(?:\.\w+)*|\s+|.", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:ms|us|s|KB|MB|B|x)?")
_ADDRESS = re.compile(r"0[xX][0-9a-fA-F]+")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~…]")
_GAPS = re.compile(rf"{GONE}(?:[^\w\n<>()\[\]]*{GONE})+")

_NAMESPACE = re.compile(r"(?<![\w:])([A-Za-z_]\w*)::")
_SYMBOL = re.compile(r"[\w:<>~ ,*&()\[\]{}=+.$!|^%-]+")
NATIVE_NAMESPACES = frozenset(
    {"v8", "node", "cppgc", "heap", "std", "uv", "icu", "absl", "base", "partition_alloc", "electron"}
)
_C_FUNCTION = re.compile(r"(?:uv_|uv__|napi_|Builtins?_|__libc_|_?_?start|main\b|_main\b|gsignal|abort|clone|raise)\w*")
_V8_SOURCE = re.compile(
    r"(?<!\.\.[\\/])(?:\.\.[\\/])*+(?:v8[\\/])?(?:src|include)[\\/][\w\\/.-]{1,120}\.(?:cc|h|tq)(?:, line \d++)?"
)
FUNCTION_NAME = re.compile(r"[\w$.#<>\[\] -]{1,120}")
"""Names that a package's function may have. Anything else may have been computed from data."""

_FRAME_TEXT = re.compile(r"(?P<function>.*) \((?P<script>[^()]*?):(?P<line>~?\d+)\)", re.DOTALL)

_URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*+(://\S+)?")
_MAIL = re.compile(r"[\w.+-]++(@[\w-]+(?:\.[\w-]+)*)?")
"""An address, or a word that is none (then without the group): passed as a whole, for a search would try each of its letters."""
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\w.])")
_IPV6 = re.compile(
    r"(?<![\w:])(?=[0-9a-fA-F:]*::)[0-9a-fA-F:]{3,}(?![\w:])|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:])"
)
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_PATH = re.compile(
    r"(?<![\w.<])(?:~|\.{1,2})?(?:/[^\s/:,;'\"()]+){2,}/?|\b[A-Za-z]:\\[^\s:,;'\"()]+|\\\\[\w.-]+\\[^\s:,;'\"()]+"
)
_PROCESS = re.compile(r"(\b(?:process|pid) |\bkill -USR1 |_debugProcess\(|/proc/)(\d+)\b")
MOST_DIGITS = 18
"""Of a pid. What has more is none, and is not shown."""


@functools.cache
def _vocabulary() -> frozenset[str]:
    """The words that V8 prints: those in the grammars and in the samples of name=value lines."""
    texts: list[str] = []
    for name in V8_GRAMMARS:
        code = re.sub(r"^//.*$", "", load_file(name).text, flags=re.MULTILINE)
        texts += [literal or pattern for literal, pattern in _LITERAL.findall(code)]
    texts += _SAMPLE.findall(load_file(VALUE_GRAMMAR).text)
    return frozenset(word for text in texts for word in _WORD.findall(text))


def is_native_symbol(text: str) -> bool:
    """Whether a symbol belongs to V8, Node or the libraries they are built on, and to nobody else."""
    if not _SYMBOL.fullmatch(text):
        return False
    namespaces = _NAMESPACE.findall(text)
    return bool(namespaces and set(namespaces) <= NATIVE_NAMESPACES) or _C_FUNCTION.fullmatch(text) is not None


class TextRedactor:
    """Redacts the texts of one result. `quoted`: texts of the log that sentences quote, and their replacements."""

    def __init__(self, names: Pseudonyms) -> None:
        self.names = names
        self.quoted: dict[str, str] = {}
        self._fragments = FragmentReader(load_formats())

    # ------------------------------------------------------------ lines of the log

    def line(self, text: str) -> str:
        """A line of the log: V8's own text to the letter except for pid and isolate, `…` for the envelope and everything else."""
        shown: list[str] = []
        for payload in unwrap(text):
            body = " ".join(filter(None, (self._fragment(fragment) for fragment in self._fragments.split(payload.text))))
            shown.append(f"{GONE} {body}" if payload.envelope else body)
        return _GAPS.sub(GONE, " ".join(shown)) or GONE

    def unread(self, text: str) -> str:
        """A line that looked like V8's and could not be read: V8's words, and zeros for all figures."""
        return re.sub(r"0x[0-9a-fA-F]+|\d+", "0", self.words(text, numbers=True))

    def _fragment(self, fragment: Fragment) -> str:
        text = fragment.text.strip()
        if not text:
            return ""
        if fragment.head == "gc" and (reading := self._fragments.read_gc(text)) is not None:
            end = reading.length_in(text)
            rest = text[end:]
            if rest.strip():
                rest = f" {GONE}" if reading.whole else self.words(rest, numbers=True)
            return self._own_line(text[:end], reading) + rest
        other = self._fragments.read_other(text, in_crash=False)
        return GONE if other is None else self._other(text, other)

    def _other(self, text: str, reading: Reading) -> str:
        record: type[Record] = reading.rule.record
        if record is HeapOption:
            found = [option[0].strip() for option in self._fragments.formats.setting.part_pattern.finditer(text)]
            return f"{GONE} {' '.join(found)} {GONE}"
        if record is Message:
            return self._message(text, reading)
        if record in (FatalError, CrashMarker):
            return self.fatal(text)
        if record is PlatformMessage:
            return _platforms_words(text, reading)
        if record is KernelKill:
            return self.words(text, numbers=False)
        if record in (HeapStack, JsFrame, NativeFrame, MemoryUsage, MemoryFigure, PerformanceEntry):
            return GONE
        return self._own_line(text, reading)

    def _own_line(self, text: str, reading: Reading) -> str:
        """A line in V8's form, with the pseudonyms of pid and isolate in its prefix."""
        pid, isolate = reading.fields.get("pid"), reading.fields.get("isolate")
        text = text.lstrip()
        prefix = ""
        if pid is not None:
            printed = f"[{pid}" + (f":{isolate}" if isolate else "")
            if not text.startswith(printed) or len(pid) > MOST_DIGITS:
                return GONE
            prefix = f"[{self.names.pid(int(pid))}" + (f":{self.names.isolate(isolate)}" if isolate else "")
            text = text[len(printed) :]
        return prefix + self.words(text, numbers=True)

    def _message(self, text: str, reading: Reading) -> str:
        """Only the words by which a message was recognised."""
        found = reading.rule.pattern.match(text)
        groups = reading.rule.choices.get("kind", {})
        said = next((found[group] for group in groups if found is not None and found[group]), "")
        return f"{GONE} {said.strip()} {GONE}" if said.strip() != text.strip() else said.strip()

    # ------------------------------------------------------------ words

    def words(self, text: str, *, numbers: bool) -> str:
        """A text reduced to V8's words; `numbers` keeps its figures."""
        return _GAPS.sub(GONE, "".join(self._token(token, numbers) for token in _TOKEN.findall(text)))

    def _token(self, token: str, numbers: bool) -> str:
        if token.isspace() or _PUNCTUATION.fullmatch(token):
            return token
        if _ADDRESS.fullmatch(token):
            return self.names.address(token)
        if token[0].isdigit():
            return token if numbers and _NUMBER.fullmatch(token) else GONE
        words = _WORD.findall(token)
        return token if words and all(word in _vocabulary() for word in words) else GONE

    # ------------------------------------------------------------ crashes

    def fatal(self, text: str) -> str:
        """A fatal message reduced to V8's words, functions and source files."""
        shown: list[str] = []
        end = 0
        for found in _V8_SOURCE.finditer(text):
            shown += [self._fatal_words(text[end : found.start()]), found[0]]
            end = found.end()
        return _GAPS.sub(GONE, "".join([*shown, self._fatal_words(text[end:])]))

    def _fatal_words(self, text: str) -> str:
        parts = re.split(r"(\s+)", text)
        return "".join(part if is_native_symbol(part) else self.words(part, numbers=False) for part in parts)

    def message(self, text: str) -> str:
        """The message of a crash: a fatal one, or one that reports a death."""
        reading = self._fragments.read_other(text.strip(), in_crash=False) if text.strip() else None
        if reading is not None and reading.rule.record is Message:
            return self._message(text.strip(), reading)
        if reading is not None and reading.rule.record is PlatformMessage:
            return _platforms_words(text.strip(), reading)
        return self.fatal(text)

    def js_frame(self, text: str) -> str:
        """`function-1 (script-1.js:12)`."""
        found = _FRAME_TEXT.fullmatch(text.strip())
        if found is not None:
            script, name = self.names.script(found["script"]), found["function"]
            return f"{name if self._is_public(name, found['script']) else self.names.function(name)} ({script}:{found['line']})"
        reading = self._fragments.read_other(text.strip(), in_crash=True)
        if reading is None or reading.rule.record is not JsFrame:
            return GONE
        function, position = reading.fields.get("function"), reading.fields.get("position")
        if function and position:
            return self.js_frame(f"{function} ({position})")
        return self.words(text.strip(), numbers=False)

    def _is_public(self, function: str, script: str) -> bool:
        return self.names.is_public(script) and FUNCTION_NAME.fullmatch(function) is not None

    def native_frame(self, text: str) -> str:
        """The symbol, if it belongs to V8 or Node."""
        return text if is_native_symbol(text) or text == "?" else GONE

    # ------------------------------------------------------------ sentences

    def _pid(self, digits: str) -> str:
        return str(self.names.pid(int(digits))) if len(digits) <= MOST_DIGITS else GONE

    def sentence(self, text: str) -> str:
        """A sentence written by gclog, without what it quotes from the log."""
        for quoted in sorted(self.quoted, key=len, reverse=True):
            text = text.replace(quoted, self.quoted[quoted])
        text = _PROCESS.sub(lambda found: f"{found[1]}{self._pid(found[2])}", text)
        text = _ADDRESS.sub(lambda found: self.names.address(found[0]), text)
        for pattern in (_URL, _MAIL):
            text = pattern.sub(lambda found: GONE if found[1] else found[0], text)
        for pattern in (_UUID, _IPV4, _IPV6, _PATH):
            text = pattern.sub(GONE, text)
        return text


def _platforms_words(text: str, reading: Reading) -> str:
    """The status and the sizes of a platform's message, without the names in it."""
    said = " ".join(reading.fields[name] for name in ("status", "used", "limit", "share") if name in reading.fields)
    return said if said == text.strip() else f"{GONE} {said} {GONE}" if said else GONE
