"""Sampled heap profiles made for tests: a tree of calls, and what of it is alive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["INTERVAL", "MadeProfile", "call"]

INTERVAL = 65_536


def call(name: str, line: int, url: str = "/app/shop.js", column: int = 0) -> dict[str, Any]:
    """A call frame as V8 writes it: its line counts from 0, `line` here from 1."""
    return {"functionName": name, "scriptId": "7" if url else "0", "url": url, "lineNumber": line - 1, "columnNumber": column}


@dataclass
class MadeProfile:
    """A profile in the making. `has_samples`: as V8 7.2 and newer write it."""

    has_samples: bool = True
    head: dict[str, Any] = field(
        default_factory=lambda: {"callFrame": call("(root)", 0, ""), "selfSize": 0, "id": 1, "children": []}
    )
    samples: list[dict[str, Any]] = field(default_factory=list)
    nodes: int = 1

    def add(self, stack: Iterable[dict[str, Any]], ordinals: Iterable[int], size: int = INTERVAL, **more: Any) -> MadeProfile:
        """Samples at the end of a stack, outermost function first."""
        node = self.head
        for frame in stack:
            found = next((child for child in node["children"] if child["callFrame"] == frame), None)
            if found is None:
                self.nodes += 1
                found = {"callFrame": frame, "selfSize": 0, "id": self.nodes, "children": []}
                node["children"].append(found)
            node = found
        for ordinal in ordinals:
            node["selfSize"] += size
            self.samples.append({"size": size, "nodeId": node["id"], "ordinal": ordinal, **more})
        return self

    def text(self) -> str:
        return json.dumps({"head": self.head} | ({"samples": self.samples} if self.has_samples else {}), separators=(",", ":"))

    def write(self, path: Path) -> Path:
        path.write_text(self.text(), encoding="utf-8")
        return path
