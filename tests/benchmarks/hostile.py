"""What the worst line of each grammar costs: `python tests/benchmarks/hostile.py [BYTES]` (1 MiB), CPU seconds of the whole reader.

The lines are those of `tests/hostile_lines.py`; the slowest few at a 64th of the length are read at the full one.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from hostile_lines import hostile, samples_of

from gclog.grammar.load import grammar_folder
from gclog.recognise.reader import Reader
from gclog.source.open import Block

PLACES = 6
SLOWEST = 3
MIB = 1 << 20
"""A longer line is cut."""


def seconds(line: str) -> float:
    """CPU seconds of reading a log that is this line."""
    reader = Reader()
    begin = time.process_time()
    reader.read(Block(line.encode() + b"\n", 1))
    reader.finish()
    return time.process_time() - begin


def main() -> None:
    """Print the worst line of each grammar."""
    length = int(sys.argv[1]) if len(sys.argv) > 1 else MIB
    for path in sorted(grammar_folder().glob("*.lark")):
        if path.stem == "prefix":
            continue
        lines = [line for sample in samples_of(path.stem, one_a_rule=True) for line in hostile(sample, PLACES)]
        lines.sort(key=lambda line: seconds(line.line(length // 64)), reverse=True)
        worst = max(((seconds(line.line(length)), str(line)) for line in lines[:SLOWEST]), default=(0.0, "no line"))
        print(f"{path.stem:<16} {worst[0]:6.2f} s of {len(lines):,}: {worst[1][:100]}", flush=True)


if __name__ == "__main__":
    main()
