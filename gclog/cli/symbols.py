"""Names of native functions from the binaries of this machine, for commands without options about them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gclog.profile.code_map import Symbols

__all__ = ["open_symbols"]


@functools.cache
def open_symbols() -> Symbols:
    """Those of this machine's binaries, the same for all logs: a binary is read once."""
    from gclog.profile import symbols

    return symbols.open_symbols((), None)
