"""Profiles for the renderers' tests, from small logs: what the ticks are is written here, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from gclog.model.not_known import NotKnown
from gclog.model.profile import AllocationWindow, FlatRow, GcJoin, JoinedPause, Profile
from gclog.model.report import ProfileReport, Report
from gclog.profile.build import build_profiles
from gclog.profile.options import ProfileOptions
from gclog.source.open import Block

HEAD = """v8-version,11,3,244,8,-node.38,0
shared-library,/usr/bin/node,0x500000,0x600000,0
profiler,begin,1000
code-creation,JS,10,5,0x2000,256,hash /srv/app.js:12:7,0x3000,~
code-creation,JS,12,6,0x2200,256,hash /srv/app.js:12:7,0x3000,*
code-creation,JS,10,7,0x2400,256,main /srv/app.js:40:1,0x3100,~
code-creation,JS,10,8,0x2600,256,send /srv/node_modules/@web/express/lib/send.js:3:2,0x3200,~
code-creation,Builtin,2,9,0x4000,64,StringAdd
code-creation,RegExp,3,10,0x4100,64,a+b
new,MemoryChunk,0x7000000,1048576
"""
TAIL = "new,MemoryChunk,0x8000000,2097152\ndelete,MemoryChunk,0x7000000\nprofiler,end\n"

INTERPRETED, OPTIMISED, MAIN, SEND, BUILTIN, REGEXP, NODE = (
    *("0x2010", "0x2210", "0x2410", "0x2610", "0x4010", "0x4110", "0x500010"),
)
BELOW_MAIN = f",{MAIN}"
JS, GC, EXTERNAL = 0, 1, 6


def tick(number: int, pc: str, state: int = JS, stack: str = BELOW_MAIN) -> str:
    return f"tick,{pc},{1000 * number},0,0x0,{state}{stack}\n"


TICKS: Sequence[tuple[str, int, str]] = (
    *[(OPTIMISED, JS, BELOW_MAIN)] * 9,
    *[(INTERPRETED, JS, BELOW_MAIN)] * 1,
    *[(MAIN, JS, "")] * 2,
    *[(SEND, JS, BELOW_MAIN)] * 2,
    *[(BUILTIN, JS, f",{SEND}{BELOW_MAIN}")] * 1,
    *[(REGEXP, JS, "")] * 1,
    *[(NODE, GC, f",{OPTIMISED}{BELOW_MAIN}")] * 3,
    ("0x9999", EXTERNAL, ""),
)
"""20 ticks: 16 in JavaScript (10 of `hash`), 3 of GC in the binary, 1 of nobody knows what."""

DEOPT = "code-deopt,9000,576,0x2200,-1,190,deopt-eager,</srv/app.js:13:9>,wrong map\n"


def make_profile(
    ticks: Sequence[tuple[str, int, str]] = TICKS, name: str = "isolate-0x10-7-v8.log", between: str = ""
) -> Profile:
    lines = [tick(number, *what) for number, what in enumerate(ticks, 1)]
    text = HEAD + "".join(lines[:9]) + between + "".join(lines[9:]) + TAIL
    (profile,) = build_profiles(name, [Block(text.encode(), 1)], ProfileOptions())
    return profile


def make_report(*profiles: Profile, gc: GcJoin | NotKnown | None = None) -> Report:
    unknown = NotKnown("no GC log of the same isolate was given")
    return Report("0.1.0", (), (), tuple(ProfileReport(p.source, p, gc or unknown) for p in profiles or (make_profile(),)))


def make_join() -> GcJoin:
    return GcJoin(
        source="gc.log",
        pid=7,
        isolate="0x10",
        offset_us=-250,
        offset_why="most ticks of GC fall into pauses so",
        pauses=(JoinedPause(5, 16_500, 2.5, "scavenge", 2), JoinedPause(6, 19_000, 1.0, "mark_compact", 1)),
        pause_share=0.175,
        gc_ticks_in_pauses=2,
        gc_ticks_elsewhere=1,
        windows=(AllocationWindow(1000, 6000, 3.0, 600.0, 5, (FlatRow(0, 4, 5),)),),
        windows_why="the stretches above the median rate",
    )


def make_hostile(name: str) -> Profile:
    """`name` as a function, a script, a builtin and a binary."""
    safe = name.replace("\n", "\\n").replace("\r", "\\x0d").replace("\0", "\\x00")
    text = "v8-version,11,3,244,8,-node.38,0\n"
    text += f"code-creation,JS,10,5,0x2000,256,{safe} /srv/{safe}:12:7,0x3000,~\n"
    text += f"code-creation,Builtin,2,9,0x4000,64,{safe}\n"
    text += f"shared-library,/usr/{safe.replace(',', '')},0x500000,0x600000,0\n"
    text += "".join(tick(number, pc, JS, "") for number, pc in enumerate(("0x2010", "0x4010", "0x500010") * 4, 1))
    (profile,) = build_profiles(name, [Block(text.encode("utf-8", "replace"), 1)], ProfileOptions())
    return profile
