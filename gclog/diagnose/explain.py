"""What a finding, a GC reason, a field or a fatal message means, as plain text."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import re
from collections.abc import Iterable, Iterator

from gclog.analysis.measure.locations import LOCATIONS, RETRIED, Location
from gclog.diagnose.facts import GROWTH_IN_WORDS
from gclog.diagnose.glossary import ENDS, FIGURES, PHRASES, WORDS
from gclog.diagnose.registry import RULES, RuleEntry
from gclog.diagnose.vocabulary import COLLECTOR_REASONS, COLLECTORS, GROWTH, LEVEL_MEANINGS, OLD_REASONS, REASONS
from gclog.model import crash_records, records
from gclog.model.records import Record, column_specs
from gclog.model.verdict import CrashKind

__all__ = ["explain", "suggest", "topics"]

SUGGESTIONS = 3
"""Near misses that are offered for an unknown word."""

LIKENESS = 0.6
"""difflib's own default: below it a suggestion is noise."""

SHORTEST_BEGIN = 4
"""Length from which a location also explains longer texts that begin with it: `JS` begins too many words."""

FULL_OR_HUGE = "Out of heap: a full heap, or one allocation too large for what was left of it."
"""For locations where V8 gives up after its last-resort collections: only the room that was left shows which of the two it was."""

WORST = re.compile(r"worst [\d.]+ \w+(?: [\d.]+ \w+)?")
EXIT_CODE = re.compile(r"(?:exit(?:ed)?(?: with)?(?: code| status)?|code|status):? ?(\d+)")

DEATHS: dict[CrashKind, str] = {
    "ineffective-mark-compacts": "Out of heap: full collections near the limit freed too little, four times in a row.",
    "heap-limit": "Out of heap: the JavaScript heap was full.",
    "one-large-allocation": "One object was too large; the heap itself may have had room.",
    "native-memory": "Not the JavaScript heap: memory outside it ran out.",
    "killed": "Killed from outside with SIGKILL, most likely for its total memory; V8 prints nothing then.",
    "worker-limit": "A worker ran into its own limit; the process lived on.",
    "not-memory": "Not a lack of memory.",
    "unknown": "Not known.",
}


def topics() -> dict[str, tuple[str, ...]]:
    """Everything that can be explained, by group."""
    return {
        "findings": tuple(rule.id for rule in RULES),
        "levels": tuple(LEVEL_MEANINGS),
        "kinds of growth": tuple(GROWTH),
        "words": tuple(WORDS),
        "figures": tuple(FIGURES),
        "phrases": tuple(PHRASES),
        "ends of a process": tuple(ENDS),
        "collectors": tuple(COLLECTORS),
        "reasons": (*REASONS, *OLD_REASONS),
        "reasons for a collector": tuple(COLLECTOR_REASONS),
        "fatal locations": tuple(location.begin for location in LOCATIONS),
        "fields": tuple(_fields()),
    }


def explain(id: str) -> str | None:
    """What a word means, whatever its case, blanks, `-` and `_`; all its meanings if it has several.

    None if it is not known: `suggest` has similar ones.
    """
    wanted = _plain(_fold(id))
    texts = [_explain_rule(rule) for rule in RULES if _fold(rule.id) == wanted]
    texts += _look_up(wanted, "level of a verdict", LEVEL_MEANINGS.items())
    texts += _look_up(wanted, "kind of growth", GROWTH.items())
    texts += _look_up(wanted, "kind of growth", _growth_in_words())
    texts += _look_up(wanted, "collector", COLLECTORS.items())
    texts += _look_up(wanted, "reason of a collection", (REASONS | OLD_REASONS).items())
    texts += _look_up(wanted, "why V8 chose a collector", COLLECTOR_REASONS.items())
    texts += _look_up(wanted, "field", [(name, "\n".join(meanings)) for name, meanings in _fields().items()])
    texts += [_explain_location(id.strip(), place) for place in LOCATIONS if _is_at(wanted, place)][:1]
    texts += _look_up(wanted, "phrase of a report", PHRASES.items())
    texts += _look_up(wanted, "end of a process", ENDS.items())
    texts = (
        texts or _look_up(wanted, "word of a report", WORDS.items()) or _look_up(wanted, "figure of a report", FIGURES.items())
    )
    return "\n\n".join(texts) or None


def suggest(id: str) -> tuple[str, ...]:
    """Known words that an unknown one may have been meant for, the nearest first."""
    names = {_fold(name): name for group in topics().values() for name in group}
    return tuple(names[near] for near in difflib.get_close_matches(_fold(id), list(names), n=SUGGESTIONS, cutoff=LIKENESS))


def _fold(word: str) -> str:
    return re.sub(r"[\s_\-]+", " ", word).strip().lower()


def _plain(word: str) -> str:
    """What reports print with a figure in it, without."""
    return "worst minute" if WORST.fullmatch(word) else EXIT_CODE.sub(r"\1", word)


def _growth_in_words() -> Iterator[tuple[str, str]]:
    """Kinds of growth as a headline says them, of the living and of the dead; those that have another name in JSON."""
    for kind, words in GROWTH_IN_WORDS.items():
        for said in dict.fromkeys((words, words.replace("growing", "grew", 1))):
            if _fold(said) not in map(_fold, GROWTH):
                yield said, GROWTH[kind]


def _look_up(wanted: str, group: str, meanings: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name} ({group})\n\n{meaning}" for name, meaning in meanings if _fold(name) == wanted]


def _explain_rule(rule: RuleEntry) -> str:
    text = f"{rule.id} (finding)\n\n{inspect.cleandoc(rule.doc)}"
    thresholds = [
        f"    {field.name} = {getattr(rule.defaults, field.name):g}: {field.metadata['reason']}"
        for field in dataclasses.fields(rule.defaults)
    ]
    return "\n".join([text, "", "Thresholds", *thresholds]) if thresholds else text


def _is_at(wanted: str, place: Location) -> bool:
    begin = _fold(place.begin)
    return wanted == begin or (len(begin) >= SHORTEST_BEGIN and wanted.startswith(begin))


def _explain_location(id: str, place: Location) -> str:
    death = FULL_OR_HUGE if place.begin in RETRIED else DEATHS[place.kind]
    why = f" {place.why[:1].upper()}{place.why[1:]}." if place.why else ""
    return f"{id} (fatal location)\n\n{death}{why}"


def _fields() -> dict[str, list[str]]:
    """Every field of every record type: its name, and `Type: what it is` for each different meaning."""
    found: dict[str, list[str]] = {}
    seen: set[tuple[str, str]] = set()
    everything = {**vars(records), **vars(crash_records)}
    kinds = {name: kind for name, kind in everything.items() if inspect.isclass(kind) and issubclass(kind, Record)}
    for name, kind in sorted(kinds.items(), key=lambda member: (len(member[1].__mro__), member[0])):
        for field_name, field in column_specs(kind).items():
            meaning = str(field.metadata["doc"])
            if (field_name, meaning) not in seen:
                seen.add((field_name, meaning))
                found.setdefault(field_name, []).append(f"{name}: {meaning}")
    return dict(sorted(found.items()))
