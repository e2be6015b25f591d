"""The words of a report in plain words, for `gclog explain` and for explanations in place."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["ENDS", "FIGURES", "PHRASES", "WORDS", "explain_in_place"]

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

PHRASES: dict[str, str] = {
    "What to do": "One thing to do now: the first step of the most severe finding's remedy. The findings have the rest.",
    "Time left": "How long until the live set reaches the level at which V8 gives up, if growth goes on as it did; for a process whose "
    "memory as a whole nears its container's limit, how long until that. `cannot say` has its reason beside it.",
    "four in five": "An interval of the time left, beside the estimate: of the deaths that it was tried on, four in five came within it, one in "
    "ten sooner, one in ten later. Act by its early end. `gclog docs accuracy`.",
    "any moment now": "The early end of the interval has been reached.",
    "no end in sight": "On its present course the live set never reaches the limit.",
    "cannot say": "The log does not show it; the reason is beside it. Never a zero, nor a guess.",
    "Process": "Its pid, the isolate (main or worker), which of several runs in the log, and the versions of Node that print such lines.",
    "Seen": "How much of the process's life the log shows, and in which lines.",
    "Witnesses": "The files that describe the process, and what each of them has of it.",
    "confidence": "How sure a finding is of its cause, apart from how severe it is: low if it rests on an inferred limit or on few collections, "
    "high if lines say it.",
    "observed": "The figures that a finding was made for.",
    "threshold": "From where on the finding is made. `gclog.toml` can set it: `gclog docs settings`.",
    "evidence": "The lines of the log on which a finding rests.",
    "error": "Severity of a finding: the process has died or will, or does next to no work. Act now.",
    "warning": "Severity of a finding: it needs care before it becomes an error.",
    "info": "Severity of a finding: worth knowing; nothing has to be done for it alone.",
    "limit not known": "No line names the heap's limit, and how V8 collects does not show it: --heap-limit gives it.",
    "Healthy so far": "Too few full collections for a trend, and nothing that speaks ill of the process.",
    "Busy collecting": "GC takes three tenths of the time or more, which alone raises the level, however much room the heap has.",
    "within": "Beside earlier runs: the live set is at most as high as theirs at this age, or after as much allocation, give or take a margin.",
    "close to": "Beside earlier runs: above all of theirs, by less than the margin that a healthy run is given.",
    "above": "Beside earlier runs: above theirs by more than the margin.",
    "lately above": "Beside earlier runs: above theirs a moment ago, and back now, for not long enough to count.",
    "on a high plateau": "Flat, at seven tenths of the limit or more.",
    "firing": "State of an alarm of `gclog watch`: the danger has begun.",
    "resolved": "State of an alarm of `gclog watch`: the danger is over.",
}
"""Titles and phrases of a report, for `explain` alone: in place they would be marked everywhere."""

ENDS: dict[str, str] = {
    "JavaScript heap out of memory": "The end of V8's fatal message: the heap was full, or one object did not fit, and V8 aborted the process "
    '(SIGABRT, exit code 134). What comes before it says how: `gclog explain "Reached heap limit"`, '
    '`gclog explain "Ineffective mark-compacts near heap limit"`.',
    "134": "Exit code of a process that ended with SIGABRT (128 + 6): V8 aborted it. Most often: JavaScript heap out of memory.",
    "SIGABRT": "The signal by which a process aborts itself, exit code 134: V8 does after a fatal error, such as a full heap.",
    "137": "Exit code of a process that was killed with SIGKILL (128 + 9), most often by the kernel or the container for all its memory. V8 "
    "prints nothing then: look at RSS and the container's limit, not at the heap alone.",
    "SIGKILL": "The signal that no process survives or notices, exit code 137: sent by the kernel when memory is short, or by a platform.",
    "OOMKilled": "Kubernetes' and Docker's word for a container of which the kernel killed a process because all its memory reached the "
    "container's limit: exit code 137.",
    "139": "Exit code of a process that ended with SIGSEGV (128 + 11): a fault in native code, an addon's or a stack that overflowed.",
    "SIGSEGV": "An access to memory that the process does not have, exit code 139: a fault in native code, not a full heap.",
    "143": "Exit code of a process that was ended with SIGTERM (128 + 15): somebody asked it to stop, as in a deployment.",
    "SIGTERM": "The request to stop, exit code 143: a deployment, a scaling down, `docker stop`. It says nothing of memory.",
}
"""How a process ends: V8's message, exit codes and signals."""

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
