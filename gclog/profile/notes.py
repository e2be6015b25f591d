"""What is odd about a v8.log, in a sentence each: what node's own tool passes over without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gclog.model.profile import ProfileNote

__all__ = ["NoteBook"]

_TEXTS = {
    "blank-lines": "{count} in the log; `node --prof-process` stops at the first of them without a word, this report goes on",
    "several-logs": "several logs stand one after the other in this file; each is a profile of its own",
    "truncated-last-line": "the last line has no end: the process was killed, or the log is still being written",
    "repaired-names": "{count} of functions had line breaks in them and were put together again",
}
_THINGS = {"blank-lines": ("blank line", "blank lines"), "repaired-names": ("name", "names")}


class NoteBook:
    """Notes of one profile, in the order in which they first arose."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int]] = {}
        self._said: list[ProfileNote] = []

    def add(self, id: str, line: int) -> None:
        """Something of which only the first place and the number of times are kept."""
        first, count = self._seen.get(id, (line, 0))
        self._seen[id] = (first, count + 1)

    def say(self, id: str, text: str) -> None:
        """A sentence."""
        self._said.append(ProfileNote(id, text))

    def conclude(
        self, no_version: bool, ticks: int, lost: int, nowhere: Mapping[str, int], ended: bool, tiers: Sequence[str]
    ) -> None:
        """What can be said only at the end."""
        if no_version:
            self.say("no-version", "the log does not say which V8 wrote it; it is read as one of Node 20")
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
                f"thread's stack there, as where a function begins or ends; they stay unknown ({states})",
            )
        if ticks and not ended:
            self.say("no-end", "the log does not end with `profiler,end`: the process was killed, or runs still")
        if tiers:
            self.say("unknown-tiers", f"tiers that this version does not know, kept as they are: {' '.join(tiers)}")

    def all(self) -> tuple[ProfileNote, ...]:
        """The notes."""
        counted = [ProfileNote(id, self._text(id, count), line) for id, (line, count) in self._seen.items()]
        return (*counted, *self._said)

    @staticmethod
    def _text(id: str, count: int) -> str:
        one, many = _THINGS.get(id, ("", ""))
        return _TEXTS[id].format(count=f"{count:,} {one if count == 1 else many}")
