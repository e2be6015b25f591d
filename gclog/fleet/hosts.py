"""The host of each log, from its path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from gclog.errors import UsageError

__all__ = ["name_hosts"]


def name_hosts(logs: Sequence[str], pattern: str | None = None) -> dict[str, str | None]:
    """Host by log: the pattern's first group, or its whole match; None if it does not match.

    Without a pattern, the host is the first folder that is not the same for all logs: `web-1` and `web-2` for
    `s3://logs/web-1/gc.log` and `s3://logs/web-2/gc.log`; None if no folder differs. Raises UsageError for an invalid pattern.
    """
    if pattern is None:
        return _by_folder(logs)
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"--host-from {pattern!r} is not a regular expression: {error}", remedy="For example: --host-from '/(web-[0-9]+)/'"
        ) from error
    return {log: _host(found) if (found := wanted.search(log)) else None for log in logs}


def _host(found: re.Match[str]) -> str | None:
    return found.group(1 if found.re.groups else 0) or None


def _by_folder(logs: Sequence[str]) -> dict[str, str | None]:
    folders = {log: PurePath(log).parts[:-1] for log in logs}
    deepest = max((len(parts) for parts in folders.values()), default=0)
    for depth in range(deepest):
        names = {parts[depth] if depth < len(parts) else None for parts in folders.values()}
        if len(names) > 1:
            return {log: parts[depth] if depth < len(parts) else None for log, parts in folders.items()}
    return dict.fromkeys(logs)
