"""The words of a report in plain words, for `gclog explain` and for explanations in place."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["FIGURES", "WORDS", "explain_in_place"]

WORDS: dict[str, str] = {
    "mu": "Mutator utilisation: the share of the time that V8's collections left to the program, 0 to 1, as V8 prints it. "
    "`current mu` is that of the last full collection, `average mu` a running mean; below 0.4, near the limit, V8 counts strikes.",
    "mutator utilisation": "The share of the time that collections left to the program (the mutator), 0 to 1; mu for short.",
    "strike": "V8's count of full collections in a row that freed too little near the limit, at a mu below 0.4. One that frees "
    "enough sets it back to 0; at the fourth V8 gives up and the process dies.",
    "live set": "What is still reachable: the size of the heap right after a full collection. Garbage is not in it.",
    "floor": "What the live set never fell below again: its lower edge, which bursts of work leave alone. What it does is growth.",
    "on the current trend": "If growth goes on as it did lately. Whether it will, a log cannot say: a cache that fills looks like a leak.",
    "on current trend": "If growth goes on as it did lately. Whether it will, a log cannot say: a cache that fills looks like a leak.",
    "scavenge": "A collection of the young generation alone: short, frequent, copies what survives. It says little of the live set.",
    "full collection": "A collection of the whole heap (Mark-sweep, Mark-Compact): what it leaves is the live set.",
    "mark-compact": "A full collection: marks what is alive in the whole heap, sweeps the rest, compacts some pages.",
    "last resort": "V8's last full collections before it gives up an allocation that did not fit.",
    "young generation": "Where objects are allocated: two semi spaces and large new objects. Scavenges collect it.",
    "old generation": "Where objects go that survived two scavenges. --max-old-space-size is its limit, which the heap dies of.",
    "old space": "The largest part of the old generation.",
    "semi space": "Half of the young generation: a scavenge copies what survives from one to the other. V8 enlarges it, by doubling, if "
    "much survives.",
    "promotion": "Moving an object to the old generation, after its second scavenge. From there only full collections free it.",
    "survival": "The share of the young generation that scavenges find alive. Most programs: a tenth; a third is much.",
    "fragmentation": "Memory that V8 has committed for its heap and no object uses: holes between objects, pages not yet given back.",
    "committed": "Memory that V8 has taken from the operating system for its heap, used or not.",
    "reclaim": "The share of the heap that a full collection freed. Near 0 it was for nothing.",
    "external memory": "Memory outside the heap that objects in it hold: Buffers, ArrayBuffers. The heap's limit does not count it.",
    "rss": "Resident set size: all memory of the process that is in RAM, heap and everything else. A container's limit applies to it.",
    "allocation rate": "What the program allocates in a second. It decides how often scavenges come, not whether the heap grows.",
    "pause": "Time in which a collection stops the program: no request is answered, no timer fires.",
    "gc share": "The share of the time in pauses of collections.",
    "incremental steps": "Marking done in small steps between the pauses, on the program's thread as well.",
    "heap limit": "The limit of the old generation (--max-old-space-size): given, printed in the log, or inferred from how V8 behaves.",
    "earlier runs": "Runs of the same program that ended well, remembered with `gclog history add`: what their live sets did at each age is the "
    "envelope beside which a run is judged. `gclog docs history`.",
    "inferred": "Not said by any line: concluded from how V8 collects, and so uncertain.",
    "horizon": "How far ahead a forecast is taken for a warning: exhaustion beyond it is `rising`, within it `impending`.",
    "foreseeable": "How long before the death the warning began that nobody would have closed until then, by the lines up to each moment alone.",
    "isolate": "One V8 heap with its thread: the main one, or a worker thread's. Its address tells them apart.",
    "retained size": "What would be freed if the object went: its own size, and that of all that only it holds.",
    "heap snapshot": "A file with every object of the heap and what holds it. It takes several times the heap's size in memory to write: "
    "`gclog docs evidence`.",
    "allocation sampling": "A profile that notes one allocation in many and which are still alive: a few KB, and names functions. "
    "`gclog docs evidence`.",
    "death spiral": "Full collections back to back that free next to nothing: the process is up, and does nothing else.",
}
"""Words of findings, headlines and figures. Written as in a sentence; `explain` does not mind case, blanks and `-`."""

FIGURES: dict[str, str] = {
    "Collections": "How many collections the log has of each kind.",
    "GC pause share": "The share of the log's time in pauses, and, if the log says, with the incremental steps between them.",
    "Worst minute": "The largest share of any 60 seconds in pauses; of a shorter log that of the whole, named by its length.",
    "Pause p50, p90, p99": "Half, nine tenths, 99 % of all pauses were as short as this, or shorter.",
    "Longest pause": "The longest time that a collection stopped the program.",
    "Mutator utilisation": WORDS["mutator utilisation"],
    "Live set": WORDS["live set"],
    "Heap kept after": "The test file after which the heap stayed larger, by the sizes that the test runner printed.",
    "Heap trend": "Slope of the heap in use by the program's own figures, robust against outliers (Theil-Sen), with a 90 % interval.",
    "Committed, most": f"The largest figure. {WORDS['committed']}",
    "Allocation rate": WORDS["allocation rate"],
    "Promotion rate": f"What is promoted in a second. {WORDS['promotion']}",
    "Survival": WORDS["survival"],
    "Reclaim": f"The median of the last ten. {WORDS['reclaim']}",
    "Fragmentation, most": f"The largest figure. {WORDS['fragmentation']}",
    "External memory, most": f"The largest figure. {WORDS['external memory']}",
    "Growth": "What the live set's floor does. `gclog explain steady` and the like have the kinds.",
    "Strikes": f"The most in a row. {WORDS['strike']}",
    "memwatch leak events": "How often memwatch's rule would have spoken: five full collections in a row, each with a larger heap than the one before.",
    "Live-set trend": "Slope of the live set's floor over its climb, or else the latest stretch, robust against outliers (Theil-Sen), with a 90 % interval.",
    "Grows with": "Which of the application's own lines keep memory, and how much each: the kind whose count explains the live set best, time included.",
    "Heap limit": WORDS["heap limit"],
    "Readings": "How many figures of its memory the program printed.",
    "Memory grew": "Which part of the process's memory grew by these figures: the heap, what is outside of it, both, none.",
    "Event": "What made Node write the diagnostic report.",
    "Node": "The version that wrote the diagnostic report.",
    "Command line": "How the process was started, by its diagnostic report.",
    "Old-space limit": WORDS["heap limit"],
    "heap_size_limit": "V8's own figure of its limit: that of the old generation and, by version, some of the young one.",
    "Heap in use": "Memory of the heap that objects use, garbage included.",
    "RSS": WORDS["rss"],
    "Container limit": "How much memory the container may have in all, by the diagnostic report.",
    "Killed": "By whom the process was killed, and with how much memory.",
    "Memory limit": "The limit of all memory of the process: its container's.",
    "What it is": "What the memory outside the heap consists of: Buffers and ArrayBuffers, other memory that V8 knows of, or memory of which "
    "V8 knows nothing (native code, stacks).",
    "RSS trend": "Slope of RSS over the readings, with a 90 % interval.",
    "Handles": "libuv's handles: sockets, timers, files. Many of a kind are often a leak.",
    "Worker threads": "How many worker threads the process had.",
    "Detached contexts": "Contexts (vm, iframes) that are left but still referenced: a leak, if they stay.",
    "Exception": "What was thrown and not caught.",
    "Thread": "The worker thread that the diagnostic report is of.",
    "Stack": "Where the program was.",
}
"""Titles of a report's figures -> what they mean."""

