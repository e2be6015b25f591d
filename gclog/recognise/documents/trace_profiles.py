"""CPU profiles in a trace (`traceEvents`): V8's `Profile` and `ProfileChunk` events, or the `CpuProfile` of old Chromes.

    {"name":"Profile","ph":"P","pid":7,"tid":7,"id":"0x1","args":{"data":{"startTime":27776825037}}}
    {"name":"ProfileChunk","ph":"P","pid":7,"tid":9,"id":"0x1","args":{"data":{"cpuProfile":{"nodes":[{"id":1,"callFrame":{...}},
     {"id":2,"parent":1,"callFrame":{...}}],"samples":[1,2]},"timeDeltas":[120,130]}}}

A profile is known by process and id; its chunks come from another thread. `StreamPendingTraceEvents` in V8's
src/profiler/profile-generator.cc.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gclog.recognise.documents.cpu_profile import LARGEST, CpuProfile
from gclog.source.json_stream import JsonStream, MalformedError

__all__ = ["TraceProfile", "TraceProfiles"]

NAMES = frozenset({"Profile", "ProfileChunk", "CpuProfile"})


@dataclass(slots=True)
class TraceProfile:
    """A profile of one thread. `tid` is the system's number of it; bad: events of it that could not be read."""

    pid: int
    tid: int | None = None
    profile: CpuProfile = field(default_factory=CpuProfile)
    samples: array[int] = field(default_factory=lambda: array("q"))
    deltas_us: array[int] = field(default_factory=lambda: array("q"))
    lasted_us: int = 0
    bad: int = 0

    def finished(self) -> CpuProfile:
        """With its samples."""
        if len(self.samples):
            self.profile.samples = np.frombuffer(self.samples, dtype=np.int64)
            self.profile.deltas_us = np.frombuffer(self.deltas_us, dtype=np.int64)
        return self.profile


class TraceProfiles:
    """The profiles of a trace while its events pass."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], TraceProfile] = {}

    def take(self, event: Any) -> None:
        """Note an event; one of another kind, or that is not as V8 writes it, is passed over."""
        match event:
            case {"name": str(name), "pid": int(pid), "args": {"data": dict(data)}} if name in NAMES:
                key = pid, str(event.get("id"))
            case _:
                return
        one = self._found.setdefault(key, TraceProfile(pid))
        tid = event.get("tid")
        if name != "ProfileChunk" and isinstance(tid, int):
            one.tid = tid
        try:
            self._add(one, name, data)
        except MalformedError:
            one.bad += 1

    def finished(self) -> list[TraceProfile]:
        """Those that have a node."""
        return [one for one in self._found.values() if len(one.profile.ids)]

    @staticmethod
    def _add(one: TraceProfile, name: str, data: Mapping[str, Any]) -> None:
        for key, attribute in (("startTime", "start_us"), ("endTime", "end_us")):
            moment = data.get(key)
            if isinstance(moment, int | float) and 0 <= moment < LARGEST:
                setattr(one.profile, attribute, round(moment))
        found = data.get("cpuProfile")
        found = found if isinstance(found, dict) else {}
        if name == "CpuProfile":
            one.profile.read(JsonStream([json.dumps(found).encode()]))
            return
        for node in _list(found.get("nodes")):
            one.profile.take_node(node)
        samples = _list(found.get("samples"))
        deltas = _list(data.get("timeDeltas") or found.get("timeDeltas"))
        count = min(len(samples), len(deltas))
        if not all(type(number) is int and abs(number) < LARGEST for number in (*samples, *deltas)):
            raise MalformedError("a sample is no whole number")
        lasted = one.lasted_us + sum(map(abs, deltas))
        if lasted >= LARGEST:
            raise MalformedError("its samples last too long")
        one.lasted_us = lasted
        one.samples.extend(samples[:count])
        one.deltas_us.extend(deltas[:count])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
