"""What any dataclass is, for functions that take one of any type."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Protocol

__all__ = ["Dataclass"]


class Dataclass(Protocol):
    """Any dataclass: what `dataclasses.fields` and `dataclasses.replace` ask for."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