ANY_WORD = "|".join(re.escape(word).replace(r"\ ", "[ -]") for word in sorted(WORDS, key=len, reverse=True))

WORD = re.compile(rf"(?<![\w-])(?:{ANY_WORD})(?:e?s)?(?![\w-])", re.IGNORECASE)
"""A word of the glossary in a text, in the singular or the plural."""


def explain_in_place(text: str, known: set[str] | None = None) -> Iterator[tuple[str, str]]:
    """The text in parts, each with its meaning or none: for a renderer that marks words (`<abbr title="...">`).

    Each word is explained once: those in `known` were before, and new ones are added to it.
    """
    known = set() if known is None else known
    end = 0
    for found in WORD.finditer(text):
        word = _word_of(found[0])
        if word in known:
            continue
        known.add(word)
        if found.start() > end:
            yield text[end : found.start()], ""
        yield found[0], WORDS[word]
        end = found.end()
    if end < len(text):
        yield text[end:], ""


def _word_of(found: str) -> str:
    """The word as the glossary has it."""
    bare = found.lower()
    candidates = (bare, bare.removesuffix("s"), bare.removesuffix("es"))
    spellings = (spelling for word in candidates for spelling in (word, word.replace("-", " "), word.replace(" ", "-")))
    return next(spelling for spelling in spellings if spelling in WORDS)
