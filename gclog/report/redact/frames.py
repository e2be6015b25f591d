"""Redaction of profile frames: names from V8, Node and packages are kept; the application's are replaced by numbers."""

from __future__ import annotations

import re
from typing import Any

from gclog.model.profile import Frame
from gclog.report.redact.text import FUNCTION_NAME, GONE, TextRedactor, is_native_symbol

__all__ = ["deopt_kind", "deopt_reason", "frame_name", "library", "marker", "position", "tag"]

ANONYMOUS_NAMES = frozenset(
    {"(anonymous)", "(unknown)", "(folded)", "(program)", "(root)", "(garbage collector)", "(idle)"}
) | frozenset(
    f"({name})"
    for name in ("BYTECODE_COMPILER", "COMPILER", "EXTERNAL", "GC", "IDLE", "JS", "OTHER", "PARSER", "V8 API", "deopt")
)
"""Functions without a name, and what V8 has in place of one."""

V8_CODE_TAGS = frozenset({"Builtin", "BytecodeHandler", "Stub", "CodeCreation", "Handler"})
"""Tags of code that V8 names itself. Regular expressions, inline caches and scripts are named after the program's text."""

_CODE_NAME = re.compile(r"[\w:.<>, -]{1,120}")
_TAG = re.compile(r"[A-Za-z]{0,40}")
_MARKER = re.compile(r"[~^+*'o?]{0,4}")
_KIND = re.compile(r"[a-z-]{1,24}")
_WORD = re.compile(r"[^\W_]+")
_DEOPT_TEXT = """
a access accesses after allocation an and argument arguments array assembly bailout be big bigint binary boolean bounds buffer by call
cannot cell changed check code compare comparison constant construct constructor context contents could cow dead debugger declared
deoptimization deoptimize deoptimized dependency detached detectable different division double double64 element elements end enum enumerable
eval execution expected failed feedback field float float64 for forced function generic global grow grown hash heap heapnumber hole
holes in index indices inlined instance instanceof instruction insufficient int int32 integer invalid iteration javascript keyed kind kinds
lazy length literal load lost made map maps migration minus missing mismatch mode module modulo name named nan negative new no non not now
null number object of oddball off on one operation optimized or osr out outside over overflow oversized parameter past polymorphic
precision preparation prepare prior proto prototype read receiver regexp replacement representation result return runtime shared shift
site sites slot smi space speculation stack state store string strings stub super switch symbol tagged target tdz tenuring throw to too
transition truncate truncated try type typed uint32 unary undefined unexpected uninitialized unknown unoptimized unreachable unstable
untagged use using value values variable was weak with without word wrapper write wrong yield zero
"""
DEOPT_WORDS = frozenset(_DEOPT_TEXT.split())
"""Words that occur in V8's deoptimisation reasons (deoptimize-reason.h, and the bailout reasons before it)."""

_POSITION = re.compile(r"<?([^<>\s][^<>]*?):(-?\d+):(-?\d+)>?")


def frame_name(texts: TextRedactor, name: str, frame: Frame) -> str:
    """The name of a frame, by its kind."""
    if name in ANONYMOUS_NAMES:
        return name
    match frame.kind:
        case "function":
            return _function(texts, name, frame)
        case "code":
            return name if frame.tag in V8_CODE_TAGS and _CODE_NAME.fullmatch(name) else texts.names.code(name)
        case "native":
            return name if is_native_symbol(name) else texts.names.function(name)
        case "shared_library":
            return texts.names.library(name)
        case "unknown":
            return GONE


def _function(texts: TextRedactor, name: str, frame: Frame) -> str:
    """A function keeps its name if its script shows that it belongs to Node or to a package."""
    public = frame.script is not None and frame.category != "application" and texts.names.is_public(frame.script)
    return name if public and FUNCTION_NAME.fullmatch(name) else texts.names.function(name)


def library(texts: TextRedactor, path: str, _: Any) -> str:
    """The file name of a binary that every Node process loads; `library-1` for any other."""
    return texts.names.library(path)


def tag(_: TextRedactor, text: str, __: Any) -> str:
    """V8's tag of code."""
    return text if _TAG.fullmatch(text) else GONE


def marker(_: TextRedactor, text: str, __: Any) -> str:
    """V8's marker for the compiler tier."""
    return text if _MARKER.fullmatch(text) else GONE


def deopt_kind(_: TextRedactor, text: str, __: Any) -> str:
    """`soft`, `eager`, `lazy`."""
    return text if _KIND.fullmatch(text) else GONE


def deopt_reason(_: TextRedactor, text: str, __: Any) -> str:
    """The deoptimisation reason, if V8's vocabulary covers it."""
    return text if all(word.lower() in DEOPT_WORDS for word in _WORD.findall(text)) else GONE


def position(texts: TextRedactor, text: str, _: Any) -> str:
    """The source position, with the script's pseudonym."""
    places = [f"<{texts.names.script(script)}:{line}:{column}>" for script, line, column in _POSITION.findall(text)]
    return " inlined at ".join(places) or (GONE if text else "")
