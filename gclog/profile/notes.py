"""Oddities of a v8.log, in a sentence each, which node's own tool ignores silently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from gclog.model.profile import ProfileNote

__all__ = ["NoteBook"]

_TEXTS = {
    "blank-lines": "{count} in the log; `node --prof-process` silently stops at the first of them, this report continues",
    "several-logs": "this file contains several logs; each is a profile of its own",
    "truncated-last-line": "the last line has no end: the process was killed, or the log is still being written",
    "repaired-names": "{count} of functions contained line breaks and were rejoined",
}
_THINGS = {"blank-lines": ("blank line", "blank lines"), "repaired-names": ("name", "names")}


class NoteBook:
    """Notes on one profile, in the order in which they first arose."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int]] = {}
        self._said: list[ProfileNote] = []

    def add(self, id: str, line: int) -> None:
        """Record an oddity of which only the first line and the count are kept."""
        first, count = self._seen.get(id, (line, 0))
        self._seen[id] = (first, count + 1)

    def say(self, id: str, text: str) -> None:
        """Add a note."""
        self._said.append(ProfileNote(id, text))

    def conclude(
        self,
        no_version: Literal["old", "unknown"] | None,
        ticks: int,
        lost: int,
        nowhere: Mapping[str, int],
        ended: bool,
        tiers: Sequence[str],
        *,
        folded: int,
        cut: int,
        deepest: int,
    ) -> None:
        """Add the notes that depend on the whole log."""
        if no_version:
            as_what = {
                "old": "its records are those of a V8 before 3.28 (Node 0.10 and older), and are read so",
                "unknown": "it is read as one of Node 20",
            }
            self.say("no-version", f"the log does not say which V8 wrote it; {as_what[no_version]}")
        if not ticks:
            self.say("no-ticks", "the log has no ticks: it was made without --prof, or the range leaves none")
        if lost:
            self.say("lost-ticks", f"V8 lost samples at {lost:,} {'place' if lost == 1 else 'places'}")
        if nowhere:
            count = sum(nowhere.values())
            states = ", ".join(
                f"{ticks:,} in state {state}" for state, ticks in sorted(nowhere.items(), key=lambda item: -item[1])
            )
            self.say(
                "no-counter",
                f"{count:,} {'tick has' if count == 1 else 'ticks have'} no program counter and no stack: V8 could not walk the "
                f"thread's stack, as at the start or end of a function; they remain unknown ({states})",
            )
        if folded:
            self.say(
                "folded-stacks",
                f"the log has more different stacks than are kept: of {folded:,} {'tick' if folded == 1 else 'ticks'} with a rare stack only "
                "the outermost calls and the innermost one are shown, with (folded) between; each frame's self and total ticks are complete",
            )
        if cut:
            self.say(
                "deep-stacks",
                f"{cut:,} {'stack is' if cut == 1 else 'stacks are'} deeper than {deepest:,} calls, of which the innermost are shown",
            )
        if ticks and not ended:
            self.say("no-end", "the log does not end with `profiler,end`: the process was killed, or is still running")
        if tiers:
            self.say("unknown-tiers", f"tiers unknown to this version, kept as they are: {' '.join(tiers)}")

    def all(self) -> tuple[ProfileNote, ...]:
        """All notes: the counted ones, then the others."""
        counted = [ProfileNote(id, self._text(id, count), line) for id, (line, count) in self._seen.items()]
        return (*counted, *self._said)

    @staticmethod
    def _text(id: str, count: int) -> str:
        one, many = _THINGS.get(id, ("", ""))
        return _TEXTS[id].format(count=f"{count:,} {one if count == 1 else many}")
