"""Profiles for speedscope (https://www.speedscope.app; format: its file-format-schema.json).

Each is in the file twice. `NAME: time`, which is shown first, has every tick in order, in µs: a tick lasts until the next one, and
without ticks (usually idle) the chart is blank, so that its axis is real time. `NAME: ticks` has each stack once
with its ticks as weight: the numbers that all other views of a profile show. Of a CPU profile that is `NAME: stacks`, in µs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import gclog
from gclog.model.profile import GC_STATE, Frame, Profile
from gclog.report.export.stacks import GC_NAME, counted_stacks, lacks_collector, moments_us, name_of, tick_lengths_us
from gclog.report.visible import make_visible

__all__ = ["export", "export_all"]

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def export(profile: Profile, name: str) -> str:
    """One profile as a speedscope file, under a name."""
    return _export([(profile, name)], name)


def export_all(profiles: Sequence[Profile]) -> str:
    """All profiles in one speedscope file, each under the name of its log."""
    return _export([(profile, profile.source) for profile in profiles], ", ".join(profile.source for profile in profiles))


def _export(profiles: Iterable[tuple[Profile, str]], name: str) -> str:
    shared = _Frames()
    shown = [form for profile, own_name in profiles for form in _forms(profile, make_visible(own_name), shared)]
    content = {
        "$schema": SCHEMA,
        "exporter": f"gclog {gclog.__version__}",
        "name": make_visible(name),
        "activeProfileIndex": 0,
        "shared": {"frames": shared.frames},
        "profiles": shown,
    }
    return json.dumps(content, separators=(",", ":"))


class _Frames:
    """The frames of all profiles of a file, each once."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self._numbers: dict[tuple[object, ...], int] = {}

    def number(self, frame: Frame | None) -> int:
        """The index of a frame; None is the frame for GC."""
        made: dict[str, Any] = {"name": GC_NAME} if frame is None else {"name": name_of(frame)}
        if frame is not None:
            file = frame.script if frame.script is not None else frame.library
            places = (("file", None if file is None else make_visible(file)), ("line", frame.line), ("col", frame.column))
            made |= {key: value for key, value in places if value is not None}
        key = tuple(made.items())
        if key not in self._numbers:
            self._numbers[key] = len(self.frames)
            self.frames.append(made)
        return self._numbers[key]


def _forms(profile: Profile, name: str, shared: _Frames) -> list[dict[str, Any]]:
    numbers = [shared.number(frame) for frame in profile.frames]
    collector = [shared.number(None)] if lacks_collector(profile) and any(path.gc_ticks for path in profile.paths) else []
    stacks = [[numbers[frame] for frame in path.frames] for path in profile.paths]
    moments = moments_us(profile)
    samples: list[list[int]] = []
    lengths: list[int] = []
    ticks = zip(profile.samples.path, profile.samples.state, tick_lengths_us(profile, moments), strict=True)
    for path, state, (length, gap) in ticks:
        samples.append(collector + stacks[path] if state == GC_STATE else stacks[path])
        lengths.append(length)
        if gap:
            samples.append([])
            lengths.append(gap)
    counted = list(counted_stacks(profile))
    return [
        _sampled(f"{name}: time", "microseconds", moments[0] if moments else 0, samples, lengths),
        _sampled(
            f"{name}: {'ticks' if profile.unit == 'ticks' else 'stacks'}",
            "none" if profile.unit == "ticks" else "microseconds",
            0,
            [(collector if in_gc else []) + [numbers[frame] for frame in frames] for frames, in_gc, _ in counted],
            [ticks for _, _, ticks in counted],
        ),
    ]


def _sampled(name: str, unit: str, begin: int, samples: list[list[int]], weights: list[int]) -> dict[str, Any]:
    return {
        "type": "sampled",
        "name": name,
        "unit": unit,
        "startValue": begin,
        "endValue": begin + sum(weights),
        "samples": samples,
        "weights": weights,
    }
