"""CPU profiles as V8 writes them, made from stacks: what each function takes is written in the test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gclog.model.profile import Profile
from gclog.profile.cpu.build import build_cpu_profile
from gclog.profile.options import ProfileOptions
from gclog.recognise.documents.cpu_profile import read_cpu_profile

__all__ = ["INTERVAL_US", "cpu_profile", "spread", "write_cpu_profile"]

INTERVAL_US = 1000

OF_ENGINE = ("(program)", "(idle)", "(garbage collector)")


def spread(shares: dict[str, int], rounds: int) -> list[str]:
    """Stacks in rounds, each with every one of them as often as it says."""
    return [stack for stack, times in shares.items() for _ in range(times)] * rounds


def cpu_document(stacks: Iterable[str], script: str = "/app/app.js", lines: dict[str, int] | None = None) -> dict[str, Any]:
    """A profile with a sample of INTERVAL_US for each stack: `main;handle;parse`, the outermost first. What begins with `C:` is native.

    A function is in `script`, in the line that `lines` says, or the one of its number in order.
    """
    nodes: list[dict[str, Any]] = [_node(1, "(root)", "", -1)]
    known: dict[tuple[int, str], int] = {}
    places: dict[str, int] = {}
    samples: list[int] = []
    for stack in stacks:
        at = 1
        for name in stack.split(";"):
            number = known.get((at, name))
            if number is None:
                number = known[at, name] = len(nodes) + 1
                is_native = name.startswith("C:") or name in OF_ENGINE
                line = (lines or {}).get(name, places.setdefault(name, 10 * (len(places) + 1)))
                nodes.append(
                    _node(number, name.removeprefix("C:"), "" if is_native else f"file://{script}", -1 if is_native else line)
                )
                nodes[at - 1]["children"].append(number)
            at = number
        samples.append(at)
    deltas = [0, *[INTERVAL_US] * len(samples)]
    samples = [*samples, samples[-1]] if samples else []
    return {
        "nodes": nodes, "startTime": 0, "endTime": INTERVAL_US * (len(samples) - 1), "samples": samples, "timeDeltas": deltas,
    }  # fmt: skip


def _node(number: int, name: str, url: str, line: int) -> dict[str, Any]:
    call = {"functionName": name, "scriptId": "0", "url": url, "lineNumber": line, "columnNumber": 0 if url else -1}
    return {"id": number, "callFrame": call, "hitCount": 0, "children": []}


def cpu_profile(stacks: Sequence[str], name: str = "a.cpuprofile", **more: Any) -> Profile:
    """The profile of these stacks."""
    document = json.dumps(cpu_document(stacks, **more)).encode()
    return build_cpu_profile(name, read_cpu_profile([document]), ProfileOptions())


def write_cpu_profile(path: Path, stacks: Sequence[str], **more: Any) -> str:
    """The file of these stacks."""
    path.write_text(json.dumps(cpu_document(stacks, **more)), encoding="utf-8")
    return str(path)
